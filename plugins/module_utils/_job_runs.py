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
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._errands import Answer, Errands
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._job_states import ENDED, RUNNING, STOPPED, JobState, job_state
from ansible_collections.accelerated.nodes.plugins.module_utils._jobs import (
    CONTAINER,
    NUMBER_LABEL,
    ROLE_LABEL,
    RUN_LABEL,
    namespace_manifest,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._text import printable
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Bell, Deadline, Source, View, follow

# A log is the node's word, so it is bounded; eight GPUs with all counters take about 0.6 MiB.
MAX_LOG_BYTES = 4 * 1024 * 1024
# Devices that the last pod has just given back are free within seconds.
UNSCHEDULABLE_SECONDS = 20
# Logs that are read, or have been and wait to be judged: what bounds the memory that they take.
MOST_LOGS = 8
_LOG_ATTEMPTS = 5
_LOG_PAUSE_SECONDS = 2.0
_LAST_WORDS_SECONDS = 15
_DELETE_SECONDS = 60
_ACCOUNT_SECONDS = 15

OnChange = Callable[[], None]
# Name of the Job, its state with the log, and how many seconds it took.
OnEnd = Callable[[str, JobState, float], None]


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
    for view in follow(client, {"account": account}, Deadline(_ACCOUNT_SECONDS)):
        if view.objects["account"]:
            return
    raise CollectionError(
        f"The namespace {name} has had no service account default for {_ACCOUNT_SECONDS} s, so no pod can start there: "
        "check that the cluster's controller manager runs."
    )


def delete_job(client: Client, namespace: str, name: str) -> None:
    """Delete a Job with its pods; one that is gone already will do.

    Raises:
        ApiError: It could not be deleted.
    """
    try:
        client.delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", {"propagationPolicy": "Background"})
    except ApiError as error:
        if error.status != 404:
            raise


def delete_jobs(client: Client, namespace: str, names: Iterable[str], deadline: Deadline) -> list[str]:
    """Delete Jobs with their pods, some at a time; return a sentence for each that could not be deleted."""
    errands = Errands(lambda: None)
    for name in names:
        errands.give("delete", name, partial(delete_job, client, namespace, name))
    left = []
    while errands.open and deadline.remaining:
        left += [_not_deleted(namespace, each.name, each.error.message) for each in errands.answers(deadline.remaining) if each.error]
    left += [_not_deleted(namespace, name, "the API server has not answered.") for _kind, name in sorted(errands.open)]
    errands.close()
    return left


def _not_deleted(namespace: str, name: str, why: str) -> str:
    return f"Job {namespace}/{name} could not be deleted: {why}"


class JobRun:
    """The Jobs of one run and role (check or demand), in one namespace. Use it as a context: whatever happens, its Jobs are deleted at the end.

    Attributes:
        states: Where each Job stands, by its name, without the logs.
        leftovers: After the end: a sentence for each Job that could not be deleted.
    """

    def __init__(self, client: Client, namespace: str, run: str, role: str, number: int = 1) -> None:
        self.states: dict[str, JobState] = {}
        self.leftovers: list[str] = []
        self._client, self._namespace = client, namespace
        self._selector = f"{RUN_LABEL}={run},{ROLE_LABEL}={role},{NUMBER_LABEL}={number}"
        self._bell = Bell()
        self._errands = Errands(self._bell.ring)
        # What there may be in the cluster, even where the answer to its creation was lost; a dict keeps the order.
        self._there: dict[str, None] = {}
        self._unfinished: dict[str, None] = {}
        self._created: dict[str, float] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, Any]] = {}
        self._unschedulable_since: dict[str, float] = {}
        self._unread: dict[str, JobState] = {}
        self._log_failures: dict[str, int] = {}
        self._log_due: dict[str, float] = {}

    def __enter__(self) -> JobRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self._errands.close()
        self.leftovers = delete_jobs(self._client, self._namespace, list(self._there), Deadline(_DELETE_SECONDS))

    @property
    def sources(self) -> dict[str, Source]:
        """What to follow, to keep the states current."""
        query = {"labelSelector": self._selector}
        return {
            "jobs": Source(f"/apis/batch/v1/namespaces/{self._namespace}/jobs", query, keep=_kept_job),
            "pods": Source(f"/api/v1/namespaces/{self._namespace}/pods", query, keep=_kept_pod),
        }

    def create(self, manifest: dict[str, Any], deadline: Deadline) -> None:
        """Create one Job. It counts as created even if the answer was lost, so that it is deleted in any case."""
        name = manifest["metadata"]["name"]
        self._there[name] = None
        self._created[name] = deadline.elapsed
        self._client.create(f"/apis/batch/v1/namespaces/{self._namespace}/jobs", manifest)
        self.states[name] = job_state(None, None)
        self._unfinished[name] = None

    def run(
        self,
        manifests: Iterable[dict[str, Any]],
        deadline: Deadline,
        max_parallel: int,
        on_end: OnEnd,
        on_change: OnChange = lambda: None,
    ) -> None:
        """Create the Jobs, at most max_parallel unfinished at a time, and follow them until all are over.

        Args:
            manifests: The Jobs.
            deadline: When to give up. What is not over then is told of as it stands; a Job that was never created is not told of.
            max_parallel: How many may be unfinished at a time.
            on_end: Called once for each Job.
            on_change: Called whenever a state has changed.
        """
        queue = deque(manifests)
        if not queue:
            return
        self._fill(queue, max_parallel, deadline)
        for view in follow(self._client, self.sources, deadline, bell=self._bell):
            changed = self.update(view, deadline)
            if self._take_logs(deadline, on_end) or changed:
                on_change()
            self._fill(queue, max_parallel, deadline)
            if not queue and not self._unfinished:
                return
        self._tell_of_the_unfinished(deadline, on_end)

    def settle(self, deadline: Deadline) -> None:
        """Follow the Jobs that were created, until all are over or the deadline; their logs are not read."""
        for view in follow(self._client, self.sources, deadline):
            self.update(view, deadline)
            if len(self._unread) == len(self._unfinished):
                return

    @property
    def unfinished(self) -> list[JobState]:
        """Where those stand that have not been told of."""
        return [self.states[name] for name in self._unfinished]

    def _fill(self, queue: deque[dict[str, Any]], max_parallel: int, deadline: Deadline) -> None:
        for _each in range(min(len(queue), max_parallel - len(self._unfinished))):
            self.create(queue.popleft(), deadline)

    # What is seen

    def update(self, view: View, deadline: Deadline) -> bool:
        """Take over what was seen, looking only at the Jobs that something happened to; return whether any state changed."""
        touched = self._note(view)
        # Whether a pod has been unschedulable for too long is a matter of time alone.
        touched.update(self._unschedulable_since)
        changed = False
        for name in touched:
            before = self.states.get(name)
            if before is not None and not before.over and name not in self._unread:
                self.states[name] = self._next(name, before, deadline)
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

    def _next(self, name: str, before: JobState, deadline: Deadline) -> JobState:
        job, pod = self._jobs.get(name), self._pods.get(name)
        if job is None and pod is None:
            return self._over(name, replace(before, phase=STOPPED, reason="Deleted", message="its Job and pod were deleted"))
        state = job_state(job, pod)
        if state.phase == ENDED:
            self._log_due[name] = deadline.elapsed
        if state.reason != "Unschedulable":
            self._unschedulable_since.pop(name, None)
        elif deadline.elapsed - self._unschedulable_since.setdefault(name, deadline.elapsed) >= UNSCHEDULABLE_SECONDS:
            state = replace(state, phase=STOPPED)
        return self._over(name, state) if state.over else state

    def _over(self, name: str, state: JobState) -> JobState:
        """Note how a Job ended; it is over for others only once its log was read and it was told of."""
        self._unread[name] = state
        return replace(state, phase=RUNNING, reason="ReadingLog") if state.phase == ENDED else replace(state, phase=RUNNING)

    # Logs

    def _take_logs(self, deadline: Deadline, on_end: OnEnd) -> bool:
        """Tell of what is over, as far as its log was read, and have the next logs read; return whether any was told of."""
        told = [name for name in self._unread if name not in self._log_due and ("log", name) not in self._errands.open]
        for name in told:
            self._tell(name, self._unread[name], deadline, on_end)
        answers = [answer for answer in self._errands.answers() if answer.kind == "log"]
        for answer in answers:
            self._take_log(answer, deadline, on_end)
        self._read_logs(deadline)
        return bool(told or answers)

    def _take_log(self, answer: Answer, deadline: Deadline, on_end: OnEnd) -> None:
        name, state = answer.name, self._unread[answer.name]
        if answer.error is None:
            self._tell(name, replace(state, log=answer.value), deadline, on_end)
            return
        self._log_failures[name] = self._log_failures.get(name, 0) + 1
        if self._log_failures[name] < _LOG_ATTEMPTS:
            self._log_due[name] = deadline.elapsed + _LOG_PAUSE_SECONDS
        else:
            self._tell(name, replace(state, phase=STOPPED, reason="LogUnreadable", message=answer.error.message), deadline, on_end)

    def _read_logs(self, deadline: Deadline) -> None:
        due = (name for name, when in self._log_due.items() if when <= deadline.elapsed)
        for name in list(islice(due, max(0, MOST_LOGS - self._logs_open))):
            del self._log_due[name]
            self._errands.give("log", name, partial(self._log, self._unread[name].pod))

    @property
    def _logs_open(self) -> int:
        return sum(kind == "log" for kind, _name in self._errands.open)

    def _log(self, pod: str) -> str:
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}/log"
        query = {"container": CONTAINER, "limitBytes": MAX_LOG_BYTES}
        return printable(self._client.text(path, query, limit=MAX_LOG_BYTES))

    def _tell(self, name: str, state: JobState, deadline: Deadline, on_end: OnEnd) -> None:
        """Tell how a Job ended, and keep no more of it than that."""
        for known in (self._unfinished, self._unread, self._unschedulable_since, self._log_due):
            known.pop(name, None)
        self._jobs.pop(name, None)
        self._pods.pop(name, None)
        self.states[name] = replace(state, log="")
        self._errands.give("delete", name, partial(self._delete, name))
        on_end(name, state, deadline.elapsed - self._created[name])

    def _delete(self, name: str) -> None:
        delete_job(self._client, self._namespace, name)
        self._there.pop(name, None)

    def _tell_of_the_unfinished(self, deadline: Deadline, on_end: OnEnd) -> None:
        """At the deadline: what a container that still runs has printed so far tells why it is not done."""
        extra = Deadline(_LAST_WORDS_SECONDS)
        left = {name: self._unread.get(name, self.states[name]) for name in self._unfinished}
        asked = deque(name for name, state in left.items() if state.pod and state.phase in (RUNNING, ENDED))
        while (asked or self._logs_open) and extra.remaining:
            for _each in range(min(len(asked), MOST_LOGS - self._logs_open)):
                name = asked.popleft()
                self._errands.give("log", name, partial(self._log, left[name].pod))
            for answer in self._errands.answers(extra.remaining):
                if answer.kind == "log" and answer.error is None and answer.name in left:
                    self._tell(answer.name, replace(left.pop(answer.name), log=answer.value), deadline, on_end)
        for name, state in left.items():
            unread = state.phase == ENDED
            self._tell(name, replace(state, phase=STOPPED, reason="LogUnreadable") if unread else state, deadline, on_end)


def _kept_job(item: Mapping[str, Any]) -> dict[str, Any]:
    return _kept(item, item["metadata"]["name"])


def _kept_pod(item: Mapping[str, Any]) -> dict[str, Any]:
    owners = item["metadata"].get("ownerReferences") or ()
    return _kept(item, next((each["name"] for each in owners if each.get("kind") == "Job"), ""))


def _kept(item: Mapping[str, Any], job: str) -> dict[str, Any]:
    """Return what is kept of a Job or a pod: the name of its Job, and its status."""
    meta = item["metadata"]
    return {"job": job, "uid": meta.get("uid") or meta["name"], "metadata": {"name": meta["name"]}, "status": item.get("status") or {}}
