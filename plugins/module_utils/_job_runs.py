# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Jobs to their end and leaves none behind; decides nothing about what they print.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._job_states import ENDED, STOPPED, JobState, job_state
from ansible_collections.accelerated.nodes.plugins.module_utils._jobs import (
    CONTAINER,
    ROLE_LABEL,
    RUN_LABEL,
    namespace_manifest,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._text import printable
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline, Source, follow

# A log is the node's word, so it is bounded; eight GPUs with all counters take about 0.6 MiB.
MAX_LOG_BYTES = 4 * 1024 * 1024
# Devices that the last pod has just given back are free within seconds.
UNSCHEDULABLE_SECONDS = 20
_LOG_ATTEMPTS = 5
_ACCOUNT_SECONDS = 15

OnChange = Callable[[Mapping[str, JobState]], None]


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


def delete_jobs(client: Client, namespace: str, names: Iterable[str]) -> list[str]:
    """Delete Jobs with their pods; return a sentence for each that could not be deleted."""
    left = []
    for name in names:
        try:
            client.delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", {"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != 404:
                left.append(f"Job {namespace}/{name} could not be deleted: {error.message}")
    return left


class JobRun:
    """The Jobs of one run and role (check or demand), in one namespace. Use it as a context: whatever happens, its Jobs are deleted at the end.

    Attributes:
        states: Where each Job stands, by its name.
        seconds: How long each Job took, from its creation until it was over.
        leftovers: After the end: a sentence for each Job that could not be deleted.
    """

    def __init__(self, client: Client, namespace: str, run: str, role: str) -> None:
        self.states: dict[str, JobState] = {}
        self.seconds: dict[str, float] = {}
        self.leftovers: list[str] = []
        self._client, self._namespace = client, namespace
        self._selector = f"{RUN_LABEL}={run},{ROLE_LABEL}={role}"
        self._tried: list[str] = []
        self._created: dict[str, float] = {}
        self._log_failures: dict[str, int] = {}
        self._unschedulable_since: dict[str, float] = {}

    def __enter__(self) -> JobRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self.leftovers = delete_jobs(self._client, self._namespace, self._tried)

    @property
    def sources(self) -> dict[str, Source]:
        """What to follow, to keep the states current."""
        query = {"labelSelector": self._selector}
        return {
            "jobs": Source(f"/apis/batch/v1/namespaces/{self._namespace}/jobs", query),
            "pods": Source(f"/api/v1/namespaces/{self._namespace}/pods", query),
        }

    def create(self, manifest: dict[str, Any], deadline: Deadline) -> None:
        """Create one Job. It counts as created even if the answer was lost, so that it is deleted in any case."""
        name = manifest["metadata"]["name"]
        self._tried.append(name)
        self._created[name] = deadline.elapsed
        self._client.create(f"/apis/batch/v1/namespaces/{self._namespace}/jobs", manifest)
        self.states[name] = job_state(None, None)

    def run(self, manifests: Iterable[dict[str, Any]], deadline: Deadline, max_parallel: int, on_change: OnChange) -> None:
        """Create the Jobs, at most max_parallel unfinished at a time, and follow them until all are over.

        At the deadline the states are as they are then; a Job that was never created has none.
        """
        queue = list(manifests)[::-1]
        mine = [each["metadata"]["name"] for each in queue]
        self._fill(queue, mine, max_parallel, deadline)
        for view in follow(self._client, self.sources, deadline):
            if self.update(view.objects, deadline):
                on_change(self.states)
            self._fill(queue, mine, max_parallel, deadline)
            if not queue and all(self.states[name].over for name in mine):
                return
        self._keep_last_words()

    def settle(self, deadline: Deadline) -> None:
        """Follow the Jobs that were created, until all are over or the deadline."""
        for view in follow(self._client, self.sources, deadline):
            self.update(view.objects, deadline)
            if all(state.over for state in self.states.values()):
                return

    def _fill(self, queue: list[dict[str, Any]], mine: list[str], max_parallel: int, deadline: Deadline) -> None:
        running = sum(name in self.states and not self.states[name].over for name in mine)
        for _each in range(min(len(queue), max_parallel - running)):
            self.create(queue.pop(), deadline)

    def update(self, objects: Mapping[str, Mapping[str, dict[str, Any]]], deadline: Deadline) -> bool:
        """Take over what was seen; return whether any state changed."""
        jobs = {each["metadata"]["name"]: each for each in objects["jobs"].values()}
        pods = {_owner(each): each for each in objects["pods"].values()}
        before = dict(self.states)
        for name, state in before.items():
            if not state.over and (name in jobs or name in pods or state.pod):
                self.states[name] = self._next(name, jobs.get(name), pods.get(name), deadline)
                self.seconds[name] = deadline.elapsed - self._created[name]
        return before != self.states

    def _next(self, name: str, job: Any, pod: Any, deadline: Deadline) -> JobState:
        if job is None and pod is None:
            return replace(self.states[name], phase=STOPPED, reason="Deleted", message="its Job and pod were deleted")
        state = job_state(job, pod)
        if state.phase == ENDED:
            return self._with_log(name, state)
        if state.reason == "Unschedulable":
            since = self._unschedulable_since.setdefault(name, deadline.elapsed)
            if deadline.elapsed - since >= UNSCHEDULABLE_SECONDS:
                return replace(state, phase=STOPPED)
        else:
            self._unschedulable_since.pop(name, None)
        return state

    def _with_log(self, name: str, state: JobState) -> JobState:
        """Return the state with the log; while the kubelet does not give it, the state is not over."""
        try:
            return replace(state, log=self._log(state.pod))
        except ApiError as error:
            self._log_failures[name] = self._log_failures.get(name, 0) + 1
            if self._log_failures[name] < _LOG_ATTEMPTS:
                return replace(state, phase="running", reason="ReadingLog")
            return replace(state, phase=STOPPED, reason="LogUnreadable", message=error.message)

    def _log(self, pod: str) -> str:
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}/log"
        query = {"container": CONTAINER, "limitBytes": MAX_LOG_BYTES}
        return printable(self._client.text(path, query, limit=MAX_LOG_BYTES))

    def _keep_last_words(self) -> None:
        """At the deadline: what a container that still runs has printed so far tells why it is not done."""
        for name, state in self.states.items():
            if state.phase == "running" and not state.log:
                try:
                    self.states[name] = replace(state, log=self._log(state.pod))
                except ApiError:
                    continue


def _owner(pod: Mapping[str, Any]) -> str:
    """Return the name of the Job that a pod belongs to."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((each["name"] for each in owners if each.get("kind") == "Job"), "")
