"""What each kind of pool may not say, with its sentence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import problems

GPU = {"name": "p", "instance_types": ["g5.xlarge"], "limits": {"nvidia.com/gpu": 8}}
CPU = {"name": "p", "instance_families": ["m5"]}
NEURON = {"name": "p", "instance_types": ["inf2.xlarge"], "limits": {"aws.amazon.com/neuron": 2}}
STATIC = {"name": "p", "instance_types": ["g5.xlarge"], "replicas": 2}
RESERVED = {**GPU, "capacity_types": ["reserved"], "capacity_reservations": ["cr-0123"]}
AUTO = {**GPU, "auto_mode": True}


def told(description: dict[str, Any], **defaults: Any) -> list[str]:
    """What is wrong with a description, without the words before each sentence."""
    return [each.removeprefix("Node pool 'p': ") for each in problems([description], defaults)]


@pytest.mark.parametrize("description", [GPU, CPU, NEURON, STATIC, RESERVED, AUTO])
def test_what_the_refusals_start_from_is_right(description: dict[str, Any]) -> None:
    assert told(description) == []


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ({**STATIC, "replicas": -1}, "replicas is -1 (int), and must be a whole number from 0 to 1000."),
        ({**STATIC, "weight": 5}, "replicas is 2, and weight is set: "),
        (
            {**STATIC, "limits": {"nvidia.com/gpu": 8}},
            "limits has 'nvidia.com/gpu', and with replicas (2) Karpenter takes the limit 'nodes' alone",
        ),
        ({**STATIC, "limits": {"nodes": 1}}, "limits['nodes'] is 1, and replicas is 2: the pool would never be complete."),
        ({**GPU, "node_pool_spec": {"replicas": 2}}, "limits has 'nvidia.com/gpu', and with replicas (2)"),
    ],
)
def test_static_capacity(description: dict[str, Any], sentence: str) -> None:
    assert any(each.startswith(sentence) for each in told(description))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"capacity_types": ["on-demand"]},
            "capacity_reservations has 'cr-0123', and capacity_types allows only on-demand: no node would be",
        ),
        (
            {"capacity_reservations": ["ocr-1"]},
            "capacity_reservations[0] is 'ocr-1', which is not the ID of a capacity reservation or block",
        ),
        ({"capacity_reservations": [{"ownerID": "123456789012"}]}, "capacity_reservations[0] selects nothing: name id, tags or"),
        (
            {"capacity_reservations": [{"ownerID": 123456789012, "tags": {"a": "b"}}]},
            "capacity_reservations[0].ownerID is 123456789012 (int)",
        ),
        ({"capacity_reservations": [{"id": "cr-1", "tags": {"a": "b"}}]}, "capacity_reservations[0] has id and tags: an ID selects alone."),
        ({"capacity_reservations": [{"tag": {"a": "b"}}]}, "capacity_reservations[0].tag is not a known option. Did you mean 'tags'?"),
    ],
)
def test_reservations(change: dict[str, Any], sentence: str) -> None:
    assert any(each.startswith(sentence) for each in told({**RESERVED, **change}))


def test_reserved_capacity_that_nothing_names_is_refused() -> None:
    given = {**GPU, "capacity_types": ["reserved", "on-demand"]}
    assert told(given) == [
        "capacity_types has 'reserved', and capacity_reservations names none: nothing reserved would ever be used. Name their IDs."
    ]
    assert told({**given, "node_class": "theirs"}) == []
    assert told({**given, "node_class_spec": {"capacityReservationSelectorTerms": [{"id": "cr-1"}]}}) == []


def test_reservations_for_on_demand_by_default_are_refused() -> None:
    assert "capacity_types allows only on-demand" in told({**GPU, "capacity_reservations": ["cr-0123"]})[0]


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (
            {**GPU, "efa_interfaces": 1},
            "efa_interfaces is 1, more than the instance types have that the pool allows (none of them has any)",
        ),
        ({**GPU, "instance_types": ["p4d.24xlarge"], "efa_interfaces": 8}, "(the most is 4, of p4d.24xlarge)"),
        (
            {**GPU, "instance_types": ["p4d.24xlarge"], "efa_interfaces": 4, "node_class_spec": {"networkInterfaces": []}},
            "efa_interfaces is 4, and node_class_spec has networkInterfaces: leave one of the two out.",
        ),
        (
            {**GPU, "instance_types": ["p4d.24xlarge"], "efa_interfaces": 4, "node_class_spec": {"associatePublicIPAddress": True}},
            "EC2 gives no public address to several interfaces.",
        ),
        (
            {**GPU, "instance_types": ["p6-b300.48xlarge"], "efa_interfaces": 16},
            "efa_interfaces is not known for p6-b300, whose first network card is another",
        ),
        ({**GPU, "efa_interfaces": 0}, "efa_interfaces is 0 (int), and must be a whole number from 1 to 32."),
    ],
)
def test_efa(description: dict[str, Any], sentence: str) -> None:
    assert any(sentence in each for each in told(description))


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ({**NEURON, "gpu_shares": 2}, "gpu_shares is 2, and the pool's accelerator is neuron: only NVIDIA's GPUs can be shared."),
        ({**CPU, "gpu_shares": 2}, "gpu_shares is 2, and the pool's accelerator is none: only NVIDIA's GPUs can be shared."),
        ({**GPU, "gpu_shares": 1}, "gpu_shares is 1 (int), and must be a whole number from 2 to 100."),
        (
            {**GPU, "gpu_shares": 4, "limits": {"nvidia.com/gpu": 2}},
            "the smallest instance that its requirements allow has 4 (each of its GPUs counts as 4",
        ),
        (
            {**GPU, "gpu_shares": 4, "labels": {"nvidia.com/gpu.replicas": "4"}},
            "labels has 'nvidia.com/gpu.replicas', which follows from it",
        ),
        (
            {
                "name": "p",
                "accelerator": "nvidia",
                "limits": {"nvidia.com/gpu": 8},
                "requirements": [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g99"]}],
                "gpu_shares": 2,
            },
            "the requirements name instances that this collection does not know",
        ),
        (
            {**GPU, "gpu_shares": 4, "ami_alias": "bottlerocket@v1.55.0", "node_class_spec": {"userData": "x"}},
            "node_class_spec has userData, where Bottlerocket's settings for it go",
        ),
    ],
)
def test_shares(description: dict[str, Any], sentence: str) -> None:
    assert any(sentence in each for each in told(description))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"protect_from_drift": True}, "protect_from_drift is true (bool), and must be 'always', or schedule and duration"),
        (
            {"protect_from_drift": {"schedule": "0 7 * * 1-7", "duration": "1h"}},
            "protect_from_drift.schedule is '0 7 * * 1-7', which is not a",
        ),
        ({"protect_from_drift": {"schedule": "@daily"}}, "protect_from_drift lacks 'duration'."),
        ({"protect_from_drift": {"schedule": "@daily", "duration": "1d"}}, "protect_from_drift.duration is '1d', which is not a duration"),
        ({"protect_from_drift": "always"}, "protect_from_drift is set, and budgets do not hold back expiry"),
        (
            {"protect_from_drift": "always", "expire_after": "Never", "node_pool_spec": {"disruption": {"budgets": []}}},
            "protect_from_drift is set, and node_pool_spec replaces its budget with disruption.budgets",
        ),
        ({"disruption": {"consolidatePolicy": "WhenEmpty"}}, "disruption.consolidatePolicy is not a known option. Did you mean"),
        ({"disruption": {"budgets": [{"nodes": "10 %"}]}}, "disruption.budgets[0].nodes is '10 %', which is not a number of nodes"),
        ({"disruption": {"budgets": [{"nodes": "110%"}]}}, "disruption.budgets[0].nodes is '110%'"),
        ({"disruption": {"budgets": [{"reasons": ["Drifted"]}]}}, "disruption.budgets[0] lacks 'nodes'."),
        (
            {"disruption": {"budgets": [{"nodes": 0, "reasons": ["Drift"]}]}},
            "disruption.budgets[0].reasons[0] is 'Drift', and must be one of",
        ),
        (
            {"disruption": {"budgets": [{"nodes": 0, "schedule": "@daily"}]}},
            "disruption.budgets[0] has schedule alone: a budget needs schedule and duration, or neither.",
        ),
    ],
)
def test_disruption(change: dict[str, Any], sentence: str) -> None:
    assert any(each.startswith(sentence) for each in told({**GPU, **change}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"instance_profile": "a", "node_role": "b"}, "instance_profile is 'a', and node_role is 'b': the profile has a role already."),
        ({"instance_profile": "a", "node_class_spec": {"role": "b"}}, "instance_profile is 'a', and node_class_spec has role"),
        ({"instance_profile": "a", "node_class": "c"}, "so that instance_profile would have no effect"),
    ],
)
def test_instance_profile(change: dict[str, Any], sentence: str) -> None:
    assert any(sentence in each for each in told({**GPU, **change}))


def test_isolation_is_asked_for_where_it_is_known() -> None:
    assert told(GPU, isolated_vpc=True, node_role="r") == [
        "its class would have role 'r', and the VPC is isolated (karpenter_isolated_vpc): Karpenter asks IAM for an instance profile of it, and"
        " IAM has no endpoint there. Name a profile that exists with instance_profile, or with node_pools_instance_profile for all pools."
    ]
    assert told(GPU, isolated_vpc=True, node_role="r", instance_profile="p") == []
    assert told(GPU, isolated_vpc=False, node_role="r") == []
    assert told(AUTO, isolated_vpc=True, node_role="r") == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"ami_alias": "al2023@v20261110"},
            "auto_mode is true, and so ami_alias would have no effect: it chooses and replaces the images itself.",
        ),
        ({"gpu_shares": 2}, "auto_mode is true, and so gpu_shares would have no effect"),
        ({"instance_types": ["p4d.24xlarge"], "efa_interfaces": 4}, "auto_mode is true, and so efa_interfaces would have no effect"),
        ({"node_role": "r", "volume": {"type": "gp3"}}, "volume has 'type', and with auto_mode the volume's fields are size, iops,"),
        ({"tags": {"a": "b"}}, "auto_mode is true, and the pool has a NodeClass of its own without node_role"),
        (
            {"capacity_types": ["reserved"], "capacity_reservations": [{"instanceMatchCriteria": "open"}], "node_role": "r"},
            "capacity_reservations has instanceMatchCriteria, which the NodeClass of EKS Auto Mode does not know",
        ),
    ],
)
def test_auto_mode(change: dict[str, Any], sentence: str) -> None:
    assert any(each.startswith(sentence) for each in told({**AUTO, **change}))
