# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tests nodes that have passed beyond the listing: isolation and computations, a round of Jobs over all nodes for each.

This file is internal to the collection and may change in any release. What decides is in _isolation and _test_results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import SCHEDULED, ComputeTest
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._isolation import Judged, judge_bystander, judge_pair
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_jobs import TEST, bystander_job, compute_job, holder_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import judge_compute
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import JobRun, Limits, run_labels
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

SPARE_SECONDS = 60  # Beyond a test's own timeout, for its Job to be made and told of.

Manifest = dict[str, Any]
States = Sequence[Optional[JobState]]


@dataclass(frozen=True)
class Round:
    """One test of all nodes that it is for.

    Attributes:
        name: For progress lines.
        jobs: Given a node, its listing's Job, and the number of the batch: the Jobs of the test.
        judge: Given a node, how these Jobs ended, in order, and how long they took: what that says.
        fits: Whether the test is for a node.
        jobs_each: How many Jobs a node has at a time, at most.
        timeout: Seconds for each node's Jobs; 0 for the run's own.
    """

    name: str
    jobs: Callable[[Subject, Manifest, int], list[Manifest]]
    judge: Callable[[Subject, States, float], Judged]
    fits: Callable[[Subject], bool] = lambda subject: True
    jobs_each: int = 1
    timeout: int = 0


