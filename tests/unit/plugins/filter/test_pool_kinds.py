"""The filters about kinds of pools as Ansible calls them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.filter import (
    feature_gate_problems,
    gpu_sharing_values,
    node_pool_objects,
    node_pool_problems,
)

SHARED = {"name": "gpu", "instance_families": ["g5"], "gpu_shares": 4, "limits": {"nvidia.com/gpu": 32}}


def called(module: Any, *arguments: Any) -> Any:
    """What a filter returns, by the name of its file."""
    return module.FilterModule().filters()[module.__name__.rpartition(".")[2]](*arguments)


def test_feature_gate_problems_knows_what_is_planned() -> None:
    assert called(feature_gate_problems, [SHARED], [], {"nodeOverlay": True}) == []
    assert len(called(feature_gate_problems, [SHARED], [])) == 1
    assert called(feature_gate_problems, [SHARED], [], {}, True) == []


@pytest.mark.parametrize(("method", "key"), [("device_plugin", "config"), ("gpu_operator", "devicePlugin")])
def test_gpu_sharing_values_are_those_of_the_method(method: str, key: str) -> None:
    assert list(called(gpu_sharing_values, [SHARED], method)) == [key]


def test_gpu_sharing_values_pass_over_what_is_wrong() -> None:
    values = called(gpu_sharing_values, [{**SHARED, "name": "x", "gpu_shares": 1}, SHARED, "no pool"])
    assert sorted(values["config"]["map"]) == ["default", "shares-4"]
    assert called(gpu_sharing_values, []) == {}


def test_node_pool_objects_names_pools_and_classes() -> None:
    found = called(node_pool_objects, [SHARED, {"name": "other", "node_class": "theirs"}])
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("NodePool", "gpu"),
        ("EC2NodeClass", "gpu"),
        ("NodePool", "other"),
    ]


def test_node_pool_problems_takes_what_is_known_already() -> None:
    known = {"isolated_vpc": True, "node_role": "nodes"}
    assert len(called(node_pool_problems, [SHARED], known)) == 1
    assert called(node_pool_problems, [SHARED]) == []


@pytest.mark.parametrize("module", [feature_gate_problems, gpu_sharing_values, node_pool_objects, node_pool_problems])
def test_their_options_are_documented(module: Any) -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)
    function = module.FilterModule().filters()[documented["name"]]
    taken = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    assert sorted(documented["options"]) == sorted({"_input", *taken})
