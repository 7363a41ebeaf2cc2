# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Capacity reservations and capacity blocks that a pool's nodes are launched into. Pure.

This file is internal to the collection and may change in any release. Source: Karpenter's EC2NodeClass, spec.capacityReservationSelectorTerms,
v1.14, and the NodeClass of EKS Auto Mode, which calls the owner otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.common import _checks as check
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

FIELD = "capacityReservationSelectorTerms"
RESERVED = "reserved"

_ID = re.compile(r"cr-[0-9a-z]+")
_OWNER = re.compile(r"[0-9]{12}")

_id = check.matching(
    lambda text: _ID.fullmatch(text) is not None, "the ID of a capacity reservation or block, such as cr-0123456789abcdef0"
)
_TERM = check.record(
    {
        "id": _id,
        "tags": check.mapping(check.text, check.text),
        "ownerID": check.matching(lambda text: _OWNER.fullmatch(text) is not None, "an account's twelve digits, in quotes"),
        "instanceMatchCriteria": check.choice("open", "targeted"),
    }
)
_SELECTING = ("id", "tags", "instanceMatchCriteria")


def reservation(where: str, value: Any) -> Iterator[str]:
    """Check of one item of capacity_reservations: an ID, or a term as Karpenter has it."""
    if not isinstance(value, dict):
        yield from _id(where, value)
        return
    yield from _TERM(where, value)
    if not any(value.get(name) for name in _SELECTING):
        yield f"{where} selects nothing: name id, tags or instanceMatchCriteria."
    elif "id" in value and len(value) > 1:
        others = ", ".join(name for name in value if name != "id")
        yield f"{where} has id and {others}: an ID selects alone."


def terms(pool: Pool) -> list[dict[str, Any]]:
    """Return the selector's terms in the words of the pool's kind of class."""
    given = [each if isinstance(each, dict) else {"id": each} for each in pool.description.get("capacity_reservations", ())]
    if not pool.auto_mode:
        return given
    return [{"owner" if name == "ownerID" else name: value for name, value in each.items()} for each in given]


def reservation_rule(pool: Pool) -> Iterator[str]:
    """Reservations that no node would be launched into, and capacity that nothing selects."""
    given = pool.description.get("capacity_reservations")
    wanted = [item for item in pool.stated if item.key == label.CAPACITY_TYPE]
    allowed = all(item.allows({label.CAPACITY_TYPE: RESERVED}) for item in wanted)
    if given and not allowed:
        yield (
            f"capacity_reservations has {_first(given)}, and {wanted[0].describe()}: no node would be launched into it. Put {RESERVED} into"
            " capacity_types, alone or before what may stand in for it."
        )
    named = any(item.operator == "In" and RESERVED in item.values for item in wanted)
    if named and not given and "node_class" not in pool.description and FIELD not in pool.description.get("node_class_spec", {}):
        yield f"capacity_types has '{RESERVED}', and capacity_reservations names none: nothing reserved would ever be used. Name their IDs."
    if pool.auto_mode and any("instanceMatchCriteria" in each for each in given or () if isinstance(each, dict)):
        yield "capacity_reservations has instanceMatchCriteria, which the NodeClass of EKS Auto Mode does not know: name id or tags."


def _first(given: list[Any]) -> str:
    return check.show(given[0]) if isinstance(given[0], str) else ", ".join(given[0])
