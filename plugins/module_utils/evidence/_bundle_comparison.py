# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs beside each other: what is new, mended, still failing, missing, and which devices changed. Pure.

This file is internal to the collection and may change in any release. Runs are reports as _report.report makes them; only errors
are compared, since warnings come and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED

Key = tuple[str, str, str]
Node = Mapping[str, Any]


def comparison(before: Sequence[Node], now: Sequence[Node], where: str = "", time: str = "") -> dict[str, Any]:
    """Return what is not as it was.

    A finding is the same if node, check and device are. One that is gone counts as mended only if the node was measured again.

    Args:
        before: The nodes of the earlier run.
        now: The nodes of this one.
        where: What the earlier run is called, such as its bundle's directory.
        time: When the earlier run began.
    """
    old, new = _findings(before), _findings(now)
    names = {each["name"]: each for each in now}
    measured = {name for name, each in names.items() if each["verdict"] in (PASSED, FAILED)}
    gone = [row for key, row in old.items() if key not in new and key[0] in names]
    was_there = {each["name"] for each in before}
    return {
        "with": where,
        "time": time,
        "new": [row for key, row in new.items() if key not in old],
        "still_failing": [row for key, row in new.items() if key in old],
        "mended": [row for row in gone if row["node"] in measured],
        "not_looked_at": [row for row in gone if row["node"] not in measured],
        "missing": [_row(each) for each in before if each["name"] not in names],
        "appeared": [_row(each) for each in now if each["name"] not in was_there],
        "devices": _devices(before, now),
    }


def changes(content: Mapping[str, Any]) -> int:
    """Return how many things a comparison lists that were not so before."""
    return sum(len(content[key]) for key in ("new", "mended", "missing", "appeared", "devices"))


def _row(node: Node) -> dict[str, str]:
    return {"node": node["name"], "node_pool": node["node_pool"], "verdict": node["verdict"]}


def _findings(nodes: Iterable[Node]) -> dict[Key, dict[str, str]]:
    return {
        (node["name"], each["check"], each.get("device", "")): {
            **_row(node),
            "check": each["check"],
            "device": each.get("device", ""),
            "found": each["found"],
            "next_step": each.get("next_step", ""),
        }
        for node in nodes
        for each in node["findings"]
        if each.get("severity") != WARNING
    }


def _devices(before: Sequence[Node], now: Sequence[Node]) -> list[dict[str, str]]:
    """Return the devices that are elsewhere than before, by UUID. A node that listed nothing says nothing of its devices."""
    old, new = _places(before), _places(now)
    told_before, told_now = ({each["name"] for each in nodes if each["devices"]} for nodes in (before, now))
    rows = []
    for uuid in sorted(old.keys() | new.keys()):
        was, is_now = old.get(uuid, ""), new.get(uuid, "")
        known = (was and is_now) or (was in told_now) or (is_now in told_before)
        if was != is_now and known:
            rows.append({"uuid": uuid, "was_on": was, "is_on": is_now})
    return rows


def _places(nodes: Iterable[Node]) -> dict[str, str]:
    return {device["uuid"]: node["name"] for node in nodes for device in node["devices"] if device.get("uuid")}
