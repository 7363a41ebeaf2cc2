# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifies the accelerators of a selection of nodes: reads, asks for nodes, runs the checks, and reports.

This file is internal to the collection and may change in any release. What decides is in _verification.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._demand import accelerator_of_pool, lacking, taints_of_pool
from ansible_collections.accelerated.nodes.plugins.module_utils._diagnosis import Question, Verdict, of_claim
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._evidence import EVENTS, NODES, PODS, by_name, gather
from ansible_collections.accelerated.nodes.plugins.module_utils._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils._job_runs import JobRun, ensure_namespace
from ansible_collections.accelerated.nodes.plugins.module_utils._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils._jobs import (
    CHECK,
    HOSTNAME_LABEL,
    RUN_LABEL,
    check_job,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import (
    NODECLAIMS,
    NODEPOOLS,
    Goal,
    NodeClaim,
    without_karpenter,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils._provision import Demand, provision
from ansible_collections.accelerated.nodes.plugins.module_utils._reading import Reading
from ansible_collections.accelerated.nodes.plugins.module_utils._report import BUSY, FAILED, INCOMPLETE, PASSED, UNKNOWN, sentence, summary
from ansible_collections.accelerated.nodes.plugins.module_utils._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils._selection import Selection
from ansible_collections.accelerated.nodes.plugins.module_utils._verification import (
    NodeResult,
    Subject,
    conclude,
    excluded,
    obstacle,
    subjects,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline, Source, read

READ_SECONDS = 60  # So long a list may take, faults that pass included.
# Why a check waits, as far as it is news; others are what every pod goes through.
TELLING_REASONS = ("ErrImagePull", "ReadingLog", "Unschedulable")


class Verification:
    """One run over one cluster."""

    def __init__(self, client: Client, request: Request, progress: Progress) -> None:
        self._client, self._request, self._progress = client, request, progress
        self._run = secrets.token_hex(4)
        self._leftovers: list[str] = []
        self._provisioned = False

    def plan(self) -> dict[str, Any]:
        """Return what a run would do, having changed nothing."""
        lacks, found = self._lacking(), self._subjects()
        self._refuse_nothing(found, lacks)
        words = [f"ask for {number} nodes of NodePool {pool}" for pool, number in lacks.items()]
        words += [f"verify {each.name} ({each.expected.instance_type})" for each in found]
        return {
            "changed": bool(lacks),
            "plan": words,
            "nodes": [],
            "leftovers": [],
            "summary": {**summary([]), "text": "nothing was verified"},
        }

    def run(self) -> dict[str, Any]:
        """Verify, and return the results.

        Raises:
            CollectionError: A node has not passed, or there is none; carries the same results.
        """
        lacks = self._lacking()
        self._refuse_nothing(self._subjects(), lacks)
        ensure_namespace(self._client, self._request.namespace)
        trouble = self._ask_for_nodes(lacks) if lacks else None
        found = self._subjects()
        results = [each.to_dict() for each in self._check(found)]
        return self._outcome(results, trouble)

    # What there is

    def _selection(self) -> Selection:
        pools = (*self._request.scope.node_pools, *self._request.provision)
        return Selection(node_pools=tuple(dict.fromkeys(pools)), label_selectors=self._request.label_selectors)

    def _claims(self) -> list[NodeClaim]:
        try:
            items = self._read(NODECLAIMS, self._selection().query)
        except ApiError as error:
            raise without_karpenter(error) from error
        return [NodeClaim.from_object(each) for each in items]

    def _read(self, path: str, query: Optional[dict[str, str]] = None) -> list[dict[str, Any]]:
        """List objects; faults that pass are outlasted."""
        deadline = Deadline(min(READ_SECONDS, self._request.wait_timeout))
        return read(self._client, {"objects": Source(path, query or {})}, deadline)["objects"]

    def _subjects(self) -> tuple[Subject, ...]:
        nodes = self._read(NODES, self._selection().query)
        names = {each["metadata"]["name"] for each in nodes}
        missing = [each for each in self._request.scope.nodes if each not in names]
        if missing:
            raise CollectionError(f"nodes names {', '.join(missing)}, but the selection ({self._selection()}) holds no such Node.")
        return subjects(self._request.scope, nodes, self._claims(), self._told())

    def _told(self) -> list[dict[str, Any]]:
        """Return the events about Nodes; none without the right to list events."""
        reading = Reading(self._client, Deadline(READ_SECONDS))
        return reading.objects(EVENTS, {"fieldSelector": "involvedObject.kind=Node"})

    def _lacking(self) -> dict[str, int]:
        """Return the pools that need more nodes; refuse a pool that does not exist, or has no accelerators to provision."""
        for pool in (*self._selection().node_pools, *self._request.scope.expect.pools):
            self._pool(pool)
        wanted = self._wanted()
        return lacking(wanted, self._claims()) if wanted else {}

    def _wanted(self) -> dict[str, int]:
        """Return the number of nodes that there must be, by NodePool."""
        request = self._request
        for pool in (*request.provision, *(request.scope.node_pools if request.provision_each else ())):
            self._accelerator(pool)
        if not request.provision_each:
            return dict(request.provision)
        each = request.scope.node_pools or [name for name, pool in self._pools.items() if accelerator_of_pool(pool)]
        return {**dict.fromkeys(each, request.provision_each), **request.provision}

    @cached_property
    def _pools(self) -> dict[str, dict[str, Any]]:
        """The cluster's NodePools, by name, in the order of their names."""
        try:
            found = by_name(self._read(NODEPOOLS))
        except ApiError as error:
            raise without_karpenter(error) from error
        return {name: found[name] for name in sorted(found)}

    def _pool(self, name: str) -> dict[str, Any]:
        if name not in self._pools:
            raise CollectionError(f"There is no NodePool {name} in the cluster; there are: {', '.join(self._pools) or 'none at all'}.")
        return self._pools[name]

    def _accelerator(self, pool: str) -> Accelerator:
        found = accelerator_of_pool(self._pool(pool))
        if found is None:
            raise CollectionError(
                f"provision asks for nodes of NodePool {pool}, but its requirements do not lead to instance types with one kind of "
                f"accelerator ({' or '.join(ACCELERATORS)}). Name a pool of accelerator nodes."
            )
        return found

    def _refuse_nothing(self, found: Sequence[Subject], lacks: Mapping[str, int]) -> None:
        if not found and not lacks:
            raise CollectionError(
                f"There is nothing to verify: the selection ({self._selection()}) holds no node that should have accelerators. "
                "Select other nodes, or ask for some with the option provision.",
                nodes=[],
                summary=summary([]),
                leftovers=[],
            )

    def _ask_for_nodes(self, lacks: Mapping[str, int]) -> Optional[CollectionError]:
        self._provisioned = True
        asked = provision(self._client, self._run, self._demands(lacks), self._request, self._progress)
        self._leftovers += asked.leftovers
        return asked.trouble

    def _demands(self, lacks: Mapping[str, int]) -> list[Demand]:
        return [Demand(pool, number, self._accelerator(pool), taints_of_pool(self._pool(pool))) for pool, number in lacks.items()]

    # Checking

    def _check(self, found: Sequence[Subject]) -> list[NodeResult]:
        """Return a result for each node, having run a Job on each that can be checked."""
        causes = self._causes(found)
        exclusions = self._request.scope.exclude
        blocked = {each.name: excluded(each, exclusions) or obstacle(each, causes.get(each.name)) for each in found}
        jobs = {each.name: self._check_job(each) for each in found if blocked[each.name] is None}
        deadline = Deadline(self._request.wait_timeout)
        with JobRun(self._client, self._request.namespace, self._run, CHECK) as checks:
            if jobs:
                checks.run(jobs.values(), deadline, self._request.max_parallel, lambda states: self._report(states, len(jobs), deadline))
        self._leftovers += checks.leftovers
        return compared([blocked[each.name] or self._conclude(each, jobs[each.name]["metadata"]["name"], checks) for each in found])

    def _check_job(self, subject: Subject) -> dict[str, Any]:
        accelerator = ACCELERATORS[subject.expected.accelerator]
        node = subject.node or {}
        return check_job(
            run=self._run,
            node=subject.name,
            hostname=node["metadata"]["labels"].get(HOSTNAME_LABEL, subject.name),
            accelerator=accelerator,
            count=min(subject.offered, subject.expected.requestable or subject.offered),
            namespace=self._request.namespace,
            image=self._request.images.get(accelerator.name),
            taints=(node.get("spec") or {}).get("taints") or (),
            timeout=self._request.wait_timeout,
        )

    def _causes(self, found: Sequence[Subject]) -> dict[str, Verdict]:
        """Return why NodeClaims are not ready, by the subject's name."""
        behind = [each for each in found if each.claim and (each.node is None or each.claim.blocking)]
        if not behind:
            return {}
        evidence = gather(self._client, Question([each.claim for each in behind if each.claim], Goal("ready")))
        return {each.name: of_claim(each.claim, evidence) for each in behind if each.claim}

    def _conclude(self, subject: Subject, job: str, checks: JobRun) -> NodeResult:
        state = checks.states.get(job)
        stuck = state is not None and state.reason == "Unschedulable"
        return conclude(subject, state, checks.seconds.get(job, 0.0), self._holders(subject) if stuck else None)

    def _holders(self, subject: Subject) -> Optional[list[str]]:
        """Return the pods of others that hold the node's accelerators; None if they may not be listed."""
        resource = ACCELERATORS[subject.expected.accelerator].resource
        try:
            pods = self._read(PODS, {"fieldSelector": f"spec.nodeName={subject.name}"})
        except ApiError:
            return None
        return [_full_name(each) for each in pods if self._holds(each, resource)]

    def _holds(self, pod: Mapping[str, Any], resource: str) -> bool:
        mine = (pod["metadata"].get("labels") or {}).get(RUN_LABEL, "") == self._run
        over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        limits = [(each.get("resources") or {}).get("limits") or {} for each in pod["spec"]["containers"]]
        return not mine and not over and any(resource in each for each in limits)

    def _report(self, states: Mapping[str, JobState], total: int, deadline: Deadline) -> None:
        waiting = [state for state in states.values() if not state.over]
        reasons = sorted({state.reason for state in waiting if state.reason in TELLING_REASONS})
        why = f" ({', '.join(reasons)})" if reasons else ""
        self._progress(lambda: {"checks": f"{len(states) - len(waiting)} of {total} done{why}"}, deadline.elapsed, last=not waiting)

    # The end

    def _outcome(self, results: list[dict[str, Any]], trouble: Optional[CollectionError]) -> dict[str, Any]:
        counts = summary(results, self._request.min_coverage)
        outcome = {"changed": self._provisioned, "nodes": results, "summary": counts, "leftovers": self._leftovers}
        sentences = [trouble.message] if trouble else []
        sentences += [sentence(each) for each in results if self._spoils(each, counts)][:3]
        sentences += [f"NodePool {each} has no node with accelerators." for each in self._empty_pools(results)]
        sentences += self._leftovers
        if counts["outcome"] == PASSED and not sentences:
            return outcome
        if counts["outcome"] == INCOMPLETE:
            wanted = f"{counts['coverage']:g} % of the nodes were measured, and min_coverage is {self._request.min_coverage} %."
            sentences.insert(0, f"The verification is incomplete: {wanted}")
        verdict = {"verdict": trouble.result["verdict"]} if trouble and "verdict" in trouble.result else {}
        raise CollectionError(" ".join([counts["text"][:1].upper() + counts["text"][1:] + ".", *sentences]), **outcome, **verdict)

    @staticmethod
    def _spoils(result: Mapping[str, Any], counts: Mapping[str, Any]) -> bool:
        """Whether the run is not green for this node: what was not measured matters only if too little was."""
        unmeasured = result["verdict"] in (BUSY, UNKNOWN)
        return result["verdict"] == FAILED or (unmeasured and counts["outcome"] == INCOMPLETE)

    def _empty_pools(self, results: list[dict[str, Any]]) -> list[str]:
        if self._request.scope.nodes:
            return []
        seen = {each["node_pool"] for each in results}
        return [pool for pool in dict.fromkeys((*self._selection().node_pools, *self._wanted())) if pool not in seen]


def _full_name(item: Mapping[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
