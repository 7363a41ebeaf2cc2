# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import Holding, Lack, free_on, holding_of, lacking

from tests.unit.plugins.nodeclaims import READY, STUCK, claim

BOTH = [claim("gpu-1", **READY), claim("gpu-2", **READY)]


def node(name, gpus="1", **more):
    meta = {"name": name, **({"deletionTimestamp": "now"} if more.pop("deleting", False) else {})}
    return {"metadata": meta, "spec": more, "status": {"allocatable": {"cpu": "4", "nvidia.com/gpu": gpus}}}


def pod(name, *amounts, resource="nvidia.com/gpu"):
    containers = [{"name": "c", "resources": {"limits": {"cpu": "1", resource: amount}}} for amount in amounts]
    return {"spec": {"containers": [*containers, {"name": "sidecar"}], **({"nodeName": name} if name else {})}}


def test_lacking_names_the_pools_that_have_too_few_nodes():
    assert lacking({"gpu": 2, "trn": 1}, BOTH, {}) == {"trn": Lack(1, 1, 1)}
    assert lacking({"gpu": 1}, [claim("gpu-1", deleting=True, **READY)], {}) == {"gpu": Lack(1, 1, 1)}


@pytest.mark.parametrize(
    ("free", "pods"),
    [
        # An idle node takes one of the pods, so there is one more of them.
        ({"node-gpu-1": 1, "node-gpu-2": 8}, 3),
        # A busy one takes none.
        ({"node-gpu-1": 0, "node-gpu-2": 1}, 2),
        ({"node-gpu-1": 0, "node-gpu-2": 0}, 1),
        # Of one that is not known, more is asked for rather than less.
        ({}, 3),
    ],
)
def test_busy_nodes_count_and_are_not_asked_for_again(free, pods):
    assert lacking({"gpu": 3}, BOTH, free) == {"gpu": Lack(wanted=3, missing=1, pods=pods)}


def test_a_node_that_is_on_its_way_may_take_a_pod_although_it_offers_nothing_yet():
    assert lacking({"gpu": 2}, [claim("gpu-1", **STUCK)], {"node-gpu-1": 0}) == {"gpu": Lack(2, 1, 2)}


def test_free_is_what_pods_do_not_hold_on_nodes_that_take_pods():
    nodes = [node("a", "8"), node("b"), node("c", unschedulable=True), node("d", deleting=True), node("e", "0")]
    held = [Holding("a", 4), Holding("a", 3), Holding("b", 1), Holding("", 5), Holding("b", 1)]
    assert free_on(nodes, held) == {"a": 1, "b": 0, "c": 0, "d": 0, "e": 0}


def test_a_pod_holds_what_its_containers_may_have():
    assert holding_of(pod("a", "2", "1")) == Holding("a", 3)
    assert holding_of(pod("", "16", resource="aws.amazon.com/neuron")) == Holding("", 16)
    assert holding_of(pod("a")) == Holding("a", 0)
