# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_files import BundleWriter
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_format import REPORT, text_of
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._evidence_run import EvidenceRun
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._history import History
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope

GOOD = {"check": "count", "severity": "error", "expected": "1", "found": "0", "next_step": "", "device": ""}


def node(verdict: str = "passed", uuid: str = "GPU-1", **values: Any) -> dict[str, Any]:
    return {
        "name": "n-1",
        "node_pool": "gpu",
        "verdict": verdict,
        "findings": [],
        "devices": [{"uuid": uuid}],
        "instance_type": "",
        **values,
    }


def bundle(folder: Path, name: str, nodes: list[dict[str, Any]]) -> Path:
    """A bundle as a run leaves it, as far as a comparison reads it."""
    writer = BundleWriter(str(folder / name))
    writer.begin({"started": f"time of {name}"})
    writer.write(REPORT, text_of({"nodes": nodes}))
    writer.end()
    return folder / name


def name(day: int) -> str:
    return f"202611{day:02}T020000.000000Z-abcdef"


class Cluster:
    def get(self, path: str) -> dict[str, str]:
        return {"gitVersion": "v1.34.2"}


def run(folder: Path, nodes: list[dict[str, Any]], message: str = "", keep: int = 30) -> dict[str, Any]:
    """What a run with a history returns or fails with."""
    evidence = EvidenceRun({"evidence": None, "from_evidence": None, "compare_with": None, "history": str(folder), "history_keep": keep})
    evidence.keep(Cluster(), Request(scope=Scope()))

    def ended() -> dict[str, Any]:
        if message:
            raise CollectionError(message, nodes=nodes)
        return {"nodes": nodes}

    try:
        return evidence.ended(ended)
    except CollectionError as error:
        return {**error.result, "msg": error.message}


def test_the_first_run_says_that_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    result = run(tmp_path / "new", [node()])
    assert result["history"]["text"] == f"Nothing to compare with: {tmp_path}/new holds no earlier bundle that measured a node."
    assert "comparison" not in result and result["warnings"] == []
    assert Path(result["history"]["bundle"]).parent == tmp_path / "new"


def test_a_run_finds_the_last_one_by_itself(tmp_path: Path) -> None:
    first = run(tmp_path, [node("failed", findings=[GOOD])], "Not all is well.")
    assert first["msg"] == "Not all is well."
    second = run(tmp_path, [node(uuid="GPU-2")])
    assert second["history"]["compared_with"] == first["history"]["bundle"] == second["comparison"]["with"]
    assert [each["check"] for each in second["comparison"]["mended"]] == ["count"]
    assert {each["uuid"] for each in second["comparison"]["devices"]} == {"GPU-1", "GPU-2"}
    third = run(tmp_path, [node(uuid="GPU-2")])
    assert third["comparison"]["with"] == second["history"]["bundle"]
    assert third["comparison"]["mended"] == third["comparison"]["devices"] == []


@pytest.mark.parametrize("broken", ["changed", "cut short", "no report"])
def test_a_broken_bundle_is_said_and_the_one_before_it_is_compared_with(tmp_path: Path, broken: str) -> None:
    good, bad = bundle(tmp_path, name(1), [node()]), bundle(tmp_path, name(2), [node()])
    if broken == "changed":
        (bad / REPORT).write_text("{}")
    elif broken == "cut short":
        (bad / "manifest.json").unlink()
    else:
        (bad / REPORT).unlink()
    result = run(tmp_path, [node("failed", findings=[GOOD])], "Not all is well.")
    assert (result["msg"], result["history"]["compared_with"]) == ("Not all is well.", str(good))
    assert [each["check"] for each in result["comparison"]["new"]] == ["count"]
    (trouble,) = result["warnings"]
    assert str(bad) in trouble and trouble.endswith("It was not compared with.")
    assert result["history"]["troubles"] == [trouble]


def test_a_run_that_measured_nothing_is_not_compared_with(tmp_path: Path) -> None:
    """Such as one that was interrupted: every old finding would look new."""
    good = bundle(tmp_path, name(1), [node()])
    bundle(tmp_path, name(2), [node("unknown")])
    assert run(tmp_path, [node()])["history"]["compared_with"] == str(good)


def test_a_history_that_cannot_be_written_does_not_hide_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file", [node()])
    assert "msg" not in result and result["history"]["bundle"] == ""
    assert any("could not be written" in each for each in result["warnings"])
    assert any("cannot be read" in each for each in result["warnings"])


def test_old_bundles_are_removed_but_not_what_is_somebody_elses(tmp_path: Path) -> None:
    for day in range(1, 6):
        bundle(tmp_path, name(day), [node()])
    (tmp_path / "notes").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / name(6)).symlink_to(tmp_path / "linked")
    result = run(tmp_path, [node()], keep=3)
    kept = {Path(result["history"]["bundle"]).name, name(5), name(4)}
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "notes", "linked", name(6)}


def test_the_one_that_was_compared_with_is_kept(tmp_path: Path) -> None:
    bundle(tmp_path, name(1), [node()])
    for day in (2, 3, 4):
        (bundle(tmp_path, name(day), [node()]) / "manifest.json").unlink()
    result = run(tmp_path, [node()], keep=2)
    assert {path.name for path in tmp_path.iterdir()} == {name(1), name(4), Path(result["history"]["bundle"]).name}


def test_keeping_less_than_two_is_refused() -> None:
    with pytest.raises(CollectionError, match="history_keep is 1, but must be 2 or more"):
        History("/nowhere", 1)
