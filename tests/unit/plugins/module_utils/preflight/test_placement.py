"""Of module_utils/preflight/_placement.py."""

from __future__ import annotations

import pytest

from tests.unit.plugins.module_utils.preflight.preflight_objects import a_node, a_plan, only, outcome

NODE_POOL = {"karpenter.sh/nodepool": "gpu"}
TAINT = {"key": "team", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (a_node("two", labels=NODE_POOL), ""),
        (a_node("two", ready="False"), "two (not ready)"),
        (a_node("two", unschedulable=True), "two (cordoned)"),
        (a_node("two", labels={"kubernetes.io/os": "windows"}), "two (not Linux)"),
        (a_node("two", taints=[TAINT]), "two (has taint team:NoSchedule)"),
    ],
)
def test_nodes_that_karpenter_cannot_run_on_do_not_count(second, why):
    state, what, _where, step = only(outcome("karpenter_nodes", a_plan(), nodes=[a_node("one"), second]))
    assert state == "error" and "there are 1." in what and why in what
    assert "preflight_skip" in step


def test_a_taint_that_karpenter_tolerates_is_none():
    critical = a_node("two", "us-west-2b", taints=[{"key": "CriticalAddonsOnly", "effect": "NoSchedule"}])
    assert outcome("karpenter_nodes", a_plan(), nodes=[a_node("one"), critical]).state == "passed"


def test_each_replica_needs_a_node():
    assert outcome("karpenter_nodes", a_plan(karpenter_replicas=3)).state == "error"
    assert outcome("karpenter_nodes", a_plan(karpenter_replicas=1), nodes=[a_node("one")]).state == "passed"


def test_one_zone_is_a_warning():
    state, what, _where, _step = only(outcome("karpenter_nodes", a_plan(), nodes=[a_node("one"), a_node("two")]))
    assert state == "warning" and "zone us-west-2a" in what


def test_many_unfit_nodes_are_not_all_named():
    nodes = [a_node(f"node-{number}", ready="Unknown") for number in range(9)]
    assert "and 4 more" in only(outcome("karpenter_nodes", a_plan(), nodes=nodes))[1]


def test_tolerations_that_karpenter_is_given_count():
    nodes = [a_node("one", taints=[TAINT]), a_node("two", "us-west-2b", taints=[TAINT])]
    assert outcome("karpenter_nodes", a_plan(), nodes=nodes).state == "error"
    assert outcome("karpenter_nodes", a_plan(karpenter_tolerations=[{"key": "team", "operator": "Exists"}]), nodes=nodes).state == "passed"
