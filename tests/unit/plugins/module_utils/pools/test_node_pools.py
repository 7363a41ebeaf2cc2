"""What is rendered of a pool's description."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import (
    PoolError,
    manifests,
    problems,
)

ROOT = Path(__file__).resolve().parents[5]
DEFAULTS = {"cluster_name": "demo", "node_role": "KarpenterNodeRole-demo", "ami_alias": "al2023@v20261110"}
GPU = {"name": "gpu", "instance_families": ["g4dn"], "limits": {"nvidia.com/gpu": 8}}
CPU = {"name": "cpu", "instance_families": ["m5", "c5"]}
NEURON = {"name": "trainium", "instance_types": ["trn1.2xlarge"], "limits": {"aws.amazon.com/neuron": 2}}


def render(description: dict[str, Any], **defaults: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The EC2NodeClass's spec and the NodePool's."""
    node_class, node_pool = manifests(description, DEFAULTS | defaults)
    return node_class["spec"], node_pool["spec"]


def requirements(description: dict[str, Any]) -> dict[str, list[str]]:
    """The requirements by label, the label's domain left out."""
    items = render(description)[1]["template"]["spec"]["requirements"]
    return {item["key"].rpartition("/")[2]: item.get("values", item["operator"]) for item in items}


def test_manifests_are_a_class_and_a_pool_that_names_it() -> None:
    node_class, node_pool = manifests(GPU, DEFAULTS)
    assert (node_class["apiVersion"], node_class["kind"]) == ("karpenter.k8s.aws/v1", "EC2NodeClass")
    assert (node_pool["apiVersion"], node_pool["kind"]) == ("karpenter.sh/v1", "NodePool")
    assert node_class["metadata"] == node_pool["metadata"] == {"name": "gpu"}
    assert node_pool["spec"]["template"]["spec"]["nodeClassRef"] == {
        "group": "karpenter.k8s.aws",
        "kind": "EC2NodeClass",
        "name": "gpu",
    }


def test_manifests_of_a_list_keep_its_order() -> None:
    rendered = manifests([GPU, CPU], DEFAULTS)
    assert [(each["kind"], each["metadata"]["name"]) for each in rendered] == [
        ("EC2NodeClass", "gpu"),
        ("NodePool", "gpu"),
        ("EC2NodeClass", "cpu"),
        ("NodePool", "cpu"),
    ]


def test_manifests_leave_the_description_alone() -> None:
    description = {**GPU, "node_pool_spec": {"template": {"spec": {"terminationGracePeriod": "1h"}}}}
    before = copy.deepcopy(description)
    manifests(description, DEFAULTS)
    assert description == before


def test_requirements_default_to_on_demand_amd64() -> None:
    assert requirements(CPU) == {"capacity-type": ["on-demand"], "arch": ["amd64"], "instance-family": ["m5", "c5"]}


@pytest.mark.parametrize(
    ("picked", "architectures"),
    [
        ({"instance_families": ["g5g"]}, ["arm64"]),
        ({"instance_families": ["g4dn", "g5g"]}, ["amd64", "arm64"]),
        ({"instance_types": ["g5g.xlarge"]}, ["arm64"]),
        ({"instance_categories": ["g"]}, ["amd64"]),
    ],
)
def test_architecture_follows_from_what_is_named(picked: dict[str, Any], architectures: list[str]) -> None:
    assert requirements({"name": "gpu", "limits": {"nvidia.com/gpu": 8}, **picked})["arch"] == architectures


@pytest.mark.parametrize(
    ("family", "architecture"), [("m7g", "arm64"), ("c6gn", "arm64"), ("a1", "arm64"), ("m5", "amd64"), ("c7gd", "arm64")]
)
def test_architecture_follows_from_the_name_outside_the_table(family: str, architecture: str) -> None:
    assert requirements({"name": "cpu", "instance_families": [family]})["arch"] == [architecture]


