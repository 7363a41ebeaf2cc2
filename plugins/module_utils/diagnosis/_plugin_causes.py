# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a node offers fewer accelerators than its instance has: the device plugin's DaemonSets and pods, told apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import (
    Accelerator,
    accelerator_of_resources,
    is_plugin_pod,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import latest, message_of, of_uid
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import without_driver
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import Repelled, repelled
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, NodeClaim, conditions_of, is_going
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._offers import Offer, lacks, offer_of

# Programs in the device plugin's image that register nothing: feature discovery, and the daemon that shares a GPU.
COMPANIONS = ("gpu-feature-discovery", "mps-control-daemon", "config-manager")
# Node Feature Discovery puts such labels on a node some seconds after it has joined.
DISCOVERED_LABELS = ("feature.node.kubernetes.io/", "nvidia.com/")
DISCOVERY_IMAGES = ("node-feature-discovery", "gpu-feature-discovery")
REASON_BY_OBSTACLE = {"taint": "DevicePluginTaintNotTolerated"}


def of_unregistered(claim: NodeClaim, blocking: Condition, evidence: Evidence) -> Verdict:
    """Tells the causes of an unregistered resource apart by the device plugin's DaemonSets and its pod on the node."""
    named = re.search(r'"([^"]+)"', blocking.message)
    accelerator = accelerator_of_resources([named.group(1)] if named else [])
    obj, message = _subject(claim), f"not initialized: {blocking.message}"
    if accelerator is None:
        return verdict(obj, blocking.reason, message)
    pods = [pod for pod in evidence.plugin_pods if registers(pod, accelerator) and pod["spec"].get("nodeName") == claim.node]
    if pods:
        return _of_plugin_pod(claim, message, max(pods, key=_readiness), accelerator, evidence)
    sets = [item for item in evidence.daemon_sets if registers(item["spec"]["template"], accelerator)]
    if not sets:
        return verdict(obj, "DevicePluginMissing", message, accelerator=accelerator.name)
    return _of_daemon_sets(claim, message, sets, evidence)


def registers(pod: Mapping[str, Any], accelerator: Accelerator) -> bool:
    """Whether a pod, or a pod's template, is one of the plugin that registers the accelerator's resource."""
    if not is_plugin_pod(pod, accelerator):
        return False
    containers = pod["spec"].get("containers") or []
    programs = [str(word).rpartition("/")[2] for each in containers for word in (each.get("command") or [])[:1]]
    return not programs or any(program not in COMPANIONS for program in programs)


def fewer(claim: NodeClaim, evidence: Evidence, offers: Optional[Mapping[str, Optional[Offer]]] = None) -> Verdict | None:
    """That an initialized node is gone or has fewer accelerators than its claim promised; None when it has them, or is not known.

    :param offers: what nodes had registered when last looked at, None for those that were gone, for those that the evidence lacks.
    """
    offers = offers or {}
    if _gone(claim, evidence, offers):
        return verdict(_subject(claim), "NodeGone")
    checked = latest(of_uid(evidence.events, claim.uid), lambda event: event.get("reason") == "FailedConsistencyCheck")
    said = [message_of(checked)] if checked else []
    short = _short(claim, evidence, offers)
    if short:
        return verdict(_subject(claim), "FewerAcceleratorsThanPromised", "; ".join((*said, *short)))
    consistent = claim.conditions.get("ConsistentStateFound")
    if consistent is None or consistent.status != "False":
        return None
    # Karpenter compares memory and other resources as well.
    about = accelerator_of_resources(re.findall(r"resource ([^,]+),", said[0])) if said else True
    reason = "FewerAcceleratorsThanPromised" if about else consistent.reason
    return verdict(_subject(claim), reason, "; ".join(said or [consistent.message]))


def _gone(claim: NodeClaim, evidence: Evidence, offers: Mapping[str, Optional[Offer]]) -> bool:
    """Whether the node of a claim that is initialized is known to be gone or going."""
    if not (claim.node and claim.promised and claim.has("Initialized")):
        return False
    node = evidence.nodes.get(claim.node)
    if node:
        return is_going(node)
    return (bool(evidence.read_at) and not evidence.unreadable) or offers.get(claim.node, {}) is None


