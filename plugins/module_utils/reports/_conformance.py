# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run has shown for the CNCF AI conformance item on cluster autoscaling, and nothing that it has not. Pure.

This file is internal to the collection and may change in any release. The item (``cluster_autoscaling``, a MUST in the lists for Kubernetes
1.33 to 1.36 of cncf/k8s-ai-conformance) wants nodes with accelerators to come for pending pods that request them, and to go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import by_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import moment

ITEM = "cluster_autoscaling"
_HOW = (
    "Each node was asked for by a pending pod that requests the accelerator, in a Job that accelerated.nodes.accelerator_verify made, and "
    "was launched by Karpenter; it counts as ready when its NodeClaim was. A node was given back by deleting its NodeClaim, and counts as gone "
    "when the NodeClaim was: the times are what the verification saw. Whether Karpenter removes nodes without being asked was not looked at."
)


def autoscaling(content: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """Return the evidence as data; None unless a pool was seen to grow from no node, and nodes of it to go again.

    Args:
        content: As _report.report makes it.
    """
    nodes = {each["node_claim"]: each for each in content["nodes"] if each.get("node_claim")}
    made = {each["node_claim"]: each for each in content["provisioned"] if each.get("node_claim") and each.get("ready_at")}
    gone = {each["node_claim"]: each for each in content["given_back"] if each.get("gone_at")}
    pools = {pool: claims for pool, claims in _from_zero(content, made).items() if claims & gone.keys()}
    if not pools:
        return None
    return {
        "id": ITEM,
        "how": _HOW,
        "node_pools": [
            {
                "node_pool": pool,
                "nodes_before": 0,
                "nodes": [_node(made[claim], gone.get(claim), nodes.get(claim)) for claim in sorted(claims)],
            }
            for pool, claims in pools.items()
        ],
    }


def _from_zero(content: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the pools all of whose nodes were asked for in this run, with their NodeClaims."""
    claims = {pool: {each.get("node_claim") or "" for each in nodes} for pool, nodes in by_pool(content["nodes"]).items()}
    return {pool: mine for pool, mine in claims.items() if pool and mine <= made.keys()}


def _node(made: Mapping[str, Any], gone: Optional[Mapping[str, Any]], node: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    seen = node or {}
    row = {
        "node_claim": made["node_claim"],
        "instance_type": seen.get("instance_type", ""),
        "accelerator": seen.get("accelerator", ""),
        "devices_listed": len(seen.get("devices") or ()),
        "verdict": seen.get("verdict", ""),
        "asked_at": made.get("asked_at", ""),
        "ready_at": made["ready_at"],
        "seconds_to_ready": _seconds(made.get("asked_at", ""), made["ready_at"]),
    }
    if gone:
        row.update(deleted_at=gone.get("deleted_at", ""), gone_at=gone["gone_at"])
        row["seconds_to_gone"] = _seconds(gone.get("deleted_at", ""), gone["gone_at"])
    return row


def _seconds(begin: str, end: str) -> Optional[int]:
    """Return the seconds between two RFC 3339 times; None if one is none."""
    first, last = moment(begin), moment(end)
    return int((last - first).total_seconds()) if first and last else None
