# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Jobs to their end and leaves none behind; decides nothing about what they print.

Each Job is told of once, when it is over, with its log, which is not kept after that. Requests go beside the watch, by a few
threads; what a Job's state is, is settled by the caller's thread alone. How Jobs are made is in _job_creation, what is seen of them
in _sightings, what they leave in _job_endings; what all of these know of a Job in _job_roll, and when what is due in _agenda.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Bell, Deadline, Source, View, follow, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import contact_warnings
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._agenda import CREATE, PODLESS, WORDS, Agenda
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._errands import Errands
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_creation import JobCreation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import delete_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_endings import JobEndings
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_roll import JobRoll
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import (
    MODULE_SECONDS,
    NUMBER_LABEL,
    ROLE_LABEL,
    RUN_LABEL,
    namespace_manifest,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._sightings import Sightings, sources

LAST_WORDS_SECONDS = 15
IN_FLIGHT_SECONDS = 10
DELETE_SECONDS = 60
ACCOUNT_SECONDS = 15
ACCOUNT_PAUSE_SECONDS = 0.5

# Given the seconds that there are for it, the manifest of a Job.
Order = Callable[[int], dict[str, Any]]
OnLook = Callable[[], None]
# Name of the Job, its state with the log, and how many seconds it took.
OnEnd = Callable[[str, JobState, float], None]


class Limits(NamedTuple):
    """How many Jobs may be unfinished at a time, and how many seconds there are for each."""

    parallel: int
    seconds: int

    def share(self, remaining: float) -> int:
        """Return the seconds for a Job that is made now, so that the module outlasts it by some."""
        return max(1, int(min(self.seconds, max(remaining / 2, remaining - MODULE_SECONDS))))


def ensure_namespace(client: Client, name: str) -> None:
    """Make sure that the namespace and its default service account exist.

    Raises:
        CollectionError: It may not be created, or its service account does not come.
    """
    try:
        client.get(f"/api/v1/namespaces/{name}")
    except ApiError as error:
        if error.status != 404:
            raise
        client.create("/api/v1/namespaces", namespace_manifest(name))
    # A Job in a namespace without it is tried again only after seconds.
    account = Source(f"/api/v1/namespaces/{name}/serviceaccounts", {"fieldSelector": "metadata.name=default"})
    patience = Deadline(ACCOUNT_SECONDS)
    while patience.remaining:
        if read(client, {"account": account}, Deadline(ACCOUNT_SECONDS))["account"]:
            return
        patience.pause(ACCOUNT_PAUSE_SECONDS)
    raise CollectionError(
        f"The namespace {name} has had no service account default for {ACCOUNT_SECONDS} s, so no pod can start there: "
        "check that the cluster's controller manager runs."
    )


class JobRun:
    """The Jobs of one run and role (check or demand), in one namespace. Use it as a context: whatever happens, its Jobs are deleted at the end.

    Attributes:
        leftovers: After the end: a sentence for each Job that could not be deleted.
    """

    def __init__(self, client: Client, namespace: str, labels: Mapping[str, Any], deadline: Deadline) -> None:
        self.leftovers: list[str] = []
        self._denied: list[str] = []
        self._client, self._namespace, self._deadline = client, namespace, deadline
        self._sources = sources(namespace, ",".join(f"{label}={value}" for label, value in labels.items()))
        self._bell = Bell()
        self._errands = Errands(self._bell.ring)
        self._roll, self._seen, agenda = JobRoll(), Sightings(), Agenda()
        self._agenda = agenda
        self._creation = JobCreation(client, namespace, self._roll, agenda, self._errands)
        self._endings = JobEndings(client, namespace, self._roll, agenda, self._errands)
        self._on_end: OnEnd = lambda _name, _state, _seconds: None
        INTERRUPTION.at_end(self.close)

    def __enter__(self) -> JobRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the Jobs; done once, and not to be interrupted."""
        with INTERRUPTION.held():
            INTERRUPTION.done(self.close)
            self._errands.close()
            # What is being created now would come after its deletion, and may be of a Job that was deleted once already.
            self._roll.there.update({name: None for kind, name in self._errands.open if kind == CREATE})
            patience = Deadline(IN_FLIGHT_SECONDS)
            while self._errands.count(CREATE) and patience.remaining:
                for _answer in self._errands.answers(patience.remaining):
                    pass
            left = delete_jobs(self._client, self._namespace, list(self._roll.there), Deadline(DELETE_SECONDS))
            self.leftovers += left
            INTERRUPTION.left += left
            self._roll.there.clear()

    @property
    def states(self) -> Mapping[str, JobState]:
        """Where each Job stands, by its name, without the logs."""
        return self._roll.states

    @property
    def unfinished(self) -> list[JobState]:
        """Where those stand that have not been told of."""
        return [self._roll.states[name] for name in self._roll.entries]

    @property
    def notes(self) -> list[str]:
        """A sentence for each right that is missing, so that less was seen, or later, than could be."""
        return [*self._denied, *self._endings.notes]

    def create(self, manifest: dict[str, Any]) -> None:
        """Create one Job at once. It counts as created even if the answer was lost, so that it is deleted in any case."""
        self._creation.at_once(manifest, self._deadline.elapsed)

    def run(self, orders: Iterable[Order], limits: Limits, on_end: OnEnd, on_look: OnLook = lambda: None) -> None:
        """Create the Jobs, as many as may be unfinished at a time, and follow them until all are over.

        Args:
            orders: The Jobs. What is not over at the deadline is told of as it stands; one that was never begun is not told of.
            limits: How many at a time, and for how long.
            on_end: Called once for each Job.
            on_look: Called after each look at the states, whether or not one has changed: what was not told then may be told now.

        Raises:
            ApiError: Jobs may not be created, or neither Jobs nor pods be followed.
        """
        self._on_end = on_end
        queue = deque(orders)
        if not queue or not self._deadline.remaining:
            return
        self._fill(queue, limits)
        try:
            self._follow(queue, limits, on_look)
        except ApiError:
            # Without a word from the server by the deadline: what was asked for is told of as it stands.
            if self._deadline.remaining:
                raise
        self._take_answers()
        for name, state in self._endings.at_the_deadline(Deadline(LAST_WORDS_SECONDS)):
            self._tell(name, state)

    def _follow(self, queue: deque[Order], limits: Limits, on_look: OnLook) -> None:
        for view in follow(self._client, self._sources, self._deadline, bell=self._bell):
            self._denied = contact_warnings(view)
            self.update(view)
            self._take_answers()
            self._ask()
            self._fill(queue, limits)
            on_look()
            if not queue and not self._roll.entries:
                return

    def _fill(self, queue: deque[Order], limits: Limits) -> None:
        for _each in range(min(len(queue), limits.parallel - len(self._roll.entries))):
            seconds = limits.share(self._deadline.remaining)
            self._creation.order(queue.popleft()(seconds), seconds, self._deadline.elapsed)

    def update(self, view: View) -> bool:
        """Take over what was seen, looking only at the Jobs that something happened to; return whether any state changed."""
        changed = False
        for name in self._seen.note(view):
            if self._roll.runs(name):
                before = self._roll.states[name]
                self._roll.states[name] = self._next(name, before)
                changed |= self._roll.states[name] != before
        return changed

    def _next(self, name: str, before: JobState) -> JobState:
        now = self._deadline.elapsed
        state = self._seen.state(name, before, now)
        if self._seen.has_pod(name):
            self._agenda.drop(PODLESS, name)
        return self._endings.over(name, state, now) if state.over else state

    def _ask(self) -> None:
        """Have done what is due."""
        for name in self._agenda.take(CREATE, self._deadline.elapsed):
            self._creation.again(name)
        self._endings.ask(self._deadline.elapsed)

    def _take_answers(self) -> None:
        """Take over what was answered."""
        taken = {CREATE: self._creation.take, WORDS: self._endings.take_words, PODLESS: self._endings.take_podless}
        for answer in [answer for answer in self._errands.answers() if answer.kind in taken]:
            for name, state in taken[answer.kind](answer, self._deadline.elapsed).items():
                self._tell(name, state)

    def _tell(self, name: str, state: JobState) -> None:
        """Tell how a Job ended, and keep no more of it than that."""
        entry = self._roll.ended(name)
        self._seen.forget(name)
        self._agenda.forget(name)
        self._roll.states[name] = replace(state, log="")
        self._endings.delete(name)
        self._on_end(name, state, self._deadline.elapsed - entry.since)


def run_labels(run: str, role: str, number: int = 1) -> dict[str, Any]:
    """Return what the Jobs of one run, role and pass have in common."""
    return {RUN_LABEL: run, ROLE_LABEL: role, NUMBER_LABEL: number}
