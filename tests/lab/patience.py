"""Waiting for what a part of the lab brings about: until it holds, the part has ended, or patience is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab import process
from tests.lab.state import LabError, State

#: Seconds between looks.
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """A recorded process that brings something about: its name, what to call it, and the log that tells why it is late."""

    name: str
    words: str
    log: str


def await_part(state: State, part: Part, holds: Callable[[], object], what: str, patience: float) -> None:
    """Wait until something holds.

    Raises:
        LabError: the part ended, or it did not come about within ``patience`` seconds; names the log to read.
    """
    deadline = time.monotonic() + patience
    while not holds():
        if not process.running(state.directory, part.name):
            raise LabError(f"{part.words} ended: {state.last_words(part.name)}; its log is {state.log(part.name)}")
        if time.monotonic() > deadline:
            raise LabError(f"within {patience:.0f} s it did not come about that {what}; see {state.log(part.log)}")
        time.sleep(POLL_SECONDS)
