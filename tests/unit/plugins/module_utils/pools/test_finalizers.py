# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._finalizers import (
    Scope,
    controller_gone,
    explanation,
    held,
    instance_of,
    let_go,
)

CLAIM, CLASS = "karpenter.sh/termination", "karpenter.k8s.aws/termination"


def deployment(name: str, replicas: int | None) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "kube-system"}, "spec": {} if replicas is None else {"replicas": replicas}}


@pytest.mark.parametrize(
    ("replicas", "says"),
    [
        ([], "no Deployment has the label app.kubernetes.io/name=karpenter"),
        ([0], "Deployment kube-system/karpenter-0 is scaled to 0"),
        ([2], ""),
        ([None], ""),
        # Meant to run, though none of its pods may: the wait says what keeps them.
        ([0, 1], ""),
    ],
)
def test_controller_gone(replicas: list[int | None], says: str) -> None:
    assert controller_gone(deployment(f"karpenter-{place}", number) for place, number in enumerate(replicas)) == says


def claim(name: str, pool: str = "gpu", group: str = "karpenter.k8s.aws", finalizers: tuple[str, ...] = (CLAIM,)) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"karpenter.sh/nodepool": pool}, "finalizers": list(finalizers), "resourceVersion": "7"},
        "spec": {"nodeClassRef": {"group": group, "name": "gpu"}},
        "status": {"providerID": "aws:///us-west-2a/i-0abc", "nodeName": f"node-{name}"},
    }


def node(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "finalizers": [CLAIM]}}


def objects(*claims: dict[str, Any], nodes: tuple[str, ...] = (), classes: tuple[str, ...] = ()) -> dict[str, Any]:
    found = [{"metadata": {"name": name, "finalizers": [CLASS]}} for name in classes]
    return {"NodeClaim": claims, "Node": [node(each) for each in nodes], "NodePool": [], "EC2NodeClass": found}


def test_claims_come_with_their_instance_then_their_nodes_then_classes() -> None:
    found = held(objects(claim("a"), nodes=("node-a", "node-other"), classes=("gpu",)), Scope())
    assert [each.words for each in found] == ["NodeClaim a (instance i-0abc)", "Node node-a", "EC2NodeClass gpu"]


def test_only_the_pools_and_classes_that_are_meant() -> None:
    found = held(objects(claim("a"), claim("b", pool="other"), classes=("gpu", "other")), Scope(["gpu"], ["gpu"]))
    assert [each.name for each in found] == ["a", "gpu"]


def test_no_pools_are_none_and_not_all() -> None:
    assert held(objects(claim("a"), classes=("gpu",)), Scope([], [])) == []


def test_what_auto_mode_manages_is_left_alone() -> None:
    assert held(objects(claim("a", group="eks.amazonaws.com")), Scope()) == []


def test_finalizers_of_others_stay_and_do_not_count() -> None:
    found = held(objects(claim("a", finalizers=(CLAIM, "example.com/backup")), claim("b", finalizers=("example.com/backup",))), Scope())
    assert [each.name for each in found] == ["a"]
    assert let_go(claim("a", finalizers=(CLAIM, "example.com/backup"))) == {
        "metadata": {"finalizers": ["example.com/backup"], "resourceVersion": "7"}
    }


def test_without_others_no_finalizer_is_left() -> None:
    assert let_go(claim("a"))["metadata"]["finalizers"] is None


def test_a_pool_is_held_by_name() -> None:
    pool = {"metadata": {"name": "gpu", "finalizers": [CLAIM]}, "spec": {"template": {"spec": {"nodeClassRef": {"name": "gpu"}}}}}
    found = held({**objects(), "NodePool": [pool]}, Scope(["gpu"]))
    assert [each.path for each in found] == ["/apis/karpenter.sh/v1/nodepools/gpu"]


@pytest.mark.parametrize(
    ("provider_id", "instance"), [("aws:///us-west-2a/i-0abc", "i-0abc"), ("", ""), ("kwok://node", ""), ("aws:///us-west-2a/fargate", "")]
)
def test_instance_of(provider_id: str, instance: str) -> None:
    assert instance_of(provider_id) == instance


def test_the_explanation_names_objects_instances_reason_and_both_ways_out() -> None:
    text = explanation("no Deployment has the label x", held(objects(claim("a")), Scope()))
    for part in ("NodeClaim a (instance i-0abc)", "no Deployment has the label x", "i-0abc run on and are billed", "role karpenter"):
        assert part in text
    assert "node_pools_resolve_finalizers to true" in text


def test_nothing_is_explained_where_karpenter_runs_or_nothing_is_held() -> None:
    assert explanation("", held(objects(claim("a")), Scope())) == ""
    assert explanation("gone", []) == ""
