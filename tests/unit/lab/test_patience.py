"""How the lab waits for its parts."""

from __future__ import annotations

import os
import sys

import pytest

from tests.lab import process
from tests.lab.patience import Part, await_part
from tests.lab.state import LabError, State

PART = Part("part", "the part", "other")


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    return State.load()


def start(state, code):
    return process.start("part", [sys.executable, "-c", code], state.directory, state.log("part"), os.environ)


def test_what_holds_is_not_waited_for(state):
    await_part(state, PART, lambda: True, "it is there", patience=0)


def test_a_part_that_ended_is_told_with_its_last_words(state):
    start(state, "print('no room')").wait()
    with pytest.raises(LabError, match=r"^the part ended: no room; its log is .*part\.log$"):
        await_part(state, PART, lambda: False, "it is there", patience=60)


def test_what_does_not_come_about_is_told_with_the_log_to_read(state):
    running = start(state, "import time; time.sleep(60)")
    try:
        with pytest.raises(LabError, match=r"^within 0 s it did not come about that it is there; see .*other\.log$"):
            await_part(state, PART, lambda: False, "it is there", patience=0)
    finally:
        running.kill()
        running.wait()
