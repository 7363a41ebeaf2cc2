# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One pass over nodes: a Job on each, judged as it ends.

This file is internal to the collection and may change in any release. What decides is in _verification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import READ_SECONDS, Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import cordoned_by_us
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import PODS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import JobRun, Limits, run_labels
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import CHECK, HOSTNAME_LABEL, RUN_LABEL, check_job
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject, conclude

# Why a check waits, as far as it is news; others are what every pod goes through.
TELLING_REASONS = ("ErrImagePull", "ReadingLog", "Unschedulable")


@dataclass(frozen=True)
class Observation:
    """All that one check of one node left, at the one moment when it is all there: nothing keeps the log after that.

    Attributes:
        number: Which pass over the nodes this is, from 1; 0 for a node that no Job could be run on.
        subject: The node.
        state: How its Job ended, with the log; None where no Job was run.
        result: The verdict, with all that the tool listed.
        holders: The pods that hold the node's accelerators, as the verdict was reached with; None if that was not asked, or is not known.
        cause: Why the NodeClaim is not ready, as the verdict was reached with; None if there is nothing of the kind.
    """

    number: int
    subject: Subject
    state: Optional[JobState]
    result: NodeResult
    holders: Optional[list[str]] = None
    cause: Optional[Verdict] = None


Observer = Callable[[Observation], None]


class CheckPass:
    """Runs a check on each of some nodes, at most once each.

    Attributes:
        leftovers: After the end: a sentence for each Job that could not be deleted.
        notes: After the end: a sentence for each right that is missing to see all.
    """

    def __init__(self, client: Client, request: Request, run: str, number: int, progress: Progress, observe: Observer) -> None:
        self.leftovers: list[str] = []
        self.notes: list[str] = []
        self._client, self._request, self._run, self._number = client, request, run, number
        self._progress, self._observe = progress, observe
        self._results: dict[str, NodeResult] = {}

    def results(self, subjects: Sequence[Subject], deadline: Deadline) -> list[NodeResult]:
        """Return the verdict on each node, in the order of the subjects; what has no end at the deadline is judged as it stands.

        Raises:
            ApiError: The Jobs cannot be made or followed.
        """
        by_job: dict[str, Subject] = {}

        def order(subject: Subject, seconds: int) -> dict[str, Any]:
            manifest = self.manifest(subject, seconds)
            by_job[manifest["metadata"]["name"]] = subject
            return manifest

        checks = JobRun(self._client, self._request.namespace, run_labels(self._run, CHECK, self._number), deadline)
        try:
            with checks:
                checks.run(
                    [partial(order, each) for each in subjects],
                    Limits(self._request.max_parallel, self._request.check_timeout),
                    lambda job, state, seconds: self._judge(by_job[job], state, seconds),
                    lambda: self._report(checks, len(subjects), deadline),
                )
        finally:
            self.leftovers = checks.leftovers
            self.notes += checks.notes
        for each in subjects:
            if each.name not in self._results:
                self._judge(each, None, 0.0)
        return [self._results[each.name] for each in subjects]

    def _judge(self, subject: Subject, state: Optional[JobState], seconds: float) -> None:
        """The one place where node, state with log, and verdict come together. What is kept is without the tool's every word."""
        stuck = state is not None and state.reason == "Unschedulable"
        holders = self._holders(subject) if stuck else None
        result = replace(conclude(subject, state, seconds, holders), looks=(self._number,))
        self._observe(Observation(self._number, subject, state, result, holders))
        self._results[subject.name] = without_facts(result)

    def manifest(self, subject: Subject, seconds: int) -> dict[str, Any]:
        """Return the Job that looks at one node within so many seconds."""
        # By the resource that this node offers.
        accelerator = replace(ACCELERATORS[subject.expected.accelerator], resource=subject.resource)
        node = subject.node or {}
        return check_job(
            run=self._run,
            node=subject.name,
            hostname=node["metadata"]["labels"].get(HOSTNAME_LABEL, subject.name),
            accelerator=accelerator,
            count=subject.requested,
            namespace=self._request.namespace,
            image=self._request.images.get(accelerator.name),
            taints=(node.get("spec") or {}).get("taints") or (),
            timeout=seconds,
            number=self._number,
            cordoned=cordoned_by_us(node),
        )

    def _holders(self, subject: Subject) -> Optional[list[str]]:
        """Return the pods of others that hold the node's accelerators; None if they may not be listed."""
        return holders_of(self._client, subject.name, self._run, self._unseen)

    def _unseen(self, error: ApiError) -> None:
        self.notes.append(f"Which pods hold the accelerators of a node cannot be seen. {error.message}")

    def _report(self, checks: JobRun, total: int, deadline: Deadline) -> None:
        done = len(self._results)
        self._progress(lambda: {"checks": f"{done} of {total} done{_why(checks.unfinished)}"}, deadline.elapsed, last=done == total)


def holders_of(
    client: Client,
    node: str,
    run: str,
    unseen: Callable[[ApiError], None] = lambda _error: None,
    seconds: float = READ_SECONDS,
) -> Optional[list[str]]:
    """Return the pods on a node, but a run's own, that hold accelerators; None, and why to ``unseen``, if they cannot be listed."""
    source = Source(PODS, {"fieldSelector": f"spec.nodeName={node}"})
    try:
        pods = read(client, {"pods": source}, Deadline(seconds))["pods"]
    except ApiError as error:
        unseen(error)
        return None
    return [_full_name(each) for each in pods if _holds(each, run)]


def _holds(pod: Mapping[str, Any], run: str) -> bool:
    mine = (pod["metadata"].get("labels") or {}).get(RUN_LABEL, "") == run
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    limits = [(each.get("resources") or {}).get("limits") or {} for each in pod["spec"]["containers"]]
    return not mine and not over and any(row.owns(name) for each in limits for name in each for row in ACCELERATORS.values())


def _why(waiting: Sequence[JobState]) -> str:
    reasons = sorted({state.reason for state in waiting if state.reason in TELLING_REASONS})
    return f" ({', '.join(reasons)})" if reasons else ""


def without_facts(result: NodeResult) -> NodeResult:
    """Return the result as it is kept: a thousand nodes' every reading would be most of the memory, and what is judged later is elsewhere."""
    if result.inventory is None:
        return result
    devices = tuple(replace(each, facts={}) for each in result.inventory.devices)
    return replace(result, inventory=replace(result.inventory, devices=devices))


def _full_name(item: Mapping[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