class NodeTests:
    """The tests of one run.

    Attributes:
        leftovers: After the end: a sentence for each Job that could not be deleted.
        notes: After the end: a sentence for each right that is missing to see all.
    """

    def __init__(
        self,
        client: Client,
        request: Request,
        run: str,
        manifest: Callable[[Subject, int], Manifest],
        deadline: Deadline,
        progress: Progress,
    ) -> None:
        self.leftovers: list[str] = []
        self.notes: list[str] = []
        self._client, self._request, self._run, self._manifest = client, request, run, manifest
        self._deadline, self._progress = deadline, progress
        self._batches = 0

    def results(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        """Return the results, those that have passed with what the tests add to them."""
        found = {each.subject.name: each for each in results}
        # A busy node that was looked at all the same has no devices to spare.
        subjects = [each.subject for each in results if each.verdict == PASSED and each.probe == SCHEDULED]
        for each in self._rounds():
            fitting = [subject for subject in subjects if each.fits(subject)]
            for name, judged in self._play(each, fitting).items():
                found[name] = with_test(found[name], judged)
        return [found[each.subject.name] for each in results]

    def _rounds(self) -> Iterator[Round]:
        yield Round(
            "isolation of pods without a request", self._bystander, lambda _node, states, seconds: judge_bystander(states[0], seconds)
        )
        yield Round("isolation of two pods", self._holders, _judge_pair, jobs_each=2)
        for accelerator, tests in self._request.depth.compute.items():
            for test in tests:
                yield Round(
                    f"compute {test.name}",
                    partial(self._computation, test),
                    partial(_judge_computation, test),
                    partial(_has, accelerator),
                    timeout=test.timeout,
                )

    # The Jobs

    def _bystander(self, subject: Subject, base: Manifest, number: int) -> list[Manifest]:
        return [bystander_job(base, self._run, number, subject.name, ACCELERATORS[subject.expected.accelerator])]

    def _holders(self, subject: Subject, base: Manifest, number: int) -> list[Manifest]:
        half = subject.offered // 2
        return holder_jobs(base, self._run, number, subject.name, ACCELERATORS[subject.expected.accelerator], half) if half else []

    def _computation(self, test: ComputeTest, subject: Subject, base: Manifest, number: int) -> list[Manifest]:
        return [compute_job(base, self._run, number, subject.name, test)]

    # Playing them

    def _play(self, test: Round, subjects: Sequence[Subject]) -> dict[str, Judged]:
        """Run one test on all nodes; the Jobs of one node begin together, so they are in one batch."""
        judged: dict[str, Judged] = {}
        size = max(1, self._request.max_parallel // test.jobs_each) if test.jobs_each > 1 else max(1, len(subjects))
        for start in range(0, len(subjects), size):
            judged.update(self._batch(test, subjects[start : start + size], len(subjects), len(judged)))
        return judged

    def _batch(self, test: Round, subjects: Sequence[Subject], total: int, before: int) -> dict[str, Judged]:
        self._batches += 1
        number, seconds = self._batches, test.timeout or self._request.check_timeout

        def jobs(subject: Subject, seconds: int) -> list[Manifest]:
            return test.jobs(subject, self._manifest(subject, seconds), number)

        drafts = {each.name: jobs(each, seconds) for each in subjects}
        orders = [partial(_order, jobs, each, place) for each in subjects for place in range(len(drafts[each.name]))]
        tally = _Tally(test, subjects, drafts)
        deadline = self._deadline_of(test, len(subjects))
        runs = JobRun(self._client, self._request.namespace, run_labels(self._run, TEST, number), deadline)
        try:
            with runs:
                runs.run(
                    orders,
                    Limits(max(self._request.max_parallel, test.jobs_each), seconds),
                    tally.end,
                    lambda: self._progress(lambda: {test.name: f"{before + len(tally.judged)} of {total} done"}, deadline.elapsed),
                )
        finally:
            self.leftovers += runs.leftovers
            self.notes += runs.notes
        return tally.all()

    def _deadline_of(self, test: Round, nodes: int) -> Deadline:
        if not test.timeout:
            return self._deadline
        return Deadline((test.timeout + SPARE_SECONDS) * math.ceil(nodes / self._request.max_parallel))


def _order(jobs: Callable[[Subject, int], list[Manifest]], subject: Subject, place: int, seconds: int) -> Manifest:
    return jobs(subject, seconds)[place]


class _Tally:
    """Judges each node once all of its Jobs are over, so that no output is kept for longer."""

    def __init__(self, test: Round, subjects: Sequence[Subject], jobs: Mapping[str, Sequence[Manifest]]) -> None:
        self.judged: dict[str, Judged] = {}
        self._test = test
        self._subjects = {each.name: each for each in subjects}
        self._names = {name: [job["metadata"]["name"] for job in each] for name, each in jobs.items()}
        self._node_of = {job: name for name, each in self._names.items() for job in each}
        self._states: dict[str, dict[str, JobState]] = {each.name: {} for each in subjects}
        self._seconds: dict[str, float] = {}

    def end(self, job: str, state: JobState, seconds: float) -> None:
        """Take in how a Job ended."""
        node = self._node_of[job]
        self._states[node][job] = state
        self._seconds[node] = max(seconds, self._seconds.get(node, 0.0))
        if len(self._states[node]) == len(self._names[node]):
            self._judge(node)

    def all(self) -> dict[str, Judged]:
        """Return what all nodes' Jobs say, those that never came to an end included."""
        for node in self._subjects.keys() - self.judged.keys():
            self._judge(node)
        return self.judged

    def _judge(self, node: str) -> None:
        states = [self._states[node].get(job) for job in self._names[node]]
        self.judged[node] = self._test.judge(self._subjects[node], states, self._seconds.get(node, 0.0))
        self._states[node] = {job: replace(state, log="") for job, state in self._states[node].items()}


def with_test(result: NodeResult, judged: Judged) -> NodeResult:
    """Return the verdict on a node after one more test: what failed fails it, and what could not be shown is not shown."""
    test, findings = judged
    worse = {FAILED: FAILED, UNKNOWN: FAILED if result.verdict == FAILED else UNKNOWN}
    verdict = worse.get(test.outcome, result.verdict)
    return replace(result, verdict=verdict, findings=(*result.findings, *findings), tests=(*result.tests, test))


def _judge_pair(subject: Subject, states: States, seconds: float) -> Judged:
    return judge_pair(ACCELERATORS[subject.expected.accelerator], states, seconds)


def _judge_computation(test: ComputeTest, subject: Subject, states: States, seconds: float) -> Judged:
    return judge_compute(test, states[0], seconds)


def _has(accelerator: str, subject: Subject) -> bool:
    return subject.expected.accelerator == accelerator
