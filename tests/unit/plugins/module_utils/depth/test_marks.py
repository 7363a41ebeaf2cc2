# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import copy

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import ATTEMPTS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marking import put_marks
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import cordoned_by_us, marks_for, planned_marks, slug
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

DATE = "2026-11-29"
FOREIGN = {"key": "team/only", "value": "a", "effect": "NoSchedule"}
OURS = {"key": "accelerated.nodes/failed", "value": "memory", "effect": "NoSchedule"}
MEMORY = Finding("memory", "15360 MiB", "7680 MiB", remedies.REPLACE_MEMORY, "device 0")


def node(taints=(), labels=None, annotations=None, unschedulable=None):
    spec = {**({"taints": list(taints)} if taints else {}), **({"unschedulable": True} if unschedulable else {})}
    meta = {"name": "n", "uid": "u", "resourceVersion": "7", "labels": labels or {}, "annotations": annotations or {}}
    return {"metadata": meta, "spec": spec}


def result(verdict, place=None):
    findings = (MEMORY,) if verdict == "failed" else ()
    return NodeResult(Subject("n", place or node(), None, expectation("g4dn.xlarge", {})), verdict, findings)


def marks(place, verdict, **wishes):
    return marks_for(place, result(verdict).to_dict(), Depth(**wishes), DATE)


def merged(place, patch):
    """The object after a merge patch (RFC 7386), as the API server makes it."""
    found = copy.deepcopy(place)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key) or {}, value) if isinstance(value, dict) else value
    return found


def test_nothing_is_set_by_default():
    assert [marks(node(), verdict) for verdict in ("passed", "failed", "busy", "unknown", "excluded")] == [None] * 5


def test_a_failed_node_is_tainted_beside_the_taints_of_others():
    found = marks(node([FOREIGN]), "failed", on_failure="taint")
    assert found.words == ("tainted accelerated.nodes/failed=memory:NoSchedule",)
    after = merged(node([FOREIGN]), found.patch)
    assert after["spec"]["taints"] == [FOREIGN, OURS]
    assert after["metadata"]["annotations"]["accelerated.nodes/set"] == "taint"
    assert "15360 MiB" in after["metadata"]["annotations"]["accelerated.nodes/failed-reason"]
    assert marks(after, "failed", on_failure="taint") is None, "once is enough"


@pytest.mark.parametrize("wish", ["taint", "cordon"])
def test_what_was_set_and_only_that_goes_once_the_node_passes(wish):
    before = node([FOREIGN], labels={"a": "b"}, annotations={"c": "d"})
    failed = merged(before, marks(before, "failed", on_failure=wish).patch)
    assert failed != before
    # Without the option too: what is ours to remove must not stay on a node that works.
    assert merged(failed, marks(failed, "passed").patch) == before


def test_a_node_keeps_its_marks_while_it_has_not_passed():
    failed = merged(node(), marks(node(), "failed", on_failure="cordon").patch)
    assert cordoned_by_us(failed)
    assert [marks(failed, verdict, on_failure="cordon") for verdict in ("failed", "busy", "unknown")] == [None] * 3


def test_the_cordon_and_the_taint_of_others_stay():
    assert marks(node(unschedulable=True), "failed", on_failure="cordon") is None
    assert marks(node(unschedulable=True), "passed", on_failure="cordon") is None
    assert marks(node([OURS]), "failed", on_failure="taint") is None
    assert marks(node([OURS]), "passed", on_failure="taint") is None
    assert not cordoned_by_us(node(unschedulable=True))


def test_mark_labels_what_passes_and_takes_the_label_from_what_no_longer_does():
    passed = merged(node(), marks(node(), "passed", mark=True).patch)
    assert passed["metadata"]["labels"] == {"accelerated.nodes/verified": DATE}
    assert marks(passed, "passed", mark=True) is None
    assert merged(passed, marks(passed, "failed", mark=True).patch) == node()
    assert merged(passed, marks(passed, "unknown", mark=True).patch) == node()
    assert marks(passed, "busy", mark=True) is None, "it was not looked at"
    assert marks(passed, "failed") is None, "mark is off"


