# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether there are nodes for Karpenter itself: pure.

Its chart keeps its pods off the nodes that it makes, puts no two of them on one node, and tolerates CriticalAddonsOnly alone unless
it is told otherwise (charts/karpenter/values.yaml, 1.14): with too few nodes of other kinds it never becomes available.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import repelling, taint_text
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import ERROR, WARNING, Check, Facts, Finding, Judgement
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan

NODE_POOL = "karpenter.sh/nodepool"
STEP = (
    "Add a managed node group of {replicas} or more small nodes, or set karpenter_replicas to the number of nodes that there are; where"
    " Karpenter runs on Fargate, leave this check out (preflight_skip)."
)


def karpenter_nodes(plan: Plan, facts: Facts) -> Judgement:
    """Whether each of Karpenter's replicas finds a node of its own that Karpenter has not made."""
    others = [each for each in facts["nodes"] if NODE_POOL not in _labels(each)]
    unfit = {each["metadata"]["name"]: why for each in others for why in _unfit(each, plan)}
    fit = [each for each in others if each["metadata"]["name"] not in unfit]
    zones = {_labels(each).get(label.ZONE, "") for each in fit}
    saw = f"{len(fit)} nodes in {len(zones)} zones for {plan.replicas} replicas"
    if len(fit) < plan.replicas:
        left_out = f" Left out: {_listed(unfit)}." if unfit else ""
        what = f"Karpenter is to have {plan.replicas} replicas, each on a node of its own that Karpenter has not made; there are {len(fit)}.{left_out}"
        return Judgement(saw, [Finding(ERROR, what, "nodes of the cluster", STEP.format(replicas=plan.replicas))])
    if plan.replicas > 1 and len(zones) == 1:
        what = f"All {len(fit)} nodes that can run Karpenter are in zone {zones.pop()}: when that fails, no nodes are made anywhere."
        return Judgement(saw, [Finding(WARNING, what, "nodes of the cluster", "Spread the node group over two zones or more.")])
    return Judgement(saw, [])


def _unfit(node: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """Why Karpenter's pods would not run on a node; at most one reason."""
    spec = node.get("spec") or {}
    ready = [each["status"] for each in (node.get("status") or {}).get("conditions") or [] if each["type"] == "Ready"]
    taint = repelling({"tolerations": list(plan.tolerations)}, spec.get("taints") or [])
    if ready != ["True"]:
        yield "not ready"
    elif spec.get("unschedulable"):
        yield "cordoned"
    elif _labels(node).get("kubernetes.io/os", "linux") != "linux":
        yield "not Linux"
    elif taint:
        yield f"has taint {taint_text(taint)}"


def _labels(node: Mapping[str, Any]) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


def _listed(reasons: Mapping[str, str], limit: int = 5) -> str:
    shown = [f"{name} ({why})" for name, why in list(reasons.items())[:limit]]
    more = len(reasons) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


CHECKS = (
    Check(
        "karpenter_nodes",
        "Is there a node that Karpenter has not made for each of its replicas?",
        ("nodes",),
        "there are fewer that are ready, schedulable, Linux and without a taint that Karpenter does not tolerate",
        "they are all in one zone",
        ("list nodes",),
        karpenter_nodes,
    ),
)
