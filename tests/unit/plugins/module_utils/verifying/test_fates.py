# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._fates import fate


def node(ready="True", taints=(), **more):
    meta = {"name": "n", **({"deletionTimestamp": "2026-11-29T10:00:00Z"} if more.pop("deleting", False) else {})}
    conditions = [{"type": "Ready", "status": ready, "reason": "NodeStatusUnknown"}]
    return {"metadata": meta, "spec": {"taints": [{"key": each} for each in taints], **more}, "status": {"conditions": conditions}}


def event(reason, message="", when="2026-11-29T10:00:00Z"):
    return {"reason": reason, "message": message, "lastTimestamp": when}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (None, "the Node n was deleted while it was checked"),
        (node(deleting=True), "the Node n is being deleted"),
        (node(taints=["karpenter.sh/disrupted"]), "the Node n is being drained by Karpenter"),
        (node(ready="Unknown"), "the Node n is no longer Ready (NodeStatusUnknown)"),
        (node(unschedulable=True), "the Node n was cordoned while it was checked"),
        (node(), ""),
    ],
)
def test_the_fate_is_told_by_the_node(now, words):
    assert fate("n", now, []) == words


def test_the_cause_that_says_most_is_told_with_its_last_words():
    events = [
        event("NodeNotReady", "kubelet is gone"),
        event("SpotInterrupted", "first", "2026-11-29T10:00:01Z"),
        event("SpotInterrupted", "Spot interruption warning was triggered", "2026-11-29T10:00:02Z"),
    ]
    found = fate("n", None, events)
    assert found.endswith("EC2 takes the Spot instance back (SpotInterrupted: Spot interruption warning was triggered)")


def test_an_event_alone_is_no_fate():
    """Karpenter tells of interruptions that come to nothing; a Node that is as it was has had none."""
    assert fate("n", node(), [event("SpotInterrupted")]) == ""


def test_an_evicted_pod_is_told_where_the_node_is_as_it_was():
    assert fate("n", node(), [], "EvictionByEvictionAPI: evicting") == "the check's pod was evicted (EvictionByEvictionAPI: evicting)"
