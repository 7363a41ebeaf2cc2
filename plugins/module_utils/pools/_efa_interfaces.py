# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The EFA interfaces that a pool's instances are launched with. Pure.

This file is internal to the collection and may change in any release. Layout: EC2's documentation on instances with several network cards
(an ENA interface first, one EFA-only interface on each card); limits: Karpenter's pkg/providers/instancetype/compatibility, v1.14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

FIELD = "networkInterfaces"
_PRIMARY = {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}

# Families of which is not known whether their first network card takes an EFA interface.
_UNKNOWN_LAYOUT = frozenset({"p6-b300"})


def interfaces(pool: Pool) -> list[dict[str, Any]]:
    """Return the class's network interfaces; none where the pool does not ask for EFA."""
    count = pool.description.get("efa_interfaces", 0)
    # On the first card the primary interface has device 0; on the others the EFA-only interface is the first.
    efa = [{"networkCardIndex": card, "deviceIndex": 0 if card else 1, "interfaceType": "efa-only"} for card in range(count)]
    return [dict(_PRIMARY), *efa] if efa else []


def efa_rule(pool: Pool) -> Iterator[str]:
    """More interfaces than any instance of the pool has, and what cannot stand beside them."""
    count = pool.description.get("efa_interfaces")
    if count is None:
        return
    spec = pool.description.get("node_class_spec", {})
    most = max(pool.types, key=lambda each: each.efa or 0, default=None)
    if most is not None and (most.efa or 0) < count:
        has = f"the most is {most.efa}, of {most.name}" if most.efa else "none of them has any"
        yield f"efa_interfaces is {count}, more than the instance types have that the pool allows ({has}): Karpenter would launch none of them."
    if FIELD in spec:
        yield f"efa_interfaces is {count}, and node_class_spec has {FIELD}: leave one of the two out."
    if spec.get("associatePublicIPAddress"):
        yield f"efa_interfaces is {count}, and node_class_spec has associatePublicIPAddress: EC2 gives no public address to several interfaces."
    unknown = sorted({each.family for each in pool.types} & _UNKNOWN_LAYOUT)
    if unknown:
        yield f"efa_interfaces is not known for {', '.join(unknown)}, whose first network card is another: write {FIELD} in node_class_spec."
