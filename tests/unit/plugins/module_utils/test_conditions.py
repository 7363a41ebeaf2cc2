"""Why Karpenter does not call a class or a pool ready.

The conditions' reasons and messages are those of Karpenter's controllers (pkg/controllers/nodeclass, v1.14).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._conditions import is_ready, unready

MANIFEST = {"kind": "EC2NodeClass", "metadata": {"name": "gpu"}}
READY = {"type": "Ready", "status": "True", "reason": "Ready", "message": "", "observedGeneration": 1}
NOT_READY = {"type": "Ready", "status": "False", "reason": "UnhealthyDependents", "message": "SubnetsReady=False", "observedGeneration": 1}
NO_SUBNETS = {
    "type": "SubnetsReady",
    "status": "False",
    "reason": "SubnetsNotFound",
    "message": "SubnetSelector did not match any Subnets",
    "observedGeneration": 1,
}


def resource(*conditions: dict[str, Any], generation: int = 1) -> dict[str, Any]:
    return {
        "kind": "EC2NodeClass",
        "metadata": {"name": "gpu", "generation": generation},
        "status": {"conditions": list(conditions)},
    }


def test_is_ready() -> None:
    assert is_ready(resource(READY))
    assert not is_ready(resource(NOT_READY))
    assert not is_ready({"kind": "NodePool", "metadata": {"name": "gpu"}})


def test_is_ready_asks_for_the_generation_that_was_applied() -> None:
    assert not is_ready(resource(READY, generation=2))


def test_is_ready_without_an_observed_generation() -> None:
    assert is_ready(resource({"type": "Ready", "status": "True"}, generation=2))


def test_unready_says_nothing_of_what_is_ready() -> None:
    assert unready([MANIFEST], [resource(READY)]) == []


def test_unready_names_the_condition_the_reason_and_the_next_step() -> None:
    assert unready([MANIFEST], [resource(READY | {"status": "False"} | NOT_READY, NO_SUBNETS)]) == [
        "EC2NodeClass 'gpu' is not ready: SubnetsReady is False (SubnetsNotFound: SubnetSelector did not match any Subnets)."
        " Compare subnet_selector with the subnets' tags; role eks_prerequisites tags them for discovery."
    ]


def test_unready_falls_back_on_the_roll_up() -> None:
    (only,) = unready([MANIFEST], [resource(NOT_READY)])
    assert only.startswith("EC2NodeClass 'gpu' is not ready: Ready is False (UnhealthyDependents: SubnetsReady=False).")


def test_unready_shows_an_unknown_reason_as_it_is() -> None:
    condition = {"type": "PlacementGroupReady", "status": "False", "reason": "BrandNew", "message": "Something."}
    (only,) = unready([MANIFEST], [resource(NOT_READY, condition)])
    assert "PlacementGroupReady is False (BrandNew: Something). See whether Karpenter's controller runs, and read its log." in only


def test_unready_says_that_the_controller_has_not_looked() -> None:
    (only,) = unready([MANIFEST], [resource()])
    assert (
        only
        == "EC2NodeClass 'gpu' is not ready: Karpenter has not looked at it yet. See whether Karpenter's controller runs, and read its log."
    )


def test_unready_says_that_a_verdict_is_on_an_older_generation() -> None:
    (only,) = unready([MANIFEST], [resource(READY, generation=2)])
    assert only.startswith("EC2NodeClass 'gpu' is not ready: Karpenter has not looked at it yet.")


def test_unready_names_what_is_missing() -> None:
    assert unready([MANIFEST], []) == ["EC2NodeClass 'gpu' is not in the cluster."]


@pytest.mark.parametrize("text", ["{{ 1 + 1 }}", "{% raw %}"])
def test_unready_takes_a_clusters_text_as_it_is(text: str) -> None:
    (only,) = unready([MANIFEST], [resource(NO_SUBNETS | {"message": text})])
    assert text in only
