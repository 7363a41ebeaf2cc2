# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import QUIET_SECONDS, Progress, wait_lines, waiting_for
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, Goal, NodeClaim

from tests.unit.plugins.clock import Clock


def claim(name: str, **conditions: Condition) -> NodeClaim:
    return NodeClaim(
        name=name, uid=name, node_pool="gpu", node_class="gpu", node="", instance_type="g4dn.xlarge", zone="us-west-2a",
        capacity_type="on-demand", created="", deleting=False, provider_id="", requested={}, promised={}, conditions=conditions,
    )  # fmt: skip


def done(*names: str) -> dict[str, Condition]:
    return {name: Condition(name, "True") for name in names}


def test_progress_reports_what_has_changed_and_all_of_it_after_a_while(tmp_path: Path):
    clock = Clock()
    progress = Progress(str(tmp_path / "lines"), clock)
    for clock.now, lines in (
        (1, {"gpu": "0 of 1 ready", "trn1": "none"}),
        (2, {"gpu": "0 of 1 ready", "trn1": "none"}),
        (3, {"gpu": "0 of 1 ready", "trn1": "1 of 1 ready"}),
        (3 + QUIET_SECONDS, {"gpu": "0 of 1 ready"}),
    ):
        progress(lambda lines=lines: lines, clock.now)
    told = ["gpu: 0 of 1 ready (1 s)", "trn1: none (1 s)", "trn1: 1 of 1 ready (3 s)", "gpu: 0 of 1 ready (33 s)"]
    assert (tmp_path / "lines").read_text().splitlines() == told


def test_progress_that_cannot_be_written_is_left_out(tmp_path: Path):
    Progress(str(tmp_path / "no" / "such" / "place"))(lambda: {"gpu": "a line"}, 0)


def test_progress_keeps_a_line_one_line(tmp_path: Path):
    Progress(str(tmp_path / "lines"))(lambda: {"gpu": "a\nb"}, 0)
    assert (tmp_path / "lines").read_text() == "gpu: a b (0 s)\n"


def test_wait_lines_says_what_each_claim_waits_for():
    held = Condition("Initialized", "Unknown", "ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered')
    claims = [
        claim("gpu-a", **done("Launched", "Registered", "Initialized", "Ready")),
        claim("gpu-b", **done("Launched", "Registered"), Initialized=held),
    ]
    assert wait_lines(claims, Goal("ready")) == {
        "gpu": "1 of 2 ready; gpu-b Registered g4dn.xlarge us-west-2a on-demand; waiting for nvidia.com/gpu to register"
    }


def test_progress_coalesces_what_changes_fast_but_tells_the_last_change_at_once(tmp_path: Path):
    clock = Clock()
    progress = Progress(str(tmp_path / "lines"), clock)
    for number in range(100):
        clock.now = number / 1000
        progress(lambda number=number: {"gpu": f"{number} of 100 ready"}, clock.now, last=number == 99)
    assert (tmp_path / "lines").read_text().splitlines() == ["gpu: 0 of 100 ready (0 s)", "gpu: 99 of 100 ready (0 s)"]


def test_progress_tells_a_coalesced_change_later_though_nothing_more_happens(tmp_path: Path):
    clock = Clock()
    progress = Progress(str(tmp_path / "lines"), clock)
    for clock.now, number, changed in ((0, 0, True), (0.1, 1, True), (0.5, 1, False)):
        progress(lambda number=number: {"gpu": f"{number} of 1 ready"}, clock.now, changed)
    assert (tmp_path / "lines").read_text().splitlines()[-1] == "gpu: 1 of 1 ready (0 s)"


def test_progress_asks_for_no_lines_that_nobody_reads_or_that_are_old(tmp_path: Path):
    def lines():
        raise AssertionError("was asked")

    Progress(None)(lines, 0)
    clock = Clock()
    progress = Progress(str(tmp_path / "lines"), clock)
    progress(lambda: {"gpu": "a"}, 0)
    clock.now = QUIET_SECONDS / 2
    progress(lines, clock.now, changed=False)


def test_wait_lines_shows_the_first_few_of_many():
    (line,) = wait_lines([claim(f"gpu-{number:03}") for number in range(300)], Goal("ready")).values()
    assert line.startswith("0 of 300 ready; gpu-000 Pending")
    assert line.endswith("; and 295 more")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("Launched", "Unknown", "AwaitingReconciliation", "object is awaiting reconciliation"), "waiting to be launched"),
        (Condition("Registered", "Unknown", "NodeNotFound", "Node not registered with cluster"), "waiting for its node to join"),
        (
            Condition("Initialized", "Unknown", "StartupTaintsExist", 'StartupTaint "a=b:NoSchedule" still exists'),
            "waiting for startup taint a=b:NoSchedule to go",
        ),
        (Condition("Launched", "Unknown", "LaunchFailed", "no luck"), "LaunchFailed: no luck"),
    ],
)
def test_waiting_for_is_short_or_the_systems_own_words(condition, words):
    assert waiting_for(condition) == words


def test_wait_lines_of_nothing():
    assert wait_lines([], Goal("ready")) == {"NodeClaims": "none yet"}
    assert wait_lines([], Goal("absent")) == {"NodeClaims": "none left"}
