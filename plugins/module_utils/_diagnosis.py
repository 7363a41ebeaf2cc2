# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why claims are not where they should be: from the evidence to one verdict. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import (
    accelerator_of_resources,
    is_plugin_pod,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._advice import advice_for
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import Condition, Goal, NodeClaim, conditions_of
from ansible_collections.accelerated.nodes.plugins.module_utils._scheduling import repelled_by


@dataclass(frozen=True)
class Verdict:
    """Which object is wrong, why in the system's own words, what that means, and what to do."""

    object: str
    reason: str
    message: str
    explanation: str
    next_step: str
    hopeless: bool = False

    @property
    def result(self) -> dict[str, str]:
        """The verdict as the modules return it."""
        return {name: getattr(self, name) for name in ("object", "reason", "message", "explanation", "next_step")}

    def __str__(self) -> str:
        words = f" ({self.message})" if self.message else ""
        return f"{self.object}: {self.reason}{words}. {self.explanation} Next step: {self.next_step}"


@dataclass(frozen=True)
class Evidence:
    """What was read around the claims when the question came up; objects as the API gives them.

    ``plugin_pods`` and ``daemon_sets`` are those of device plugins; ``unreadable`` says, in a sentence each, what could not be
    read and which rule would allow it.
    """

    nodes: Mapping[str, dict] = field(default_factory=dict)
    plugin_pods: Sequence[dict] = ()
    daemon_sets: Sequence[dict] = ()
    node_pools: Mapping[str, dict] = field(default_factory=dict)
    node_classes: Mapping[str, dict] = field(default_factory=dict)
    events: Sequence[dict] = ()
    unreadable: Sequence[str] = ()


def verdict(obj: str, reason: str, message: str = "", **facts: str) -> Verdict:
    """A verdict with the table's advice for ``reason``; ``facts`` fill the advice's placeholders."""
    advice = advice_for(reason)
    return Verdict(obj, reason, message, _filled(advice.explanation, facts), _filled(advice.next_step, facts), advice.hopeless)


def _filled(text: str, facts: Mapping[str, str]) -> str:
    # Not str.format: what a cluster says may hold braces.
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match.group(1), match.group(0)), text)


def diagnose(claims: Sequence[NodeClaim], goal: Goal, evidence: Evidence, node_pools: Sequence[str] = ()) -> Verdict:
    """Why the goal is not met: of the first claim that is behind, or why there is none."""
    behind = goal.missing(claims)
    if behind:
        return of_claim(behind[0], evidence)
    if not claims:
        return of_no_claim(evidence, node_pools)
    return verdict("NodeClaims", "TooFewNodeClaims", f"{len(goal.done(claims))} of {goal.count}")


def of_claim(claim: NodeClaim, evidence: Evidence) -> Verdict:
    """Why this claim is not ready, or does not go."""
    name = f"NodeClaim {claim.name}"
    if claim.deleting:
        return verdict(name, "Terminating", _condition_words(claim))
    blocking = claim.blocking
    if blocking is None:
        ready = claim.conditions.get("Ready") or Condition("Ready", "Unknown")
        return verdict(name, ready.reason or "AwaitingReconciliation", ready.message)
    if blocking.reason == "ResourceNotRegistered":
        return _of_unregistered(claim, blocking, evidence)
    return verdict(name, _quota_or(blocking.reason, blocking.message), blocking.message)


def _condition_words(claim: NodeClaim) -> str:
    found = (claim.conditions.get(step) for step in ("Drained", "VolumesDetached", "InstanceTerminating"))
    return ", ".join(f"{item.type}={item.status} {item.reason}".strip() for item in found if item)


def _of_unregistered(claim: NodeClaim, blocking: Condition, evidence: Evidence) -> Verdict:
    """Tells the causes of an unregistered resource apart by the device plugin's DaemonSet and its pod on the node."""
    named = re.search(r'"([^"]+)"', blocking.message)
    resource = named.group(1) if named else ""
    accelerator = accelerator_of_resources([resource])
    obj = f"NodeClaim {claim.name} (node {claim.node})"
    message = f"not initialized: {blocking.message}"
    if accelerator is None:
        return verdict(obj, blocking.reason, message)
    pods = [pod for pod in evidence.plugin_pods if is_plugin_pod(pod, accelerator) and pod["spec"].get("nodeName") == claim.node]
    if pods:
        return _of_plugin_pod(obj, message, pods[0])
    sets = [item for item in evidence.daemon_sets if is_plugin_pod(item["spec"]["template"], accelerator)]
    if not sets:
        return verdict(obj, "DevicePluginMissing", message, accelerator=accelerator.name)
    repelled = repelled_by(sets[0]["spec"]["template"]["spec"], evidence.nodes.get(claim.node, {}))
    why = repelled or "the DaemonSet controller has not placed it yet"
    return verdict(obj, "DevicePluginNotScheduled" if repelled else "ResourceNotRegistered", message, why=why)


