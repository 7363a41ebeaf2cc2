# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of a node while it was checked, from the Node, the events about it, and its pod. Pure.

This file is internal to the collection and may change in any release. Reasons of events are Karpenter's
(karpenter-provider-aws, pkg/controllers/interruption, and karpenter, pkg/controllers/disruption) and the Node controller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import Event, message_of, time_of

# Why a node goes away, by the event's reason. What others there are tell of it later than these.
CAUSES: Mapping[str, str] = {
    "SpotInterrupted": "EC2 takes the Spot instance back",
    "CapacityReservationInstanceInterrupted": "EC2 takes the reserved capacity back",
    "InstanceStopping": "its instance is being stopped",
    "InstanceTerminating": "its instance is being terminated",
    "InstanceUnhealthy": "AWS calls its instance unhealthy",
    "DisruptionTerminating": "Karpenter disrupts it",
    "DeletingNode": "its instance no longer exists",
    "NodeNotReady": "its kubelet has stopped answering",
}
DISRUPTED_TAINT = "karpenter.sh/disrupted"


def fate(name: str, node: Optional[Mapping[str, Any]], events: Iterable[Event], disrupted: str = "") -> str:
    """Return in words what became of a Node under its check; empty where it is as it was.

    Args:
        name: The Node's name.
        node: The Node as it is now; None where it is no more.
        events: Events about the Node.
        disrupted: What the check's pod says of its being evicted; empty if it was not.
    """
    state = _state(node)
    if state:
        told = [each for each in events if each.get("reason") in CAUSES]
        return "; ".join(filter(None, (f"the Node {name} {state}", _cause(told))))
    return f"the check's pod was evicted ({disrupted})" if disrupted else ""


def _state(node: Optional[Mapping[str, Any]]) -> str:
    if node is None:
        return "was deleted while it was checked"
    spec = node.get("spec") or {}
    if node["metadata"].get("deletionTimestamp"):
        return "is being deleted"
    if any(each.get("key") == DISRUPTED_TAINT for each in spec.get("taints") or ()):
        return "is being drained by Karpenter"
    ready = [each for each in (node.get("status") or {}).get("conditions") or () if each.get("type") == "Ready"]
    if any(each.get("status") != "True" for each in ready):
        return f"is no longer Ready ({ready[0].get('reason', '')})"
    return "was cordoned while it was checked" if spec.get("unschedulable") else ""


def _cause(told: list[Event]) -> str:
    """Return the cause that says most: the first of the table that was told of, with its last words."""
    for reason, words in CAUSES.items():
        said = sorted((each for each in told if each.get("reason") == reason), key=time_of)
        if said:
            return f"{words} ({reason}: {shorten(message_of(said[-1]), 200)})"
    return ""
