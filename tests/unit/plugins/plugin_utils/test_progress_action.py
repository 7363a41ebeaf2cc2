# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.plugin_utils._progress_action import Tail


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The signals that were sent, to nobody."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda process, number: sent.append((process, number)))
    return sent


def test_lines_are_shown_until_it_is_stopped(tmp_path: Path, ended: list[tuple[int, int]]) -> None:
    path, shown = tmp_path / "progress", []
    path.write_text("first\n")
    tail = Tail(path, shown.append)
    tail.start()
    with path.open("a") as lines:
        lines.write("last\n")
    tail.stop()
    assert (shown, ended) == (["first", "last"], [])


def test_the_worker_ends_when_ansible_playbook_is_gone(
    tmp_path: Path, ended: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress"
    path.touch()
    tail = Tail(path, print)
    monkeypatch.setattr(os, "getppid", lambda: 1)
    tail.start()
    tail.join(30)
    assert ended == [(os.getpid(), signal.SIGTERM)]


def test_the_worker_ends_when_nobody_takes_its_lines(tmp_path: Path, ended: list[tuple[int, int]]) -> None:
    def broken(_line: str) -> None:
        raise BrokenPipeError

    path = tmp_path / "progress"
    path.write_text("first\n")
    tail = Tail(path, broken)
    tail.start()
    tail.join(30)
    assert ended == [(os.getpid(), signal.SIGTERM)]
