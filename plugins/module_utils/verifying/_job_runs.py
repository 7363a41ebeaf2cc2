# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Jobs to their end and leaves none behind; decides nothing about what they print.

Each Job is told of once, when it is over, with its log, which is not kept after that. Requests go beside the watch, by a few
threads; what a Job's state is, is settled by the caller's thread alone.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import passes
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Bell, Deadline, Source, View, follow, list_all
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import message_of, subject
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._errands import Answer, Errands
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import delete_job, delete_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import (
    ENDED,
    PENDING,
    RUNNING,
    STOPPED,
    JobState,
    job_state,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import (
    MODULE_SECONDS,
    NODE_ANNOTATION,
    NUMBER_LABEL,
    ROLE_LABEL,
    RUN_LABEL,
    namespace_manifest,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._last_words import LastWords

# Devices that the last pod has just given back are free within seconds.
UNSCHEDULABLE_SECONDS = 20
# A Job without a pod for so long may have been refused one.
PODLESS_SECONDS = 15
# Logs that are read, or have been and wait to be judged: what bounds the memory that they take.
MOST_LOGS = 8
TRIES = 5
PAUSE_SECONDS = 2.0
LAST_WORDS_SECONDS = 15
IN_FLIGHT_SECONDS = 10
DELETE_SECONDS = 60
ACCOUNT_SECONDS = 15

# Given the seconds that there are for it, the manifest of a Job.
Order = Callable[[int], dict[str, Any]]
OnChange = Callable[[], None]
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
    for view in follow(client, {"account": account}, Deadline(ACCOUNT_SECONDS)):
        if view.objects["account"]:
            return
    raise CollectionError(
        f"The namespace {name} has had no service account default for {ACCOUNT_SECONDS} s, so no pod can start there: "
        "check that the cluster's controller manager runs."
    )


class JobRun:
    """The Jobs of one run and role (check or demand), in one namespace. Use it as a context: whatever happens, its Jobs are deleted at the end.

    Attributes:
        states: Where each Job stands, by its name, without the logs.
        leftovers: After the end: a sentence for each Job that could not be deleted.
    """

    def __init__(self, client: Client, namespace: str, labels: Mapping[str, Any], deadline: Deadline) -> None:
        self.states: dict[str, JobState] = {}
        self.leftovers: list[str] = []
        self._client, self._namespace, self._deadline = client, namespace, deadline
        self._jobs_path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._selector = ",".join(f"{label}={value}" for label, value in labels.items())
        self._words = LastWords(client, namespace)
        self._bell = Bell()
        self._errands = Errands(self._bell.ring)
        # What there may be in the cluster, even where the answer to its creation was lost; a dict keeps the order.
        self._there: dict[str, None] = {}
        self._unfinished: dict[str, None] = {}
        self._created: dict[str, float] = {}
        self._seconds: dict[str, int] = {}
        self._nodes: dict[str, str] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, Any]] = {}
        # When what is to be done for a Job is due, by what it is and the Job's name.
        self._due: dict[str, dict[str, float]] = {"create": {}, "words": {}, "end": {}, "podless": {}}
        self._uncreated: dict[str, dict[str, Any]] = {}
        self._unread: dict[str, JobState] = {}
        self._unschedulable_since: dict[str, float] = {}
        self._failures: dict[str, int] = {}
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
            # What is being created now would come after its deletion.
            patience = Deadline(IN_FLIGHT_SECONDS)
            while any(kind == "create" for kind, _name in self._errands.open) and patience.remaining:
                for _answer in self._errands.answers(patience.remaining):
                    pass
            left = delete_jobs(self._client, self._namespace, list(self._there), Deadline(DELETE_SECONDS))
            self.leftovers += left
            INTERRUPTION.left += left
            self._there.clear()

    @property
    def unfinished(self) -> list[JobState]:
        """Where those stand that have not been told of."""
        return [self.states[name] for name in self._unfinished]

    @property
    def sources(self) -> dict[str, Source]:
        """What to follow, to keep the states current."""
        query = {"labelSelector": self._selector}
        return {
            "jobs": Source(self._jobs_path, query, keep=_kept_job),
            "pods": Source(f"/api/v1/namespaces/{self._namespace}/pods", query, keep=_kept_pod),
        }

    def run(self, orders: Iterable[Order], limits: Limits, on_end: OnEnd, on_change: OnChange = lambda: None) -> None:
        """Create the Jobs, as many as may be unfinished at a time, and follow them until all are over.

        Args:
            orders: The Jobs. What is not over at the deadline is told of as it stands; one that was never begun is not told of.
            limits: How many at a time, and for how long.
            on_end: Called once for each Job.
            on_change: Called whenever a state has changed.

        Raises:
            ApiError: Jobs may not be created, or neither Jobs nor pods be followed.
        """
        self._on_end = on_end
        queue = deque(orders)
        if not queue:
            return
        self._fill(queue, limits)
        for view in follow(self._client, self.sources, self._deadline, bell=self._bell):
            changed = self.update(view)
            changed |= self._take_answers()
            self._ask()
            self._fill(queue, limits)
            if changed:
                on_change()
            if not queue and not self._unfinished:
                return
        self._tell_of_the_unfinished()

    def settle(self) -> None:
        """Follow the Jobs that were created, until all are over or the deadline; their logs are not read."""
        for view in follow(self._client, self.sources, self._deadline):
            self.update(view)
            if len(self._unread) == len(self._unfinished):
                return

    # Creating

    def create(self, manifest: dict[str, Any]) -> None:
        """Create one Job at once. It counts as created even if the answer was lost, so that it is deleted in any case."""
        name = self._begin(manifest)
        self._client.create(self._jobs_path, self._uncreated.pop(name))
        self.states[name] = job_state(None, None)

    def _fill(self, queue: deque[Order], limits: Limits) -> None:
        for _each in range(min(len(queue), limits.parallel - len(self._unfinished))):
            seconds = limits.share(self._deadline.remaining)
            name = self._begin(queue.popleft()(seconds), seconds)
            self._give_creation(name)

    def _begin(self, manifest: dict[str, Any], seconds: int = 0) -> str:
        name: str = manifest["metadata"]["name"]
        self._unfinished[name] = None
        self._created[name] = self._deadline.elapsed
        self._nodes[name] = (manifest["metadata"].get("annotations") or {}).get(NODE_ANNOTATION, "")
        self._there[name] = None
        self.states[name] = JobState(PENDING, "Creating")
        self._uncreated[name] = manifest
        self._seconds[name] = seconds
        return name

    def _give_creation(self, name: str) -> None:
        self._errands.give("create", name, partial(self._client.create, self._jobs_path, self._uncreated[name]))

    def _take_create(self, answer: Answer) -> None:
        name, error = answer.name, answer.error
        if error is not None and error.status != 409:
            self._not_created(name, error)
            return
        # A conflict: an earlier request has made it, and its answer was lost.
        del self._uncreated[name]
        now = self._created[name] = self._deadline.elapsed
        self._due["end"][name] = now + self._seconds[name] + MODULE_SECONDS
        self._failures.pop(name, None)
        self._due["podless"][name] = now + PODLESS_SECONDS
        if self.states[name].reason == "Creating":
            self.states[name] = job_state(None, None)

    def _not_created(self, name: str, error: ApiError) -> None:
        """Try again what passes, and a quota as long as Jobs of our own may be what uses it up; the rest is this Job's end.

        Raises:
            ApiError: No Job may be created at all.
        """
        if error.status == 401 or (error.status == 403 and "cannot create resource" in error.message):
            raise error
        self.states[name] = JobState(PENDING, "Creating", shorten(error.message))
        full = "exceeded quota" in error.message
        if full and len(self._unfinished) == len(self._uncreated):
            self._failures[name] = self._failures.get(name, 0) + 1
        if passes(error) or (full and self._failures.get(name, 0) < TRIES):
            self._due["create"][name] = self._deadline.elapsed + PAUSE_SECONDS
            return
        self._there.pop(name, None)
        self._tell(name, JobState(STOPPED, "QuotaExceeded" if full else "Refused", shorten(error.message, 600)))

    # What is seen

    def update(self, view: View) -> bool:
        """Take over what was seen, looking only at the Jobs that something happened to; return whether any state changed."""
        touched = self._note(view)
        # Whether a pod has been unschedulable for too long is a matter of time alone.
        touched.update(self._unschedulable_since)
        changed = False
        for name in touched:
            if name in self._unfinished and name not in self._unread:
                before = self.states[name]
                self.states[name] = self._next(name, before)
                changed |= self.states[name] != before
        return changed

    def _note(self, view: View) -> set[str]:
        """Take over what has changed; return the names of the Jobs concerned."""
        touched = set()
        for source, kept in view.gone:
            known, name = self._known(source), kept["job"]
            if name in known and known[name]["uid"] == kept["uid"]:
                del known[name]
            touched.add(name)
        for source, kept in view.changed:
            if kept["uid"] in view.objects[source]:
                self._known(source)[kept["job"]] = kept
            touched.add(kept["job"])
        return touched

    def _known(self, source: str) -> dict[str, dict[str, Any]]:
        return self._jobs if source == "jobs" else self._pods

    def _next(self, name: str, before: JobState) -> JobState:
        job, pod, now = self._jobs.get(name), self._pods.get(name), self._deadline.elapsed
        if job is None and pod is None:
            return self._over(name, replace(before, phase=STOPPED, reason="Deleted", message="its Job and pod were deleted"))
        state = job_state(job, pod)
        if pod is None:
            # What the pod has said stays true after it is gone.
            state = replace(state, pod=before.pod, disrupted=before.disrupted, injected=before.injected)
        else:
            self._due["podless"].pop(name, None)
        if state.reason != "Unschedulable":
            self._unschedulable_since.pop(name, None)
        elif now - self._unschedulable_since.setdefault(name, now) >= UNSCHEDULABLE_SECONDS:
            state = replace(state, phase=STOPPED)
        return self._over(name, state) if state.over else state

    def _over(self, name: str, state: JobState) -> JobState:
        """Note where a Job has ended; it is over for others only once its last words were read and it was told of."""
        self._unread[name] = state
        self._due["words"][name] = self._deadline.elapsed
        return replace(state, phase=RUNNING, reason="ReadingLog") if state.phase == ENDED else state

    # What is asked beside the watch

    def _ask(self) -> None:
        """Have done what is due."""
        for name in self._take_due("end"):
            if name not in self._unread:
                self._over(name, self.states[name])
        for name in self._take_due("create"):
            self._give_creation(name)
        for name in self._take_due("words", MOST_LOGS - self._open("words")):
            self._read(name, self._unread[name])
        if not self._open("podless") and (late := self._take_due("podless")):
            self._due["podless"].update(dict.fromkeys(late, self._deadline.elapsed + PODLESS_SECONDS))
            self._errands.give("podless", "", self._refused_pods)

    def _take_due(self, kind: str, most: int = 1_000_000) -> list[str]:
        due = self._due[kind]
        found = list(islice((name for name, when in due.items() if when <= self._deadline.elapsed), max(0, most)))
        for name in found:
            del due[name]
        return found

    def _open(self, kind: str) -> int:
        return sum(each == kind for each, _name in self._errands.open)

    def _read(self, name: str, state: JobState) -> None:
        self._errands.give("words", name, partial(self._words.complete, name, self._nodes[name], state))

    def _refused_pods(self) -> dict[str, str]:
        """Return why the Job controller could not make pods, by the Job's name."""
        query = {"fieldSelector": "involvedObject.kind=Job,reason=FailedCreate"}
        events, _version = list_all(self._client, Source(f"/api/v1/namespaces/{self._namespace}/events", query))
        return {subject(each).get("name", ""): message_of(each) for each in events}

    def _take_answers(self) -> bool:
        """Take over what was answered; return whether any state may have changed by it."""
        taken = {"create": self._take_create, "words": self._take_words, "podless": self._take_podless}
        answers = [answer for answer in self._errands.answers() if answer.kind in taken]
        for answer in answers:
            taken[answer.kind](answer)
        return bool(answers)

    def _take_words(self, answer: Answer) -> None:
        name, state = answer.name, self._unread[answer.name]
        if answer.error is None:
            self._tell(name, answer.value)
            return
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] < TRIES:
            self._due["words"][name] = self._deadline.elapsed + PAUSE_SECONDS
        else:
            self._tell(name, replace(state, phase=STOPPED, reason="LogUnreadable", message=answer.error.message))

    def _take_podless(self, answer: Answer) -> None:
        for name, why in (answer.value or {}).items():
            if name in self._due["podless"] and name in self._unfinished and name not in self._unread:
                self._tell(name, JobState(STOPPED, "FailedCreate", shorten(why, 600)))

    def _tell(self, name: str, state: JobState) -> None:
        """Tell how a Job ended, and keep no more of it than that."""
        known: list[dict[str, Any]] = [self._unfinished, self._unread, self._unschedulable_since, self._uncreated, self._jobs, self._pods]
        for each in (*known, *self._due.values()):
            each.pop(name, None)
        self.states[name] = replace(state, log="")
        if name in self._there:
            self._errands.give("delete", name, partial(self._delete, name))
        self._on_end(name, state, self._deadline.elapsed - self._created[name])

    def _delete(self, name: str) -> None:
        delete_job(self._client, self._namespace, name)
        self._there.pop(name, None)

    def _tell_of_the_unfinished(self) -> None:
        """At the deadline: what a container that still runs has printed so far tells why it is not done."""
        extra = Deadline(LAST_WORDS_SECONDS)
        self._take_answers()
        left = {name: self._unread.get(name, self.states[name]) for name in self._unfinished}
        asked = deque(name for name in left if name not in self._uncreated and ("words", name) not in self._errands.open)
        while (asked or self._open("words")) and extra.remaining:
            for _each in range(min(len(asked), MOST_LOGS - self._open("words"))):
                name = asked.popleft()
                self._read(name, left[name])
            for answer in self._errands.answers(extra.remaining):
                if answer.kind == "words" and answer.error is None and answer.name in left:
                    del left[answer.name]
                    self._tell(answer.name, answer.value)
        for name, state in left.items():
            self._tell(name, replace(state, phase=STOPPED, reason="LogUnreadable") if state.phase == ENDED else state)


def run_labels(run: str, role: str, number: int = 1) -> dict[str, Any]:
    """Return what the Jobs of one run, role and pass have in common."""
    return {RUN_LABEL: run, ROLE_LABEL: role, NUMBER_LABEL: number}


def _kept_job(item: Mapping[str, Any]) -> dict[str, Any]:
    return _kept(item, item["metadata"]["name"])


def _kept_pod(item: Mapping[str, Any]) -> dict[str, Any]:
    owners = item["metadata"].get("ownerReferences") or ()
    return _kept(item, next((each["name"] for each in owners if each.get("kind") == "Job"), ""))


def _kept(item: Mapping[str, Any], job: str) -> dict[str, Any]:
    """Return what is kept of a Job or a pod: the name of its Job, and its status."""
    meta = item["metadata"]
    return {"job": job, "uid": meta.get("uid") or meta["name"], "metadata": {"name": meta["name"]}, "status": item.get("status") or {}}
