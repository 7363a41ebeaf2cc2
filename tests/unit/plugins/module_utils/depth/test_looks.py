# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._looks import combined, may_settle, settling_words
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
YOUNG, OLD = "2026-11-29T11:58:00Z", "2026-11-29T10:00:00Z"

FABRIC = Finding("fabric", "Completed", "In Progress (fabric.state)", remedies.FABRIC_MANAGER, "device 0")
NO_PLUGIN = Finding("allocatable", "1 nvidia.com/gpu", "0", remedies.PLUGIN)
ECC = Finding("uncorrectable ECC errors", "0", "2", remedies.RESET_DEVICE, "device 3")
SLOW = Finding("clocks", "not held down", "Active", remedies.WATCH_CLOCKS, "device 0", WARNING)


def result(*findings: Finding, verdict: str = "", created: str = OLD, uuids: tuple[str, ...] = ("GPU-a",)) -> NodeResult:
    meta = {"name": "n", **({"creationTimestamp": created} if created else {})}
    subject = Subject("n", {"metadata": meta}, None, expectation("g4dn.xlarge", {}))
    devices = tuple(Device(index, uuid=uuid) for index, uuid in enumerate(uuids))
    wrong = any(each.severity == "error" for each in findings)
    return NodeResult(subject, verdict or ("failed" if wrong else "passed"), findings, Inventory("nvidia-smi", devices), 2.0)


@pytest.mark.parametrize(
    ("finding", "created", "settles"),
    [
        (FABRIC, OLD, True),
        (FABRIC, "", True),
        (NO_PLUGIN, YOUNG, True),
        (NO_PLUGIN, OLD, False),
        (NO_PLUGIN, "", False),
        (ECC, YOUNG, False),
    ],
)
def test_may_settle_by_the_remedys_column_and_the_nodes_age(finding, created, settles):
    assert may_settle(result(finding, created=created), NOW) is settles


def test_may_settle_is_not_asked_of_a_node_that_has_not_failed():
    assert not may_settle(result(), NOW)
    assert not may_settle(result(FABRIC, verdict="unknown"), NOW)


def test_settling_words_name_the_state_that_is_waited_for():
    assert settling_words([result(ECC, FABRIC)]) == {"n": "waiting for fabric to settle: In Progress (fabric.state)"}


def test_combined_of_one_look_is_that_look():
    only = result(ECC)
    assert combined([only]) is only


def test_combined_passes_what_was_good_each_time():
    found = combined([result(), result(SLOW), result()])
    assert (found.verdict, found.findings, found.seconds) == ("passed", (), 6.0)


def test_combined_fails_a_device_that_is_good_only_sometimes_and_says_when_it_was_bad():
    found = combined([result(), result(ECC), result(ECC)])
    (finding,) = found.findings
    assert found.verdict == "failed"
    assert (finding.check, finding.device) == ("flapping", "device 3")
    assert finding.found == "bad in looks 2, 3: expected 0, found 2"
    assert combined([result(ECC), result()]).findings[0].found.startswith("bad in look 1:")


def test_combined_keeps_what_was_bad_each_time_as_it_is():
    found = combined([result(ECC), result(ECC, NO_PLUGIN)])
    assert [each.check for each in found.findings] == ["uncorrectable ECC errors", "flapping"]
    assert combined([result(ECC), result(ECC)]).findings == (ECC,)


def test_combined_does_not_take_a_look_that_measured_nothing_for_a_good_one():
    assert combined([result(), result(verdict="busy")]).verdict == "busy"
    assert combined([result(ECC), result(verdict="busy")]).verdict == "failed"


def test_combined_does_not_take_a_look_that_there_was_no_time_for_for_a_good_one():
    found = combined([result(ECC), result(ECC), result(verdict="unknown")])
    assert (found.verdict, found.findings) == ("failed", (ECC,))
    flapping = combined([result(ECC), result(verdict="unknown"), result()])
    assert [each.check for each in flapping.findings] == ["flapping"]
    assert "good in each of 2 looks" in flapping.findings[0].expected
    assert "look 1:" in flapping.findings[0].found


def test_combined_fails_a_node_whose_devices_change_between_good_looks():
    found = combined([result(uuids=("GPU-a", "GPU-b")), result(uuids=("GPU-a", "GPU-c"))])
    assert found.verdict == "failed"
    assert found.findings[0].found == "GPU-b, GPU-c in some of them only"
    assert combined([result(), result()]).verdict == "passed"
