# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import changes, comparison


def finding(check: str = "memory", device: str = "device 0", severity: str = "error") -> dict:
    return {"check": check, "device": device, "severity": severity, "found": "x", "next_step": "y", "expected": "z", "action": "watch"}


def node(name: str, verdict: str = "passed", findings: tuple = (), uuids: tuple = ()) -> dict:
    return {
        "name": name,
        "node_pool": "gpu",
        "verdict": verdict,
        "findings": list(findings),
        "devices": [{"uuid": each} for each in uuids],
    }


def names(rows: list) -> list[str]:
    return [each["node"] for each in rows]


def test_what_is_the_same_is_no_change() -> None:
    nodes = [node("a", uuids=("1", "2")), node("b", "failed", [finding()])]
    found = comparison(nodes, nodes, "old", "then")
    assert changes(found) == 0
    assert (found["with"], found["time"], names(found["still_failing"])) == ("old", "then", ["b"])


def test_new_mended_and_still_failing_are_told_by_node_check_and_device() -> None:
    before = [node("a", "failed", [finding(), finding(device="device 1")]), node("b", "failed", [finding()]), node("c")]
    now = [node("a", "failed", [finding(), finding("ECC")]), node("b"), node("c", "failed", [finding()])]
    found = comparison(before, now)
    assert [(each["node"], each["check"], each["device"]) for each in found["new"]] == [
        ("a", "ECC", "device 0"),
        ("c", "memory", "device 0"),
    ]
    assert [(each["node"], each["device"]) for each in found["mended"]] == [("a", "device 1"), ("b", "device 0")]
    assert [(each["node"], each["device"]) for each in found["still_failing"]] == [("a", "device 0")]


def test_what_was_not_measured_again_is_not_mended() -> None:
    before = [node("a", "failed", [finding()])]
    for verdict in ("unknown", "busy", "excluded"):
        found = comparison(before, [node("a", verdict, [finding("start")])])
        assert (names(found["mended"]), names(found["not_looked_at"])) == ([], ["a"])


def test_nodes_that_went_and_came_are_named_and_their_findings_are_not_mended() -> None:
    found = comparison([node("a", "failed", [finding()]), node("b")], [node("b"), node("c")])
    assert (names(found["missing"]), names(found["appeared"]), found["mended"]) == (["a"], ["c"], [])


def test_warnings_are_not_compared() -> None:
    found = comparison([node("a", findings=[finding(severity="warning")])], [node("a")])
    assert changes(found) == 0


def test_devices_that_changed_are_named_by_uuid() -> None:
    before = [node("a", uuids=("1", "2")), node("b", uuids=("3",)), node("gone", uuids=("4",)), node("silent", uuids=("5",))]
    now = [node("a", uuids=("1", "9")), node("b", uuids=("3",)), node("new", uuids=("4", "7")), node("silent", "unknown")]
    assert [tuple(each.values()) for each in comparison(before, now)["devices"]] == [
        ("2", "a", ""),
        # Moved with the instance; 7 came with a node that was not there, and 5 may well be where it was.
        ("4", "gone", "new"),
        ("9", "", "a"),
    ]