def test_raw_requirements_come_last_and_as_they_are() -> None:
    raw = {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": ["4"], "minValues": 2}
    assert render({**CPU, "requirements": [raw]})[1]["template"]["spec"]["requirements"][-1] == raw


def test_a_category_with_other_gpus_is_kept_to_nvidia() -> None:
    assert requirements({"name": "gpu", "instance_categories": ["g"], "limits": {"nvidia.com/gpu": 8}})["instance-gpu-manufacturer"] == [
        "nvidia"
    ]


def test_a_stated_manufacturer_is_not_said_twice() -> None:
    description = {"name": "gpu", "instance_categories": ["g"], "gpu_manufacturers": ["nvidia"], "limits": {"nvidia.com/gpu": 8}}
    keys = [item["key"] for item in render(description)[1]["template"]["spec"]["requirements"]]
    assert keys.count("karpenter.k8s.aws/instance-gpu-manufacturer") == 1


def test_a_pool_that_picks_nothing_is_kept_from_accelerators() -> None:
    assert requirements({"name": "any"}) == {
        "capacity-type": ["on-demand"],
        "arch": ["amd64"],
        "instance-gpu-count": "DoesNotExist",
        "instance-accelerator-count": "DoesNotExist",
    }


def test_an_nvidia_pool_gets_its_taint_and_the_plugins_label() -> None:
    template = render(GPU)[1]["template"]
    assert template["metadata"]["labels"] == {"nvidia.com/gpu.present": "true"}
    assert template["spec"]["taints"] == [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]


def test_a_neuron_pool_gets_its_taint_and_no_label() -> None:
    template = render(NEURON)[1]["template"]
    assert "metadata" not in template
    assert template["spec"]["taints"] == [{"key": "aws.amazon.com/neuron", "effect": "NoSchedule"}]


def test_a_pool_without_accelerator_gets_no_taint_no_volume_and_karpenters_disruption() -> None:
    node_class, node_pool = render(CPU)
    assert "taints" not in node_pool["template"]["spec"]
    assert "blockDeviceMappings" not in node_class
    assert "disruption" not in node_pool


def test_taints_that_are_given_replace_the_default() -> None:
    assert "taints" not in render({**GPU, "taints": []})[1]["template"]["spec"]
    taint = {"key": "team", "value": "a", "effect": "NoExecute"}
    assert render({**GPU, "taints": [taint]})[1]["template"]["spec"]["taints"] == [taint]


def test_an_accelerator_pools_nodes_stay_until_they_are_empty() -> None:
    assert render(GPU)[1]["disruption"] == {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "5m"}
    assert render({**GPU, "disruption": {"consolidateAfter": "1h"}})[1]["disruption"]["consolidationPolicy"] == "WhenEmpty"


def test_a_disruption_without_a_delay_gets_karpenters_default() -> None:
    assert render({**CPU, "disruption": {"consolidationPolicy": "WhenEmpty"}})[1]["disruption"]["consolidateAfter"] == "0s"


def test_optional_fields_reach_the_pool_under_karpenters_names() -> None:
    description = {
        **CPU,
        "expire_after": "720h",
        "weight": 10,
        "limits": {"cpu": 100},
        "labels": {"team": "a"},
        "startup_taints": [{"key": "init", "effect": "NoSchedule"}],
    }
    spec = render(description)[1]
    assert (spec["weight"], spec["limits"]) == (10, {"cpu": 100})
    assert spec["template"]["metadata"]["labels"] == {"team": "a"}
    assert spec["template"]["spec"]["expireAfter"] == "720h"
    assert spec["template"]["spec"]["startupTaints"] == [{"key": "init", "effect": "NoSchedule"}]


def test_the_class_takes_the_defaults() -> None:
    node_class, _pool = render(CPU)
    discovery = [{"tags": {"karpenter.sh/discovery": "demo"}}]
    assert node_class == {
        "amiSelectorTerms": [{"alias": "al2023@v20261110"}],
        "role": "KarpenterNodeRole-demo",
        "subnetSelectorTerms": discovery,
        "securityGroupSelectorTerms": discovery,
    }


def test_the_class_takes_the_descriptions_own_values_first() -> None:
    description = {
        **CPU,
        "ami_alias": "bottlerocket@v1.50.0",
        "node_role": "mine",
        "tags": {"team": "a"},
        "subnet_selector": [{"id": "subnet-1"}],
        "security_group_selector": [{"name": "nodes"}],
    }
    node_class, _pool = render(description, tags={"team": "b", "cost": "1"})
    assert node_class["amiSelectorTerms"] == [{"alias": "bottlerocket@v1.50.0"}]
    assert node_class["role"] == "mine"
    assert node_class["tags"] == {"team": "a", "cost": "1"}
    assert node_class["subnetSelectorTerms"] == [{"id": "subnet-1"}]
    assert node_class["securityGroupSelectorTerms"] == [{"name": "nodes"}]


def test_a_live_classs_image_is_kept() -> None:
    pinned = {"gpu": "al2023@v20260101"}
    assert render(GPU, pinned_ami_aliases=pinned)[0]["amiSelectorTerms"] == [{"alias": "al2023@v20260101"}]
    assert render(CPU, pinned_ami_aliases=pinned)[0]["amiSelectorTerms"] == [{"alias": "al2023@v20261110"}]


def test_an_accelerator_pools_volume_holds_its_images() -> None:
    (mapping,) = render(GPU)[0]["blockDeviceMappings"]
    assert mapping["deviceName"] == "/dev/xvda"
    assert mapping["ebs"] == {"deleteOnTermination": True, "volumeType": "gp3", "encrypted": True, "volumeSize": "100Gi"}


def test_a_volume_is_put_where_the_images_family_keeps_images() -> None:
    description = {**GPU, "ami_alias": "bottlerocket@v1.50.0", "volume": {"size": "500Gi", "iops": 10000, "throughput": 250}}
    (mapping,) = render(description)[0]["blockDeviceMappings"]
    assert mapping["deviceName"] == "/dev/xvdb"
    assert (mapping["ebs"]["volumeSize"], mapping["ebs"]["iops"], mapping["ebs"]["throughput"]) == ("500Gi", 10000, 250)


def test_a_pool_on_an_existing_class_makes_none() -> None:
    (node_pool,) = manifests({**CPU, "node_class": "shared"}, {})
    assert node_pool["spec"]["template"]["spec"]["nodeClassRef"]["name"] == "shared"


def test_any_field_is_given_through_and_comes_last() -> None:
    description = {
        **GPU,
        "node_class_spec": {"kubelet": {"maxPods": 50}, "amiFamily": "AL2023"},
        "node_pool_spec": {"weight": 3, "template": {"spec": {"terminationGracePeriod": "24h"}}},
    }
    node_class, node_pool = render(description)
    assert node_class["kubelet"] == {"maxPods": 50}
    assert node_class["amiFamily"] == "AL2023"
    assert node_pool["weight"] == 3
    assert node_pool["template"]["spec"]["terminationGracePeriod"] == "24h"
    assert node_pool["template"]["spec"]["taints"]


def test_own_image_terms_and_instance_profile_replace_alias_and_role() -> None:
    node_class, _pool = manifests(
        {**CPU, "node_class_spec": {"amiSelectorTerms": [{"id": "ami-1"}], "amiFamily": "AL2023", "instanceProfile": "nodes"}},
        {"cluster_name": "demo"},
    )
    assert node_class["spec"]["amiSelectorTerms"] == [{"id": "ami-1"}]
    assert "role" not in node_class["spec"]


def test_missing_defaults_are_told_together() -> None:
    with pytest.raises(PoolError) as raised:
        manifests(CPU, {})
    assert str(raised.value) == (
        "Node pool 'cpu': ami_alias is missing, and so is its default: name one, such as al2023@v20261110."
        " Node pool 'cpu': node_role is missing, and so is its default: name the IAM role of the nodes."
        " Node pool 'cpu': subnet_selector is missing, and no cluster name says which discovery tag to look for."
        " Node pool 'cpu': security_group_selector is missing, and no cluster name says which discovery tag to look for."
    )


def test_wrong_defaults_are_refused() -> None:
    assert problems([], {"node_rol": "x", "tags": []}) == [
        "node_pool defaults: node_rol is not a known option. Did you mean 'node_role'?",
        "node_pool defaults: tags is [] (list), and must be a mapping.",
    ]


def test_the_examples_pools_are_right() -> None:
    variables = ROOT / "examples" / "inventory" / "group_vars" / "all.yml"
    pools = yaml.safe_load(variables.read_text())["node_pools_definitions"]
    assert problems(pools) == []
    rendered = {each["metadata"]["name"]: each["spec"] for each in manifests(pools, DEFAULTS) if each["kind"] == "NodePool"}
    assert sorted(rendered) == ["gpu", "inferentia-inf2", "trainium-trn1", "x86-cpu-karpenter"]
    assert {name: [taint["key"] for taint in spec["template"]["spec"].get("taints", [])] for name, spec in rendered.items()} == {
        "gpu": ["nvidia.com/gpu"],
        "inferentia-inf2": ["aws.amazon.com/neuron"],
        "trainium-trn1": ["aws.amazon.com/neuron"],
        "x86-cpu-karpenter": [],
    }