def _of_plugin_pod(obj: str, message: str, pod: dict) -> Verdict:
    meta = pod["metadata"]
    ready = conditions_of(pod).get("Ready")
    reason = "DevicePluginFindsNothing" if ready and ready.true else "DevicePluginNotReady"
    words = "; ".join(filter(None, (message, waiting_words(pod))))
    return verdict(obj, reason, words, namespace=meta.get("namespace", ""), pod=meta["name"])


def waiting_words(pod: dict) -> str:
    """Why a pod's containers wait or ended, in the kubelet's words; empty when they run."""
    states = [(status.get("name"), status.get("state") or {}) for status in (pod.get("status") or {}).get("containerStatuses") or []]
    found = [(name, state.get("waiting") or state.get("terminated")) for name, state in states]
    return "; ".join(f"{name} {item.get('reason')}: {item.get('message', '')}".rstrip(": ") for name, item in found if item)


# EC2 answers a used-up quota in the words of missing capacity; its error code in the message tells them apart.
QUOTA_CODES = (
    ("VcpuLimitExceeded", "VCPULimitExceeded"),
    ("MaxSpotInstanceCountExceeded", "SpotQuotaExceeded"),
    ("MaxFleetCountExceeded", "FleetQuotaExceeded"),
)


def _quota_or(reason: str, message: str) -> str:
    return next((better for code, better in QUOTA_CODES if code in message), reason)


def of_no_claim(evidence: Evidence, node_pools: Sequence[str] = ()) -> Verdict:
    """Why there is no claim: a pool that is missing or unready, capacity, or nothing that asks for a node."""
    for name in node_pools:
        found = of_node_pool(name, evidence)
        if found:
            return found
    for reason, kind in (("InsufficientCapacityError", "NodeClaim"), ("FailedScheduling", "Pod")):
        event = _latest(evidence.events, reason)
        if event:
            message = str(event.get("message", ""))
            named = (event.get("involvedObject") or event.get("regarding") or {}).get("name", "")
            return verdict(f"{kind} {named}", _quota_or(reason, message), message)
    where = f"NodePool {', '.join(node_pools)}" if node_pools else "the selection"
    return verdict(where, "NoNodeClaim")


def of_node_pool(name: str, evidence: Evidence) -> Verdict | None:
    """What is wrong with a NodePool or its EC2NodeClass; None when both are ready."""
    pool = evidence.node_pools.get(name)
    if pool is None:
        return verdict(f"NodePool {name}", "NodePoolNotFound")
    class_name = pool["spec"]["template"]["spec"]["nodeClassRef"]["name"]
    node_class = evidence.node_classes.get(class_name)
    return (of_conditions(f"EC2NodeClass {class_name}", node_class, "NodeClassNotReady") if node_class else None) or of_conditions(
        f"NodePool {name}", pool, "NodePoolNotReady"
    )


def of_conditions(obj: str, value: dict, otherwise: str) -> Verdict | None:
    """The first condition that keeps an object from being Ready; None when it is."""
    conditions = conditions_of(value)
    ready = conditions.pop("Ready", None)
    if ready and ready.true:
        return None
    bad = sorted((item for item in conditions.values() if item.status != "True"), key=lambda item: item.status != "False")
    telling = [item for item in bad if item.reason not in ("DependenciesNotReady", "AwaitingReconciliation")]
    worst = (telling or bad or [ready or Condition("Ready", "Unknown", "AwaitingReconciliation")])[0]
    return verdict(obj, worst.reason or otherwise, f"{worst.type}={worst.status}: {worst.message}".rstrip(": "))


def _latest(events: Sequence[dict], reason: str) -> dict | None:
    found = [event for event in events if event.get("reason") == reason]
    return max(found, key=_event_time, default=None)


def _event_time(event: dict) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or (event.get("metadata") or {}).get("creationTimestamp") or "")
