"""Every refusal of a pool's description, with its sentence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import problems

GPUS = {"nvidia.com/gpu": 8}
RECOVERY = " Take it out, or change the other."


def told(**description: Any) -> list[str]:
    """What is wrong with a description of pool p, without the words before each sentence."""
    found = problems([{"name": "p", **description}])
    assert all(each.startswith("Node pool 'p': ") for each in found)
    return [each.removeprefix("Node pool 'p': ") for each in found]


def gpu(**description: Any) -> list[str]:
    return told(**{"limits": GPUS, **description})


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ({"instance_typs": ["x"]}, "instance_typs is not a known option. Did you mean 'instance_types'?"),
        ({"limits": {"memory": "100Gb"}}, "limits['memory'] is '100Gb', which is not a Kubernetes quantity such as 100Gi, 500m or 8."),
        ({"limits": {"cpu": -1}}, "limits['cpu'] is -1 (int), which is not a Kubernetes quantity such as 100Gi, 500m or 8."),
        ({"limits": {"cpu": True}}, "limits['cpu'] is true (bool), which is not a Kubernetes quantity such as 100Gi, 500m or 8."),
        ({"limits": "8"}, "limits is '8', and must be a mapping."),
        ({"instance_families": "m5"}, "instance_families is 'm5', and must be a list."),
        ({"instance_families": []}, "instance_families is an empty list: name at least one, or leave the option out."),
        ({"zones": [1]}, "zones[0] is 1 (int), and must be a string."),
        ({"zones": [" "]}, "zones[0] is empty."),
        ({"weight": "10"}, "weight is '10', and must be a whole number from 1 to 100."),
        ({"weight": 101}, "weight is 101 (int), and must be a whole number from 1 to 100."),
        (
            {"capacity_types": ["on_demand"]},
            "capacity_types[0] is 'on_demand', and must be one of on-demand, spot, reserved. Did you mean 'on-demand'?",
        ),
        ({"architectures": ["x86_64"]}, "architectures[0] is 'x86_64', and must be one of amd64, arm64."),
        ({"accelerator": "nvdia"}, "accelerator is 'nvdia', and must be one of nvidia, neuron, none. Did you mean 'nvidia'?"),
        ({"expire_after": "30d"}, "expire_after is '30d', which is not a duration of Karpenter's, such as 720h, 1h30m or Never."),
        ({"allow_latest_ami": "yes"}, "allow_latest_ami is 'yes', and must be true or false."),
        (
            {"labels": {"team": True}},
            "labels['team'] is true (bool), which is not a valid label value: quote it as a string of at most 63 letters, digits, '-', '_' and '.'.",
        ),
        ({"labels": {"bad key": "x"}}, "labels: the key is 'bad key', which is not a valid key of a label or taint."),
        (
            {"taints": [{"key": "a", "effect": "NoShedule"}]},
            "taints[0].effect is 'NoShedule', and must be one of NoSchedule, PreferNoSchedule, NoExecute. Did you mean 'NoSchedule'?",
        ),
        ({"taints": [{"key": "a"}]}, "taints[0] lacks 'effect'."),
        ({"volume": {"size": "100"}}, "volume.size is '100', which is not a volume size with its unit, such as 100Gi."),
        ({"volume": {"sise": "100Gi"}}, "volume.sise is not a known option. Did you mean 'size'?"),
        ({"tags": {"a": 1}}, "tags['a'] is 1 (int), and must be a string."),
        ({"requirements": [{"key": "a", "operator": "in", "values": ["x"]}]}, "requirements[0].operator is 'in', and must be one of"),
        ({"requirements": [{"key": "a", "operator": "In"}]}, "requirements[0] has operator In, which needs at least one value."),
        (
            {"requirements": [{"key": "a", "operator": "Gt", "values": ["four"]}]},
            "requirements[0] has operator Gt, which needs one whole number, as a string, in values.",
        ),
        (
            {"requirements": [{"key": "a", "operator": "Exists", "values": ["x"]}]},
            "requirements[0] has operator Exists, which takes no values.",
        ),
        ({"requirements": [{"operator": "Exists"}]}, "requirements[0] lacks 'key'."),
        ({"node_pool_spec": ["x"]}, "node_pool_spec is ['x'] (list), and must be a mapping."),
        ({"ami_alias": "al2023"}, "ami_alias is 'al2023', and must be family@version, such as al2023@v20261110."),
        (
            {"node_class": "shared", "volume": {"size": "1Gi"}},
            "node_class is 'shared', a class that exists already, so that volume would have no effect: leave one of the two out.",
        ),
        (
            {"instance_types": ["m5"]},
            "instance_types has 'm5', which is not an instance type such as g4dn.xlarge: a family belongs in instance_families.",
        ),
        ({"instance_families": ["m5.large"]}, "instance_families has 'm5.large', which is an instance type: it belongs in instance_types."),
    ],
)
def test_problems_of_one_option(description: dict[str, Any], sentence: str) -> None:
    (only,) = told(**description)
    assert only.startswith(sentence)


@pytest.mark.parametrize("name", ["GPU", "a_b", "-a", "a.", "a" * 64, "", 7])
def test_problems_of_a_name(name: Any) -> None:
    (only,) = problems([{"name": name}])
    assert "which is not a name Kubernetes and Karpenter accept" in only


@pytest.mark.parametrize("name", ["gpu", "g4dn.v2", "0", "a" * 63])
def test_no_problems_of_a_good_name(name: str) -> None:
    assert problems([{"name": name}]) == []


def test_problems_of_a_description_without_a_name() -> None:
    assert problems([{}]) == ["Node pool '#1': the description lacks 'name'."]


def test_problems_of_a_description_that_is_none() -> None:
    assert problems(["gpu"]) == ["Node pool '#1': the description is 'gpu', and must be a mapping."]
    assert problems(None) == ["Node pool '#1': the description is None (null), and must be a mapping."]


def test_problems_of_names_used_twice() -> None:
    assert problems([{"name": "a"}, {"name": "b"}, {"name": "a"}]) == ["Node pool 'a': is defined 2 times: names must differ."]


def test_problems_are_all_told() -> None:
    assert len(told(weight=0, zones=[], unknown=1)) == 3


def test_an_accelerator_pool_needs_its_limit() -> None:
    (only,) = told(instance_families=["g4dn"], limits={"cpu": 100})
    assert only == (
        "limits has no 'nvidia.com/gpu', so that nothing caps what its accelerators cost: add it (such as nvidia.com/gpu: 8), or set"
        " allow_unlimited_accelerators: true."
    )
    assert told(instance_families=["g4dn"], allow_unlimited_accelerators=True) == []
    assert told(instance_families=["g4dn"], node_pool_spec={"limits": GPUS}) == []
    assert told(instance_families=["g4dn"], node_pool_spec={"replicas": 2}) == []
    assert "aws.amazon.com/neuron" in told(instance_families=["inf2"], limits=GPUS)[0]


def test_a_limit_below_the_smallest_instance_is_refused() -> None:
    (only,) = told(instance_types=["p5.48xlarge"], limits={"nvidia.com/gpu": 4})
    assert (
        only
        == "limits['nvidia.com/gpu'] is 4, and the smallest instance that its requirements allow has 8: no node could ever be launched."
    )
    assert told(instance_types=["p5.48xlarge"], limits={"nvidia.com/gpu": "16"}) == []
    assert told(instance_types=["p5.48xlarge"], limits={"nvidia.com/gpu": 0}) == []


def test_a_drifting_image_is_refused() -> None:
    (only,) = told(ami_alias="al2023@latest")
    assert only.startswith("ami_alias is 'al2023@latest', with which each new image replaces every node of the pool (drift): pin a version")
    assert told(ami_alias="al2023@latest", allow_latest_ami=True) == []


def test_an_arm_family_with_amd64_is_refused() -> None:
    # The pool of InftyAI's llmaz documentation, whose flavour t4g could never be provisioned.
    (only,) = gpu(architectures=["amd64"], instance_families=["g4dn", "g5g"], capacity_types=["spot"])
    assert (
        only
        == f"instance_families has 'g5g', which can never be launched: its kubernetes.io/arch is arm64, and architectures allows only amd64.{RECOVERY}"
    )
    (raw,) = gpu(
        architectures=["amd64"],
        requirements=[{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g4dn", "g5g"]}],
    )
    assert raw.startswith("requirements has 'g5g', which can never be launched")


def test_an_arm_family_outside_the_table_with_amd64_is_refused() -> None:
    (only,) = told(architectures=["amd64"], instance_families=["m7g", "m5"])
    assert only == f"instance_families has 'm7g', which can never be launched: m7g is arm64, and architectures allows only amd64.{RECOVERY}"


def test_an_architecture_that_no_family_has_is_refused() -> None:
    (only,) = gpu(architectures=["amd64", "arm64"], instance_families=["g4dn"])
    assert only.startswith("architectures has 'arm64', which can never be launched")


def test_neuron_on_arm64_is_refused() -> None:
    (only,) = told(instance_families=["inf2"], architectures=["amd64", "arm64"], limits={"aws.amazon.com/neuron": 12})
    assert only.startswith("architectures has 'arm64', and there is no Neuron instance and no Neuron image for arm64")


def test_a_family_of_another_accelerator_is_refused() -> None:
    (only,) = gpu(accelerator="nvidia", instance_families=["inf2"])
    assert (
        only
        == f"instance_families has 'inf2', which can never be launched: it carries neuron devices, and accelerator is nvidia.{RECOVERY}"
    )
    (none,) = told(accelerator="none", instance_families=["g4dn"])
    assert none.startswith("instance_families has 'g4dn', which can never be launched: it carries nvidia devices, and accelerator is none.")


def test_two_accelerators_in_one_pool_are_refused() -> None:
    (only,) = gpu(instance_families=["g4dn", "inf2"])
    assert only.startswith("picks instances with different accelerators (nvidia and neuron)")


def test_a_gpu_name_that_the_family_has_not_is_refused() -> None:
    (only,) = gpu(instance_families=["g4dn"], gpu_names=["a100"])
    assert only == (
        "instance_families has 'g4dn', which can never be launched: its karpenter.k8s.aws/instance-gpu-name is t4, and gpu_names allows"
        f" only a100.{RECOVERY}"
    )
    (one,) = gpu(instance_categories=["g"], gpu_names=["t4", "a100"])
    assert one.startswith("gpu_names has 'a100', which can never be launched: its karpenter.k8s.aws/instance-category is p")


def test_unknown_accelerated_names_are_refused_with_the_nearest() -> None:
    assert gpu(instance_families=["g4nd"])[0].endswith("Did you mean 'g4dn'?")
    assert gpu(instance_types=["g4dn.3xlarge"])[0].startswith("instance_types has 'g4dn.3xlarge', which is none of the instance types")
    assert gpu(gpu_names=["t5"])[0].startswith("gpu_names has 't5', which is none of the GPU names")
    assert gpu(gpu_manufacturers=["nvida"])[0].endswith("Did you mean 'nvidia'?")


def test_unknown_names_without_accelerators_are_let_through() -> None:
    assert told(instance_families=["m99", "x8aedz"]) == []
    assert told(instance_types=["m99.large"]) == []


def test_names_newer_than_the_table_can_be_given_raw() -> None:
    raw = {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g9"]}
    assert gpu(accelerator="nvidia", requirements=[raw]) == []


@pytest.mark.parametrize(
    "picked",
    [{"instance_families": ["m5", "g4dn"]}, {"instance_types": ["g4dn.xlarge", "m5.large"]}, {"instance_categories": ["g", "m"]}],
)
def test_instances_without_an_accelerator_in_an_accelerator_pool_are_refused(picked: dict[str, Any]) -> None:
    (only,) = gpu(**picked)
    assert "'m" in only and "in a pool for nvidia" in only


def test_accelerators_that_nothing_here_serves_need_saying() -> None:
    assert "it carries" not in told(instance_families=["g4ad"])[0]
    assert told(instance_families=["g4ad"])[0].endswith("set accelerator: none to have the pool all the same.")
    assert told(instance_families=["g4ad"], accelerator="none") == []


def test_a_fraction_of_a_gpu_is_refused_with_the_reason() -> None:
    (only,) = gpu(accelerator="nvidia", instance_families=["g6f"])
    assert "EC2 reports 0 GPUs and Karpenter promises no nvidia.com/gpu" in only


def test_requirements_that_nothing_meets_are_refused() -> None:
    generation = {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": ["9"]}
    (only,) = gpu(instance_categories=["g"], requirements=[generation])
    assert only.startswith(
        "instance_categories has 'g', which can never be launched: its karpenter.k8s.aws/instance-generation is 3, 4, 5, 6, 7"
    )


def test_raw_requirements_that_contradict_each_other_are_refused() -> None:
    contradiction = [
        {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Gt", "values": ["4"]},
        {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Lt", "values": ["8"]},
    ]
    (only,) = gpu(requirements=[{"key": "karpenter.k8s.aws/instance-gpu-name", "operator": "Exists"}, *contradiction])
    assert only.endswith("no instance type meets it and all of the pool's other requirements. Take it out, or change the other.")


def test_labels_that_the_table_does_not_know_judge_nothing() -> None:
    raw = [
        {"key": "karpenter.k8s.aws/instance-local-nvme", "operator": "Gt", "values": ["100"]},
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-west-2a"]},
    ]
    assert gpu(instance_families=["g5"], requirements=raw) == []
