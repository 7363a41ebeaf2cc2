# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done for the Jobs of a run, and when. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from itertools import islice

# What there is to do for a Job: make it, end it at its time, read what it has left, and find out why it has no pod.
CREATE, END, WORDS, PODLESS = "create", "end", "words", "podless"
# A Job without a pod for so long may have been refused one.
PODLESS_SECONDS = 15
# How often a request is made whose failure may pass, and how long it is waited between.
TRIES = 5
PAUSE_SECONDS = 2.0
ALL = 1_000_000


class Agenda:
    """When what is due, by what it is and the Job's name; the time is the run's, in seconds."""

    def __init__(self) -> None:
        self._due: dict[str, dict[str, float]] = {CREATE: {}, END: {}, WORDS: {}, PODLESS: {}}

    def put(self, kind: str, name: str, when: float) -> None:
        """Have something done for a Job at this time."""
        self._due[kind][name] = when

    def has(self, kind: str, name: str) -> bool:
        """Whether this is still to be done for a Job."""
        return name in self._due[kind]

    def drop(self, kind: str, name: str) -> None:
        """Have this not done for a Job."""
        self._due[kind].pop(name, None)

    def forget(self, name: str) -> None:
        """Have nothing done any more for a Job."""
        for each in self._due.values():
            each.pop(name, None)

    def take(self, kind: str, now: float, most: int = ALL) -> list[str]:
        """Return the Jobs that this is to be done for by now, the first put first, and take it off the agenda."""
        due = self._due[kind]
        found = list(islice((name for name, when in due.items() if when <= now), max(0, most)))
        for name in found:
            del due[name]
        return found
