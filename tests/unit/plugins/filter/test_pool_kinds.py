"""The filters about kinds of pools as Ansible calls them."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._feature_gates import feature_gate_problems
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._node_pools import (
    gpu_sharing_values,
    node_pool_objects,
    node_pool_problems,
)

SHARED = {"name": "gpu", "instance_families": ["g5"], "gpu_shares": 4, "limits": {"nvidia.com/gpu": 32}}


def test_feature_gate_problems_knows_what_is_planned() -> None:
    assert feature_gate_problems([SHARED], [], {"nodeOverlay": True}) == []
    assert len(feature_gate_problems([SHARED], [])) == 1
    assert feature_gate_problems([SHARED], [], {}, True) == []


@pytest.mark.parametrize(("method", "key"), [("device_plugin", "config"), ("gpu_operator", "devicePlugin")])
def test_gpu_sharing_values_are_those_of_the_method(method: str, key: str) -> None:
    assert list(gpu_sharing_values([SHARED], method)) == [key]


def test_gpu_sharing_values_pass_over_what_is_wrong() -> None:
    values = gpu_sharing_values([{**SHARED, "name": "x", "gpu_shares": 1}, SHARED, "no pool"])
    assert sorted(values["config"]["map"]) == ["default", "shares-4"]
    assert gpu_sharing_values([]) == {}


def test_node_pool_objects_names_pools_and_classes() -> None:
    found = node_pool_objects([SHARED, {"name": "other", "node_class": "theirs"}])
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("NodePool", "gpu"),
        ("EC2NodeClass", "gpu"),
        ("NodePool", "other"),
    ]


def test_node_pool_problems_takes_what_is_known_already() -> None:
    known = {"isolated_vpc": True, "node_role": "nodes"}
    assert len(node_pool_problems([SHARED], known)) == 1
    assert node_pool_problems([SHARED]) == []
