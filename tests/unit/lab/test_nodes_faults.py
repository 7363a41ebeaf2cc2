"""Faults: their state file and their command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.nodes import faults


@pytest.fixture(autouse=True)
def _lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path))


def test_main_turns_a_fault_on_and_off(tmp_path: Path) -> None:
    assert faults.main(["missing-device", "on", "--count", "2", "--node-pool=gpu"]) == 0
    assert faults.active()["missing-device"]["count"] == "2"
    assert json.loads((tmp_path / "faults.json").read_text())["missing-device"]["node-pool"] == "gpu"
    assert faults.main(["missing-device", "off"]) == 0
    assert faults.active() == {}


def test_main_clears_every_fault() -> None:
    faults.set_fault("quota")
    faults.set_fault("no-capacity")
    assert faults.main(["clear"]) == 0
    assert faults.active() == {}


def test_main_lists_what_is_on(capsys: pytest.CaptureFixture[str]) -> None:
    faults.set_fault("image-pull")
    assert faults.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(faults.FAULTS)
    assert [line.split()[1] for line in lines if line.startswith("on ")] == ["image-pull"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nonsense", "on"], "no fault is called 'nonsense'"),
        (["nonsense", "off"], "no fault is called 'nonsense'"),
        (["quota", "on", "--nonsense", "1"], "no argument --nonsense"),
        (["quota", "on", "--zone"], "pairs"),
        ([], "fault list"),
    ],
)
def test_main_refuses(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.main(argv) == 2
    assert words in capsys.readouterr().err
    assert faults.active() == {}


def test_on_node_keeps_to_where_the_fault_applies() -> None:
    faults.set_fault("plugin-missing", {"node-pool": "gpu"})
    faults.set_fault("slow-node")
    assert set(faults.on_node(faults.active(), {"karpenter.sh/nodepool": "gpu"})) == {"plugin-missing", "slow-node"}
    assert set(faults.on_node(faults.active(), {"karpenter.sh/nodepool": "cpu"})) == {"slow-node"}


def test_suffix_turns_a_fault_on_twice() -> None:
    assert faults.main(["slow-node:a", "on", "--node-pool", "a"]) == 0
    assert faults.main(["slow-node:b", "on", "--node-pool", "b", "--seconds", "9"]) == 0
    held = faults.on_node(faults.active(), {"karpenter.sh/nodepool": "b"})
    assert held["slow-node"]["seconds"] == "9"
    assert faults.main(["slow-node:b", "off"]) == 0
    assert set(faults.active()) == {"slow-node:a"}


def test_main_documents_every_fault_in_the_readme() -> None:
    readme = (Path(faults.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in faults.FAULTS if f"| `{name}` |" not in readme] == []


def test_a_fault_that_lasts_for_a_time_goes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults.time, "time", lambda: 100.0)
    faults.set_fault("plugin-finds-nothing", {"lasts": "8"}, tmp_path)
    assert "plugin-finds-nothing" in faults.active(tmp_path)
    monkeypatch.setattr(faults.time, "time", lambda: 108.0)
    assert faults.active(tmp_path) == {}


def test_at_look_shows_what_shows_only_every_so_often() -> None:
    held = {"ecc-errors": {"every": "2"}, "gpu-lost": {}}
    assert [sorted(faults.at_look(held, look)) for look in (1, 2, 3)] == [["gpu-lost"], ["ecc-errors", "gpu-lost"], ["gpu-lost"]]
