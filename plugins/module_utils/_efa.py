# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a node offers the EFA interfaces that it was launched with. Pure.

This file is internal to the collection and may change in any release. Source: aws/karpenter-provider-aws, EC2NodeClass
``spec.networkInterfaces`` and pkg/providers/instancetype (a NodeClaim's capacity holds EFA only where it was asked for).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding

EFA = "vpc.amazonaws.com/efa"


class Promise(NamedTuple):
    """How many EFA interfaces there should be, and who says so."""

    count: int
    source: str


def promises(claims: Iterable[Mapping[str, Any]], classes: Iterable[Mapping[str, Any]]) -> dict[str, Promise]:
    """Return the EFA interfaces that were promised, by the NodeClaim's name.

    Args:
        claims: NodeClaims, as the API server has them.
        classes: EC2NodeClasses, likewise.
    """
    of_class = {each["metadata"]["name"]: _of_class(each) for each in classes}
    found = {}
    for claim in claims:
        name = ((claim.get("spec") or {}).get("nodeClassRef") or {}).get("name", "")
        own = _number(((claim.get("status") or {}).get("capacity") or {}).get(EFA))
        if own:
            found[claim["metadata"]["name"]] = Promise(own, f"NodeClaim {claim['metadata']['name']}")
        elif of_class.get(name):
            found[claim["metadata"]["name"]] = Promise(of_class[name], f"EC2NodeClass {name}")
    return found


def efa_finding(node: Mapping[str, Any], promise: Optional[Promise]) -> Optional[Finding]:
    """Return what is wrong with the number of EFA interfaces that pods can request; None if nothing is, or none was promised.

    Args:
        node: The Node.
        promise: What its NodeClaim or EC2NodeClass promises; without one, the Node's own capacity is what it should offer.
    """
    status = node.get("status") or {}
    offered = _number((status.get("allocatable") or {}).get(EFA))
    wanted = promise or Promise(_number((status.get("capacity") or {}).get(EFA)), "the Node's capacity")
    if offered >= wanted.count:
        return None
    return Finding(
        check="EFA",
        expected=f"{wanted.count} {EFA} (by {wanted.source})",
        found=str(offered),
        remedy=remedies.EFA if offered else remedies.EFA_PLUGIN,
    )


def _of_class(node_class: Mapping[str, Any]) -> int:
    interfaces = (node_class.get("spec") or {}).get("networkInterfaces") or ()
    return sum(each.get("interfaceType") == "efa-only" for each in interfaces)


def _number(quantity: Any) -> int:
    text = str(quantity)
    return int(text) if text.isdecimal() else 0
