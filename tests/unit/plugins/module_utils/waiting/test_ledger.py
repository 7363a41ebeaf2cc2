# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._ledger import Ledger

from tests.unit.plugins.nodeclaims import READY, STUCK, claim


def ends(found) -> dict[str, str]:
    return {"reason": "Deleted", "message": found.name}


def test_record_keeps_each_transition_once_and_the_end():
    ledger = Ledger()
    ledger.record([claim(**STUCK)])
    ledger.record([claim(**STUCK)])
    ledger.record([claim(**READY)])
    assert ledger.entries(ends)[0]["end"] is None
    ledger.record([], [claim(**READY)])
    (entry,) = ledger.entries(ends)
    initialized = [item["status"] for item in entry["transitions"] if item["type"] == "Initialized"]
    assert initialized == ["Unknown", "True"]
    assert entry["end"] == {"reason": "Deleted", "message": "gpu-1"}
    assert (entry["instance_type"], entry["zone"], entry["capacity_type"]) == ("g4dn.xlarge", "us-west-2a", "on-demand")


def test_record_keeps_a_transition_back_and_forth():
    ledger = Ledger()
    for state in (READY, STUCK, READY):
        ledger.record([claim(**state)])
    (entry,) = ledger.entries(ends)
    assert [item["status"] for item in entry["transitions"] if item["type"] == "Initialized"] == ["True", "Unknown", "True"]


def test_record_tells_a_replacement_under_the_same_name_apart():
    ledger = Ledger()
    first = claim(**STUCK)
    ledger.record([first])
    ledger.record([first._replace(uid="another")], [first])
    assert [entry["uid"] for entry in ledger.entries(ends)] == ["uid-gpu-1", "another"]
    assert [entry["end"] is None for entry in ledger.entries(ends)] == [False, True]
