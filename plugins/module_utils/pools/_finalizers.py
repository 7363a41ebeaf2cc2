# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Karpenter's finalizers hold on to after its controller is gone: which objects, why, and which instances are behind them. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._controller_causes import CONTROLLER_SELECTOR
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    EC2NODECLASSES,
    NODECLAIMS,
    NODEPOOL_LABEL,
    NODEPOOLS,
)

FINALIZERS = frozenset(("karpenter.sh/termination", "karpenter.k8s.aws/termination"))
# EKS Auto Mode's claims refer to another group, and their controller is not in the cluster.
CLASS_GROUP = "karpenter.k8s.aws"
NODES = "/api/v1/nodes"
PATHS = {"NodeClaim": NODECLAIMS, "Node": NODES, "NodePool": NODEPOOLS, "EC2NodeClass": EC2NODECLASSES}


class Held(NamedTuple):
    """An object with a finalizer of Karpenter's; ``instance`` is empty without one."""

    kind: str
    name: str
    deleting: bool
    instance: str = ""

    @property
    def path(self) -> str:
        return f"{PATHS[self.kind]}/{self.name}"

    @property
    def words(self) -> str:
        return f"{self.kind} {self.name}" + (f" (instance {self.instance})" if self.instance else "")


class Scope(NamedTuple):
    """Of which pools and classes; None for all."""

    pools: Collection[str] | None = None
    classes: Collection[str] | None = None


def controller_gone(deployments: Iterable[Mapping[str, Any]]) -> str:
    """Why nobody will finish what Karpenter has begun; empty where its controller is meant to run, even if it does not at the moment.

    :param deployments: those with ``CONTROLLER_SELECTOR``.
    """
    found = list(deployments)
    if not found:
        return f"no Deployment has the label {CONTROLLER_SELECTOR}"
    if any((each.get("spec") or {}).get("replicas", 1) for each in found):
        return ""
    names = ", ".join(f"{each['metadata'].get('namespace', '')}/{each['metadata']['name']}" for each in found)
    return f"Deployment {names} is scaled to 0"


def held(objects: Mapping[str, Iterable[Mapping[str, Any]]], scope: Scope) -> list[Held]:
    """What Karpenter's finalizers hold, in the order in which it is let go: claims before nodes, pools and classes.

    :param objects: objects of each kind of ``PATHS``, as the API server lists them.
    """
    claims = [each for each in objects["NodeClaim"] if _is_ours(each) and _in(scope.pools, _labels(each).get(NODEPOOL_LABEL, ""))]
    nodes = {(each.get("status") or {}).get("nodeName") for each in claims}
    picked = {
        "NodeClaim": claims,
        "Node": [each for each in objects["Node"] if each["metadata"]["name"] in nodes],
        "NodePool": [
            each for each in objects["NodePool"] if _is_ours(each["spec"]["template"]) and _in(scope.pools, each["metadata"]["name"])
        ],
        "EC2NodeClass": [each for each in objects["EC2NodeClass"] if _in(scope.classes, each["metadata"]["name"])],
    }
    return [found for kind, some in picked.items() for each in some for found in _held(kind, each)]


def _held(kind: str, each: Mapping[str, Any]) -> Iterator[Held]:
    meta = each["metadata"]
    if FINALIZERS & set(meta.get("finalizers") or ()):
        instance = instance_of((each.get("status") or {}).get("providerID") or "") if kind == "NodeClaim" else ""
        yield Held(kind, meta["name"], bool(meta.get("deletionTimestamp")), instance)


def let_go(each: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that takes Karpenter's finalizers off an object, unless somebody has changed it since; those of others stay."""
    meta = each["metadata"]
    others = [item for item in meta.get("finalizers") or () if item not in FINALIZERS]
    return {"metadata": {"finalizers": others or None, "resourceVersion": meta.get("resourceVersion")}}


def instance_of(provider_id: str) -> str:
    """``i-0123`` of ``aws:///us-west-2a/i-0123``; empty for anything else."""
    found = re.fullmatch(r"aws:///[^/]*/(i-[0-9a-f]+)", provider_id)
    return found.group(1) if found else ""


def _is_ours(template: Mapping[str, Any]) -> bool:
    return ((template.get("spec") or {}).get("nodeClassRef") or {}).get("group", CLASS_GROUP) == CLASS_GROUP


def _in(names: Collection[str] | None, name: str) -> bool:
    return names is None or name in names


def _labels(each: Mapping[str, Any]) -> Mapping[str, str]:
    return each["metadata"].get("labels") or {}


def explanation(gone: str, found: Collection[Held]) -> str:
    """What holds what, what it costs, and what can be done; empty where nothing is stuck."""
    if not gone or not found:
        return ""
    instances = [each.instance for each in found if each.instance]
    cost = f" Meanwhile the instances {', '.join(instances)} run on and are billed." if instances else ""
    return (
        f"Karpenter's finalizers hold {', '.join(each.words for each in found)}, and nobody is there to take them off: {gone}.{cost}"
        " Install Karpenter again by the role karpenter (or scale it up), and run this again: it then ends the nodes in order. Where it is not"
        " to come back, set node_pools_resolve_finalizers to true: the instances are ended first, then the finalizers are taken off."
    )