def _short(claim: NodeClaim, evidence: Evidence, offers: Mapping[str, Optional[Offer]]) -> list[str]:
    """What the node of an initialized claim lacks of what was promised."""
    node = evidence.nodes.get(claim.node)
    offer = offer_of(node) if node else offers.get(claim.node)
    if offer is None or not claim.has("Initialized"):
        return []
    return [f"allocatable {each.resource}: {each.offered} of {each.promised}" for each in lacks(claim, offer)]


def _subject(claim: NodeClaim) -> str:
    return f"NodeClaim {claim.name} (node {claim.node})"


def _readiness(pod: Mapping[str, Any]) -> bool:
    ready = conditions_of(dict(pod)).get("Ready")
    return bool(ready and ready.true)


def _of_plugin_pod(claim: NodeClaim, message: str, pod: dict, accelerator: Accelerator, evidence: Evidence) -> Verdict:
    meta = pod["metadata"]
    facts = {"namespace": meta.get("namespace", ""), "pod": meta["name"]}
    words = "; ".join(filter(None, (message, waiting_words(pod))))
    if not _readiness(pod):
        return verdict(_subject(claim), "DevicePluginNotReady", words, **facts)
    return without_driver(claim.node_class, accelerator, evidence) or verdict(_subject(claim), "DevicePluginFindsNothing", words, **facts)


def _of_daemon_sets(claim: NodeClaim, message: str, sets: list[dict], evidence: Evidence) -> Verdict:
    node = evidence.nodes.get(claim.node, {})
    obstacles = [repelled(item["spec"]["template"]["spec"], node) for item in sets]
    if None in obstacles:
        return _of_unplaced(claim, message, [item for item, found in zip(sets, obstacles) if found is None])
    obstacle = next(found for found in obstacles if found)
    reason = REASON_BY_OBSTACLE.get(obstacle.by, "DevicePluginNotScheduled")
    found = verdict(_subject(claim), reason, message, why=obstacle.why)
    return replace(found, hopeless=found.hopeless and not _may_be_discovered(obstacle, node, evidence))


def _of_unplaced(claim: NodeClaim, message: str, sets: list[dict]) -> Verdict:
    """Nothing that is known keeps the pod off: the DaemonSet's controller is about to place it, or has its own reason."""
    wanted = [(item.get("status") or {}).get("desiredNumberScheduled") for item in sets]
    if all(number == 0 for number in wanted):
        names = ", ".join(f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}" for item in sets)
        why = f"DaemonSet {names} wants no pod on any node (desiredNumberScheduled is 0)"
        return replace(verdict(_subject(claim), "DevicePluginNotScheduled", message, why=why), hopeless=False)
    return verdict(_subject(claim), "ResourceNotRegistered", message)


def _may_be_discovered(obstacle: Repelled, node: dict, evidence: Evidence) -> bool:
    """Whether the labels that lack are such as a discovery that can run on this node sets."""
    if not obstacle.labels or not any(label.startswith(DISCOVERED_LABELS) for label in obstacle.labels):
        return False
    templates = [item["spec"]["template"]["spec"] for item in evidence.daemon_sets]
    discovering = [
        spec for spec in templates if any(part in str(each.get("image")) for each in spec["containers"] for part in DISCOVERY_IMAGES)
    ]
    return any(repelled(spec, node) is None for spec in discovering)


def waiting_words(pod: Mapping[str, Any]) -> str:
    """Why a pod's containers wait or ended, in the kubelet's words; empty when they run."""
    status = pod.get("status") or {}
    statuses = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return "; ".join(filter(None, map(_container_words, statuses)))


def _container_words(status: Mapping[str, Any]) -> str:
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated") or {}
    item = state.get("waiting") or state.get("terminated")
    # An init container that ended well is no cause.
    if not item or ("waiting" not in state and item.get("exitCode") == 0):
        return ""
    ended = (
        f" (last ended with exit code {last['exitCode']}: {last.get('message') or last.get('reason', '')})" if "exitCode" in last else ""
    )
    return f"{status.get('name')} {item.get('reason')}: {item.get('message', '')}".rstrip(": ") + ended.replace(": )", ")")
