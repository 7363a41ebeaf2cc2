# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why Karpenter makes no node for a pod: from the words of its event FailedScheduling. Pure.

Karpenter tries each NodePool and joins what it found with "; ". Most parts do not name their pool, so those that are about
another one are left out by what is known of the pools. Sources of the words: kubernetes-sigs/karpenter
pkg/controllers/provisioning/scheduling (scheduler.go, nodeclaim.go) and pkg/scheduling, as of 1.14.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import Accelerator, accelerator_of_resources
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import matches_required, repelling, taint_text
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import accelerator_of_pool, taints_of_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NODEPOOL_LABEL

PREFIX = "Failed to schedule pod, "


class Refusal(NamedTuple):
    """Why a pool makes no node: the reason, Karpenter's words for it, and what the advice's ``why`` says."""

    reason: str
    words: str
    why: str


# Fragment -> reason, and why. The first that is found decides, so what is certain comes before what may pass.
FRAGMENTS = (
    ("exceed limits for nodepool", "NodePoolLimitReached", ""),
    ("node limits have been exhausted for nodepool", "NodePoolLimitReached", ""),
    ("did not tolerate taint", "PodTaintNotTolerated", ""),
    ("Dynamic Resource Allocation requirements", "DynamicResourcesUnsupported", ""),
    ("reserved offering", "ReservedOfferingUnavailable", ""),
    ("no instance type has the required offering", "NoOfferingAvailable", ""),
    ("had enough resources, had a required offering", "NoOfferingAvailable", ""),
    ("minValues requirement", "NoInstanceTypeFits", "fewer types are left than the pool's minValues ask for"),
    ("does not have known values", "NoInstanceTypeFits", "the pod asks for a label that the pool's nodes do not carry"),
    ("incompatible requirements", "NoInstanceTypeFits", "the pod's node selector or affinity contradicts the pool's requirements"),
    (
        "has enough resources",
        "NoInstanceTypeFits",
        "no type that the pool allows, within its limits, has as much of each resource as the pod asks for",
    ),
    ("met all requirements", "NoInstanceTypeFits", "no type meets what the pod and the pool ask for together"),
    ("no instance type", "NoInstanceTypeFits", "each type lacks the resources, or does not meet what the pod and the pool ask for"),
    ("filtered out all available instance types", "NoInstanceTypeFits", "no type meets the requirements of any NodePool"),
    ("unsatisfiable topology constraint", "TopologyUnsatisfiable", ""),
    ("volume", "VolumeUnsatisfiable", ""),
    ("pvc", "VolumeUnsatisfiable", ""),
)


def refusal(message: str, name: str = "", pool: Mapping[str, Any] | None = None) -> Refusal:
    """What an event FailedScheduling says about one NodePool; about any where no name is given.

    :param message: the event's message.
    :param pool: the NodePool as the API gives it, where it is known.
    """
    parts = message.partition(PREFIX)[2].split("; ") if PREFIX in message else [message]
    about = [part for part in parts if _names(part) == name] or [part for part in parts if _may_mean(part, name, pool)]
    if not about:
        return Refusal("NodePoolLeftOut", message, "")
    for fragment, reason, why in FRAGMENTS:
        for part in about:
            if fragment in part:
                return Refusal(reason, part, why)
    return Refusal("FailedScheduling", "; ".join(about), "")


def own_refusal(pod: Mapping[str, Any], name: str, pool: Mapping[str, Any]) -> Refusal | None:
    """Why a pool makes no node for a pod as far as the two objects tell, where Karpenter's words are of other pools."""
    taint = repelling(pod.get("spec") or {}, taints_of_pool(pool))
    if taint is None:
        return None
    return Refusal("PodTaintNotTolerated", f"NodePool {name} has the taint {taint_text(taint)}, which the pod does not tolerate", "")


def _names(part: str) -> str | None:
    """The NodePool that a part names; None when it names none. What a pod wants comes before what the pool is."""
    found = re.findall(r"\(NodePool=([^,)]+)|karpenter\.sh/nodepool In \[([^\] ]+)\]", part)
    return "".join(found[-1]) if found else None


def _may_mean(part: str, name: str, pool: Mapping[str, Any] | None) -> bool:
    if name and _names(part):
        return False
    taint = re.search(r"\(taint=([^)]+)\)", part)
    return pool is None or taint is None or taint.group(1) in {taint_text(item) for item in taints_of_pool(pool)}


def requested(pod: Mapping[str, Any]) -> Accelerator | None:
    """The accelerator that a pod asks for; None when it asks for none of ours."""
    containers = (pod.get("spec") or {}).get("containers") or []
    wanted = [(each.get("resources") or {}).get(kind) or {} for each in containers for kind in ("limits", "requests")]
    return accelerator_of_resources(name for resources in wanted for name in resources)


def pools_meant(pod: Mapping[str, Any], pools: Mapping[str, dict], names: Collection[str]) -> list[str]:
    """The pools that could have been meant to make a node for the pod: those that it names, else those with its accelerator.

    :param pools: NodePools by name, as the API gives them.
    :param names: the pools that the question is about; empty for any.
    """
    candidates = [name for name in pools if not names or name in names]
    spec = pod.get("spec") or {}
    if not matches_required(spec, {}, NODEPOOL_LABEL):
        return [name for name in candidates if matches_required(spec, {NODEPOOL_LABEL: name}, NODEPOOL_LABEL)]
    accelerator = requested(pod)
    return [name for name in candidates if _same(accelerator_of_pool(pools[name]), accelerator)]


def _same(one: Accelerator | None, other: Accelerator | None) -> bool:
    return (one and one.name) == (other and other.name)


def unscheduled(pods: Iterable[dict]) -> list[dict]:
    """The pods that wait for a node."""
    return [
        pod for pod in pods if not (pod.get("spec") or {}).get("nodeName") and (pod.get("status") or {}).get("phase") in (None, "Pending")
    ]
