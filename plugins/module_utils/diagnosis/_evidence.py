# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a diagnosis needs; decides nothing. What may not be read is named, and the rest is read all the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, is_plugin_pod
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._controller_causes import CONTROLLER_SELECTOR
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import subject, with_reason
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._finished_causes import jobs_to_read
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._join_evidence import read_access
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import AUTO_MODE_GROUP, class_ref
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import (
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS_IN,
    NODES,
    PODS,
    Reading,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import EC2NODECLASSES, NODEPOOLS, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner

__all__ = ("NODES", "PODS", "by_name", "gather")

GATHER_SECONDS = 5  # A diagnosis must not outlast the wait that it explains.
MOST_NODES = 20  # More are listed in one request.
# What a claim may wait for that only the controller does.
CONTROLLERS_STEPS = frozenset({"AwaitingReconciliation", "NodeNotFound"})


def gather(client: Client, question: Question, deadline: Deadline | None = None) -> Evidence:
    """The evidence around a question's claims: their nodes, device plugins, pools, classes and events, and the node role's access.

    Takes ``GATHER_SECONDS`` at most, or until ``deadline``, and raises nothing: what could not be read is in ``unreadable``.
    """
    reading = Reading(client, deadline or Deadline(GATHER_SECONDS))
    pools, classes = by_name(reading.objects(NODEPOOLS)), by_name(reading.objects(EC2NODECLASSES))
    return _around(reading, question, pools, classes) if question.behind else _of_absence(reading, question, pools, classes)


def _around(reading: Reading, question: Question, pools: dict[str, dict], classes: dict[str, dict]) -> Evidence:
    """What is around the claims that are behind."""
    behind = question.behind
    steps = {claim.blocking.reason for claim in behind if claim.blocking}
    idle = any(claim.deleting for claim in behind) or steps & CONTROLLERS_STEPS
    unjoined = "NodeNotFound" in steps
    return Evidence(
        nodes=_nodes(reading, {claim.node for claim in behind if claim.node}),
        plugin_pods=_plugin_pods(reading, behind) if "ResourceNotRegistered" in steps else [],
        drained_pods=_pods_on(reading, behind[0].node) if behind[0].deleting and behind[0].node else [],
        daemon_sets=reading.objects(DAEMONSETS) if steps & {"ResourceNotRegistered", "StartupTaintsExist"} else [],
        deployments=reading.maybe(DEPLOYMENTS) if "StartupTaintsExist" in steps else None,
        node_pools=pools,
        node_classes=classes,
        events=_events_around(reading, behind[0]),
        **(_controllers(reading, pools.values()) if idle else {}),
        access=read_access(reading, question, classes) if unjoined and question.cluster_name else None,
        unreadable=reading.unreadable,
        read_at=now_text(),
    )


def _of_absence(reading: Reading, question: Question, pools: dict[str, dict], classes: dict[str, dict]) -> Evidence:
    """What tells why there is no claim, or none more."""
    queries = ("involvedObject.kind=NodeClaim", "reason=FailedScheduling", "involvedObject.kind=NodePool")
    events = [event for query in queries for event in reading.objects(EVENTS, {"fieldSelector": query})]
    return Evidence(
        nodes=_nodes(reading, {claim.node for claim in question.claims if claim.node and claim.promised}),
        node_pools=pools,
        node_classes=classes,
        events=events,
        pods=[] if question.pods else _waiting_pods(reading, events),
        jobs=_jobs(reading, jobs_to_read(question)),
        **_controllers(reading, pools.values()),
        unreadable=reading.unreadable,
        read_at=now_text(),
    )


def by_name(items: Iterable[dict]) -> dict[str, dict]:
    return {item["metadata"]["name"]: item for item in items}


def _nodes(reading: Reading, wanted: set[str]) -> dict[str, dict]:
    if len(wanted) > MOST_NODES:
        return {name: node for name, node in by_name(reading.objects(NODES)).items() if name in wanted}
    return by_name(node for name in sorted(wanted) for node in reading.objects(NODES, {"fieldSelector": f"metadata.name={name}"}))


def _plugin_pods(reading: Reading, claims: Iterable[NodeClaim]) -> list[dict]:
    stuck = {claim.node for claim in claims if claim.blocking and claim.blocking.reason == "ResourceNotRegistered"}
    pods = (pod for node in sorted(stuck) for pod in _pods_on(reading, node))
    return [pod for pod in pods if any(is_plugin_pod(pod, row) for row in ACCELERATORS.values())]


def _pods_on(reading: Reading, node: str) -> list[dict]:
    return reading.objects(PODS, {"fieldSelector": f"spec.nodeName={node}"})


def _events_around(reading: Reading, claim: NodeClaim) -> list[dict]:
    """The events about a claim, and about its Node where that is being drained."""
    events = reading.objects(EVENTS, {"fieldSelector": f"involvedObject.uid={claim.uid}"})
    if claim.deleting and claim.node:
        events += reading.objects(EVENTS, {"fieldSelector": f"involvedObject.kind=Node,involvedObject.name={claim.node}"})
    return events


def _waiting_pods(reading: Reading, events: Iterable[dict]) -> list[dict]:
    """The pods that no node was found for and that still wait; in one list, as those of other pools may be many."""
    refused = {(item.get("namespace"), item.get("name")) for item in map(subject, with_reason(events, "FailedScheduling"))}
    pending = reading.objects(PODS, {"fieldSelector": "status.phase=Pending"}) if refused else []
    return [pod for pod in pending if (pod["metadata"].get("namespace"), pod["metadata"]["name"]) in refused]


def _jobs(reading: Reading, wanted: Iterable[Owner]) -> dict[str, dict]:
    """The Jobs by namespace and name; empty for one that is gone."""
    found: dict[str, dict] = {}
    for owner in wanted:
        listed = reading.maybe(JOBS_IN.format(namespace=owner.namespace), {"fieldSelector": f"metadata.name={owner.name}"})
        if listed is not None:
            found[f"{owner.namespace}/{owner.name}"] = next(iter(listed), {})
    return found


def _controllers(reading: Reading, pools: Iterable[dict]) -> dict[str, Any]:
    """Karpenter's Deployments, and its pods where none is available; none are looked for where EKS Auto Mode runs it."""
    pools = list(pools)
    if pools and all(class_ref(pool).get("group") == AUTO_MODE_GROUP for pool in pools):
        return {}
    deployments = reading.maybe(DEPLOYMENTS, {"labelSelector": CONTROLLER_SELECTOR})
    down = [item for item in deployments or () if not (item.get("status") or {}).get("availableReplicas")]
    pods = reading.objects(PODS, {"labelSelector": CONTROLLER_SELECTOR}) if down else []
    return {"controllers": deployments, "controller_pods": pods}
