"""Of module_utils/preflight/_owners.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins.module_utils.preflight.preflight_objects import CPU, GPU, a_plan, only, outcome

HELM = {"annotations": {"meta.helm.sh/release-name": "pools"}}
OURS = {"labels": {"app.kubernetes.io/managed-by": "accelerated.nodes"}}


def an_object(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    """One that the cluster has."""
    return {"kind": kind, "metadata": {"name": name, **metadata}, "spec": {"template": {"spec": {}}}}


def test_pools_that_are_not_there_are_nobodys():
    found = outcome("owners", a_plan(GPU, CPU))
    assert (found.state, found.saw) == ("passed", "0 of the pools and classes are there")


def test_our_own_pools_and_others_of_another_name_are_no_problem():
    objects = [an_object("NodePool", "gpu", **OURS), an_object("EC2NodeClass", "gpu", **OURS), an_object("NodePool", "other", **HELM)]
    found = outcome("owners", a_plan(GPU), objects=objects)
    assert (found.state, found.saw) == ("passed", "2 of the pools and classes are there")


@pytest.mark.parametrize("kind", ["NodePool", "EC2NodeClass"])
def test_two_owners_of_a_pool_or_its_class(kind: str):
    state, what, where, step = only(outcome("owners", a_plan(GPU, CPU), objects=[an_object(kind, "gpu", **HELM)]))
    assert (state, where) == ("error", "node pool gpu")
    assert what.startswith(f"{kind} gpu is managed by the Helm release 'pools' (annotation meta.helm.sh/release-name)")
    assert "choose another name in node_pools_definitions" in step


def test_a_class_that_is_only_used_may_be_anybodys():
    pool = {**GPU, "node_class": "shared"}
    assert outcome("owners", a_plan(pool), objects=[an_object("EC2NodeClass", "shared", **HELM)]).state == "passed"
