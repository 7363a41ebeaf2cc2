"""Pools that Karpenter would ignore, since a gate is off."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._feature_gates import gate_problems

STATIC = {"name": "s", "replicas": 2}
SHARED = {"name": "g", "gpu_shares": 4}
RESERVED = {"name": "r", "capacity_types": ["reserved"]}


def controller(gates: str | None) -> dict[str, Any]:
    """A Deployment of Karpenter, as its chart has it."""
    env = [{"name": "CLUSTER_NAME", "value": "demo"}, *([{"name": "FEATURE_GATES", "value": gates}] if gates is not None else [])]
    return {"spec": {"template": {"spec": {"containers": [{"name": "controller", "env": env}]}}}}


OFF = controller("ReservedCapacity=true,NodeOverlay=false,StaticCapacity=false")
ON = controller("ReservedCapacity=false,NodeOverlay=true,StaticCapacity=true")


@pytest.mark.parametrize(
    ("pool", "running", "planned", "installed", "refused"),
    [
        (STATIC, OFF, {}, True, True),
        (STATIC, ON, {}, True, False),
        (STATIC, OFF, {"staticCapacity": True}, True, True),  # what runs decides once it should be there
        (STATIC, OFF, {"staticCapacity": True}, False, False),  # it is still to come
        (STATIC, ON, {}, False, False),
        (STATIC, None, {}, False, True),
        (STATIC, None, {"staticCapacity": True}, False, False),
        (STATIC, None, {}, True, False),  # a controller that cannot be seen
        (STATIC, controller(None), {}, True, False),
        ({"name": "s", "node_pool_spec": {"replicas": 1}}, OFF, {}, True, True),
        ({**STATIC, "auto_mode": True}, OFF, {}, True, False),
        (SHARED, OFF, {}, True, True),
        (SHARED, ON, {}, True, False),
        (RESERVED, OFF, {}, True, False),
        (RESERVED, ON, {}, True, True),
        (RESERVED, None, {}, False, False),  # on by default
        (RESERVED, None, {"reservedCapacity": False}, False, True),
        ({"name": "plain"}, OFF, {}, True, False),
    ],
)
def test_a_gate_is_refused_where_it_is_off(
    pool: dict[str, Any], running: dict[str, Any] | None, planned: dict[str, Any], installed: bool, refused: bool
) -> None:
    assert bool(gate_problems([pool], [running] if running else [], planned, installed)) is refused


def test_the_sentence_names_pool_option_gate_and_what_to_set() -> None:
    assert gate_problems([STATIC], [OFF], {}, True) == [
        "Node pool 's': replicas needs Karpenter's feature gate StaticCapacity (Karpenter 1.8 or newer), which is off, and Karpenter would ignore"
        " it without a word: set karpenter_feature_gates: {staticCapacity: true}, and run the role karpenter."
    ]
