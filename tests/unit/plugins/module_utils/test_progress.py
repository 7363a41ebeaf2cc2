# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import Condition, Goal, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils._progress import QUIET_SECONDS, Progress, wait_lines


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


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
    progress({"gpu": "0 of 1 ready", "trn1": "none"}, 1)
    progress({"gpu": "0 of 1 ready", "trn1": "none"}, 2)
    progress({"gpu": "0 of 1 ready", "trn1": "1 of 1 ready"}, 3)
    clock.now = QUIET_SECONDS
    progress({"gpu": "0 of 1 ready"}, QUIET_SECONDS)
    told = ["gpu: 0 of 1 ready (1 s)", "trn1: none (1 s)", "trn1: 1 of 1 ready (3 s)", "gpu: 0 of 1 ready (30 s)"]
    assert (tmp_path / "lines").read_text().splitlines() == told


def test_progress_that_cannot_be_written_is_left_out(tmp_path: Path):
    Progress(str(tmp_path / "no" / "such" / "place"))({"gpu": "a line"}, 0)


def test_progress_keeps_a_line_one_line(tmp_path: Path):
    Progress(str(tmp_path / "lines"))({"gpu": "a\nb"}, 0)
    assert (tmp_path / "lines").read_text() == "gpu: a b (0 s)\n"


def test_wait_lines_says_what_each_claim_waits_for():
    held = Condition("Initialized", "Unknown", "ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered')
    claims = [
        claim("gpu-a", **done("Launched", "Registered", "Initialized", "Ready")),
        claim("gpu-b", **done("Launched", "Registered"), Initialized=held),
    ]
    assert wait_lines(claims, Goal("ready")) == {
        "gpu": '1 of 2 ready; gpu-b Registered g4dn.xlarge us-west-2a on-demand: Resource "nvidia.com/gpu" was requested but not registered'
    }


def test_wait_lines_of_nothing():
    assert wait_lines([], Goal("ready")) == {"NodeClaims": "none yet"}
    assert wait_lines([], Goal("absent")) == {"NodeClaims": "none left"}
