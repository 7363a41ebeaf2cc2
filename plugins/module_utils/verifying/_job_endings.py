# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what the Jobs of a run have left as they end, and has them deleted.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, list_all
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import message_of, subject
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._agenda import (
    END,
    PAUSE_SECONDS,
    PODLESS,
    PODLESS_SECONDS,
    TRIES,
    WORDS,
    Agenda,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._errands import Answer, Errands
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import delete_job
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_roll import JobRoll
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, RUNNING, STOPPED, JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._last_words import FORBIDDEN, LastWords

# Logs that are read, or have been and wait to be judged: what bounds the memory that they take.
MOST_LOGS = 8
DELETE = "delete"


class JobEndings:
    """The ends of the Jobs of one run, in one namespace; who asks for an end tells of it."""

    def __init__(self, client: Client, namespace: str, roll: JobRoll, agenda: Agenda, errands: Errands) -> None:
        self._client, self._namespace, self._roll, self._agenda, self._errands = client, namespace, roll, agenda, errands
        self._words = LastWords(client, namespace)

    @property
    def notes(self) -> list[str]:
        """A sentence for each right that is missing to tell all of an end."""
        return self._words.notes

    def over(self, name: str, state: JobState, now: float) -> JobState:
        """Note how a Job has ended; return the state in which it is for others, until its last words were read and it is told of."""
        self._roll.endings[name] = state
        self._agenda.put(WORDS, name, now)
        return replace(state, phase=RUNNING, reason="ReadingLog") if state.phase == ENDED else state

    def ask(self, now: float) -> None:
        """Have read what is due."""
        for name in self._agenda.take(END, now):
            if name not in self._roll.endings:
                self.over(name, self._roll.states[name], now)
        for name in self._agenda.take(WORDS, now, MOST_LOGS - self._errands.count(WORDS)):
            self._read(name, self._roll.endings[name])
        if not self._errands.count(PODLESS) and (late := self._agenda.take(PODLESS, now)):
            for name in late:
                self._agenda.put(PODLESS, name, now + PODLESS_SECONDS)
            self._errands.give(PODLESS, "", self._refused_pods)

    def _read(self, name: str, state: JobState) -> None:
        self._errands.give(WORDS, name, partial(self._words.complete, name, self._roll.entries[name].node, state))

    def _refused_pods(self) -> dict[str, str]:
        """Return why the Job controller could not make pods, by the Job's name."""
        query = {"fieldSelector": "involvedObject.kind=Job,reason=FailedCreate"}
        events, _version = list_all(self._client, Source(f"/api/v1/namespaces/{self._namespace}/events", query))
        return {subject(each).get("name", ""): message_of(each) for each in events}

    def take_words(self, answer: Answer, now: float) -> dict[str, JobState]:
        """Take over what was read of a Job; return its end, unless it is to be read again."""
        name, entry = answer.name, self._roll.entries[answer.name]
        if answer.error is None:
            return {name: answer.value}
        entry.failures, entry.trouble = entry.failures + 1, answer.error.message
        if entry.failures < TRIES and answer.error.status != FORBIDDEN:
            self._agenda.put(WORDS, name, now + PAUSE_SECONDS)
            return {}
        return {name: self._unreadable(name, self._roll.endings[name])}

    def _unreadable(self, name: str, state: JobState) -> JobState:
        return replace(state, phase=STOPPED, reason="LogUnreadable", message=self._roll.entries[name].trouble)

    def take_podless(self, answer: Answer, _now: float) -> dict[str, JobState]:
        """Take over why pods could not be made; return the ends of the Jobs that this is the end of."""
        if answer.error is not None:
            self._words.note(answer.error)
        late = {name: why for name, why in (answer.value or {}).items() if self._agenda.has(PODLESS, name) and self._roll.runs(name)}
        return {name: JobState(STOPPED, "FailedCreate", shorten(why, 600)) for name, why in late.items()}

    def delete(self, name: str) -> None:
        """Have a Job deleted that is over, if it may be there."""
        if name in self._roll.there:
            self._errands.give(DELETE, name, partial(self._delete, name))

    def _delete(self, name: str) -> None:
        delete_job(self._client, self._namespace, name)
        self._roll.there.pop(name, None)

    def at_the_deadline(self, extra: Deadline) -> Iterator[tuple[str, JobState]]:
        """Yield the ends of what is left: what a container that still runs has printed so far tells why it is not done."""
        roll = self._roll
        left = {name: roll.endings.get(name, roll.states[name]) for name in roll.entries}
        asked = deque(name for name in left if roll.created(name) and (WORDS, name) not in self._errands.open)
        while (asked or self._errands.count(WORDS)) and extra.remaining:
            for _each in range(min(len(asked), MOST_LOGS - self._errands.count(WORDS))):
                name = asked.popleft()
                self._read(name, left[name])
            for answer in self._errands.answers(extra.remaining):
                if answer.kind == WORDS and answer.error is None and answer.name in left:
                    del left[answer.name]
                    yield answer.name, answer.value
        for name, state in left.items():
            yield name, self._unreadable(name, state) if state.phase == ENDED else state