def test_a_label_of_others_is_never_touched():
    foreign = node(labels={"accelerated.nodes/verified": "by-hand"})
    assert [marks(foreign, verdict, mark=True) for verdict in ("passed", "failed")] == [None, None]


def test_taint_and_label_go_together():
    passed = merged(node(), marks(node(), "passed", mark=True).patch)
    failed = merged(passed, marks(passed, "failed", mark=True, on_failure="taint").patch)
    assert failed["metadata"]["labels"] == {}
    assert failed["metadata"]["annotations"]["accelerated.nodes/set"] == "taint"


def test_slug_is_a_labels_value():
    assert slug("unique bus_id: [ERR!]") == "unique-bus-id-ERR"
    assert slug("***") == "failed"
    assert len(slug("a b" * 60)) <= 63


class Server:
    """Holds one Node, and refuses a patch of another version of it; ``others`` change it before the first patches arrive."""

    def __init__(self, place, others=(), refusal=None):
        self.node, self.others, self.refusal, self.requests = place, list(others), refusal, []

    def get(self, path):
        self.requests.append(("GET", path))
        return copy.deepcopy(self.node)

    def patch(self, path, body):
        self.requests.append(("PATCH", path))
        if self.refusal:
            raise self.refusal
        if self.others:
            self.node = merged(self.node, self.others.pop(0))
            self.node["metadata"]["resourceVersion"] = str(int(self.node["metadata"]["resourceVersion"]) + 1)
        if body["metadata"]["resourceVersion"] != self.node["metadata"]["resourceVersion"]:
            raise ApiError("conflict", 409, "Conflict")
        self.node = merged(self.node, body)


TAINTED = Depth(on_failure="taint")


def test_put_marks_loses_no_taint_that_somebody_sets_at_the_same_time():
    server = Server(node(), others=[{"spec": {"taints": [FOREIGN]}}])
    marked, trouble = put_marks(server, [result("failed")], TAINTED, DATE)
    assert server.node["spec"]["taints"] == [FOREIGN, OURS]
    assert (marked, trouble) == ({"n": ["tainted accelerated.nodes/failed=memory:NoSchedule"]}, [])


def test_put_marks_gives_up_on_a_node_that_others_change_again_and_again():
    server = Server(node(), others=[{"spec": {"x": number}} for number in range(ATTEMPTS)])
    marked, (sentence,) = put_marks(server, [result("failed")], TAINTED, DATE)
    assert marked == {}
    assert sentence == "Node n could not be marked: conflict"


def test_put_marks_asks_nothing_for_a_node_that_gets_no_mark():
    server = Server(node())
    assert put_marks(server, [result("passed"), result("busy")], TAINTED, DATE) == ({}, [])
    assert server.requests == []


def test_put_marks_names_the_right_that_is_missing_and_passes_over_a_node_that_is_gone():
    refused = Server(node(), refusal=ApiError("refused", 403, "Forbidden", next_step="Grant nodes patch."))
    assert put_marks(refused, [result("failed")], TAINTED, DATE) == ({}, ["Node n could not be marked: refused Grant nodes patch."])
    gone = Server(node(), refusal=ApiError("gone", 404, "NotFound"))
    assert put_marks(gone, [result("failed")], TAINTED, DATE) == ({}, [])


def test_planned_marks_say_what_would_be_set_if_a_node_passes_and_if_it_fails():
    found = [result("passed").subject, Subject("claim", None, None, expectation("g4dn.xlarge", {}))]
    words, changes = planned_marks(found, Depth(mark=True, on_failure="cordon"), DATE)
    assert words == [f"if n passes: labelled accelerated.nodes/verified={DATE}", "if n fails: cordoned"]
    assert changes
    assert planned_marks(found, Depth(on_failure="cordon"), DATE) == (["if n fails: cordoned"], False)
    assert planned_marks(found, Depth(), DATE) == ([], False)
