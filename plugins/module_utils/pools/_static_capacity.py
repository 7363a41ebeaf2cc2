# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools of a fixed number of nodes (NodePool spec.replicas), which come without any pod that asks for them. Pure.

This file is internal to the collection and may change in any release. Source: the rules of Karpenter's NodePool CRD, v1.14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import parse_quantity
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool


def replicas_of(pool: Pool) -> Optional[int]:
    """Return the fixed number of nodes; None for a pool that follows its pods."""
    found: Any = pool.description.get("node_pool_spec", {}).get("replicas", pool.description.get("replicas"))
    return found


def static_rule(pool: Pool) -> Iterator[str]:
    """What Karpenter does not take beside replicas."""
    replicas = replicas_of(pool)
    if replicas is None:
        return
    spec = pool.description.get("node_pool_spec", {})
    if "weight" in pool.description or "weight" in spec:
        yield f"replicas is {replicas}, and weight is set: no pod chooses such a pool, so that it has no priority. Leave one of the two out."
    limits = merged(pool.description.get("limits", {}), spec.get("limits") or {})
    for resource in limits:
        if resource != "nodes":
            yield f"limits has '{resource}', and with replicas ({replicas}) Karpenter takes the limit 'nodes' alone: leave it out."
    nodes = parse_quantity(limits["nodes"]) if "nodes" in limits else None
    if nodes is not None and isinstance(replicas, int) and nodes < replicas:
        yield f"limits['nodes'] is {limits['nodes']}, and replicas is {replicas}: the pool would never be complete."
