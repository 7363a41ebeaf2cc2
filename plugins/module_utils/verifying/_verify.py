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

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION, Interrupted
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import PRIVILEGED
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._dra import RESOURCE_SLICES, hindered, published, served_by_dra
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._look_again import repeated, settled
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marking import put_marks
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import planned_marks
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._node_tests import NodeTests
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._privileged import PrivilegedPass, refuse_privileged
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Question, Verdict, of_claim
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import NODES, PODS, by_name, gather
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import EVENTS
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import (
    BUSY,
    FAILED,
    INCOMPLETE,
    PASSED,
    UNKNOWN,
    sentence,
    summary,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import (
    CheckPass,
    Observation,
    Observer,
    without_facts,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import (
    Lack,
    accelerator_of_pool,
    free_on,
    holding_of,
    lacking,
    taints_of_pool,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import sweep
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import ensure_namespace
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import MODULE_SECONDS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._own_nodes import OwnNodes
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._provision import Demand
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import (
    NodeResult,
    Subject,
    excluded,
    obstacle,
    subjects,
    unfinished,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    NODECLAIMS,
    NODEPOOLS,
    Goal,
    NodeClaim,
    without_karpenter,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Selection

READ_SECONDS = 60  # So long a list may take, faults that pass included.


class Verification:
    """One run over one cluster.

    What each check left, its whole log included, is told to ``observe`` as soon as it is judged, and not kept.
    """

    def __init__(self, client: Client, request: Request, progress: Progress, observe: Observer = lambda _observation: None) -> None:
        self._client, self._request, self._progress, self._observe = client, request, progress, observe
        self._run = secrets.token_hex(4)
        # One for all that is waited for, but for computations, which have their own, and for nodes to go that are given back.
        self._deadline = Deadline(request.wait_timeout)
        self._leftovers: list[str] = []
        self._date = now_text()[:10]
        self._own = OwnNodes(client, self._run, request, progress)
        self._warnings: list[str] = []
        self._passes = 0
        self._found: Sequence[Subject] = ()
        self._seen: dict[str, NodeResult] = {}
        self._results: Sequence[NodeResult] = ()
        self._checked = False
        self._marked: Mapping[str, list[str]] = {}

    def plan(self) -> dict[str, Any]:
        """Return what a run would do, having changed nothing."""
        lacks, found = self._lacking(), self._subjects()
        self._refuse_nothing(found, lacks)
        self._refuse_probe()
        words = [f"ask for {lack.missing} nodes of NodePool {pool}" for pool, lack in lacks.items()]
        words += [f"verify {each.name} ({each.expected.instance_type})" for each in found]
        marks, marking = planned_marks(found, self._request.depth, self._date)
        words += marks
        return {
            "changed": bool(lacks) or marking,
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
        try:
            trouble = self._run_through()
        except Interrupted as interruption:
            INTERRUPTION.clean()
            why = f"interrupted ({interruption.name})"
            trouble = CollectionError(f"The verification was {why}. {self._own.let_go()}".strip())
            self._results = self._as_far_as_known(f"the module was {why}")
            self._leftovers = self._left()
        except CollectionError as error:
            # An end of all that is not a verdict on nodes leaves no less behind.
            self._leftovers = self._left()
            if not self._seen:
                raise self._nothing_seen(error) from error
            trouble, self._results = error, self._as_far_as_known("the verification was ended")
        return self._outcome([{**each.to_dict(), "marked": self._marked.get(each.subject.name, [])} for each in self._results], trouble)

    def _as_far_as_known(self, why: str) -> Sequence[NodeResult]:
        """Return what is known of each node where the run has ended before its time."""
        if self._checked:
            return self._results
        whole = self._request.depth.repeat == 1 and not self._request.depth.full
        return [unfinished(each, why, self._seen.get(each.name), whole) for each in self._found]

    def _nothing_seen(self, error: CollectionError) -> CollectionError:
        """Return the end of a run that has looked at no node, with what it has left and made."""
        made = {name: found for name, found in self._own.result.items() if found}
        left = {"leftovers": self._leftovers} if self._leftovers else {}
        return CollectionError(" ".join([error.message, *self._leftovers]), **{**error.result, **left, **made})

    def _left(self) -> list[str]:
        """Return a sentence for each thing of this run that could not be removed, however its removal ended."""
        left = (*self._leftovers, *self._own.leftovers, *(each for each in INTERRUPTION.left if self._run in each))
        return list(dict.fromkeys(left))

    def _run_through(self) -> Optional[CollectionError]:
        """Come to a verdict on each node; return why nodes that were asked for are not ready."""
        lacks = self._lacking()
        self._found = self._subjects()
        self._refuse_nothing(self._found, lacks)
        self._refuse_probe()
        ensure_namespace(self._client, self._request.namespace)
        self._leftovers += sweep(self._client, self._request.namespace)
        try:
            trouble = self._ask_for_nodes(lacks) if lacks else None
            self._found = self._subjects()
            self._results, self._checked = self._check(self._found, settle=trouble is None), True
            self._marked, unmarked = put_marks(self._client, self._results, self._request.depth, self._date)
        except CollectionError:
            self._own.give_back()
            raise
        self._leftovers += unmarked
        self._own.give_back()
        self._leftovers = self._left()
        return trouble

    def _refuse_probe(self) -> None:
        if self._request.depth.probe == PRIVILEGED:
            refuse_privileged(self._client, self._request.namespace)

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
        """Return the nodes that there are; refuse a name that none of them has."""
        nodes = self._read(NODES, self._selection().query)
        names = {each["metadata"]["name"] for each in nodes}
        missing = [each for each in self._request.scope.nodes if each not in names]
        if missing:
            raise CollectionError(f"nodes names {', '.join(missing)}, but the selection ({self._selection()}) holds no such Node.")
        return self._of(nodes)

    def _of(self, nodes: Sequence[Mapping[str, Any]]) -> tuple[Subject, ...]:
        return subjects(self._request.scope, nodes, self._claims(), self._told())

    def _told(self) -> list[dict[str, Any]]:
        """Return the events about Nodes; none, with a warning, without the right to list events."""
        try:
            return self._read(EVENTS, {"fieldSelector": "involvedObject.kind=Node"})
        except ApiError as error:
            self._warn(f"What is told of nodes in events cannot be seen. {error.message}")
            return []

    def _lacking(self) -> dict[str, Lack]:
        """Return the pools that need more nodes; refuse a pool that does not exist, or has no accelerators to provision."""
        for pool in (*self._selection().node_pools, *self._request.scope.expect.pools):
            self._pool(pool)
        wanted = self._wanted()
        claims = self._claims() if wanted else []
        lacks = lacking(wanted, claims, {})
        # Which of the nodes that are there are busy matters only where there are some, and too few.
        return lacking(wanted, claims, self._free()) if any(each.missing < each.wanted for each in lacks.values()) else lacks

    def _free(self) -> dict[str, int]:
        """Return how many accelerators the nodes have left; none of it, with a warning, without the right to list pods."""
        query = {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}
        try:
            held = read(self._client, {"pods": Source(PODS, query, holding_of)}, Deadline(READ_SECONDS))["pods"]
        except ApiError as error:
            self._warn(f"Which nodes are busy cannot be seen, so more may be asked for than a pool lacks. {error.message}")
            return {}
        return free_on(self._read(NODES, self._selection().query), held)

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

    def _refuse_nothing(self, found: Sequence[Subject], lacks: Mapping[str, Lack]) -> None:
        if not found and not lacks:
            raise CollectionError(
                f"There is nothing to verify: the selection ({self._selection()}) holds no node that should have accelerators. "
                "Select other nodes, or ask for some with the option provision.",
                nodes=[],
                summary=summary([]),
                leftovers=[],
            )

    def _ask_for_nodes(self, lacks: Mapping[str, Lack]) -> Optional[CollectionError]:
        before = [each.uid for each in self._claims()]
        return self._own.ask(self._demands(lacks), before, self._deadline.remaining)

    def _demands(self, lacks: Mapping[str, Lack]) -> list[Demand]:
        return [Demand(pool, lack, self._accelerator(pool), taints_of_pool(self._pool(pool))) for pool, lack in lacks.items()]

    # Checking

    def _check(self, found: Sequence[Subject], settle: bool) -> list[NodeResult]:
        """Return a result for each node, from as many looks, and as deep ones, as are wanted.

        Args:
            found: The nodes.
            settle: Whether what may settle is waited for; a wait for these nodes that has failed was long enough.
        """
        depth = self._request.depth
        results: Sequence[NodeResult] = self._look(found)
        # One more look must have time, or it would say less than the one before.
        spare = max(0.0, self._deadline.remaining - MODULE_SECONDS)
        results = settled(results, self._look_at, Deadline(min(depth.settle_timeout, spare) if settle else 0), self._progress)
        results = repeated(results, self._look_at, depth.repeat, self._progress, self._deadline)
        if depth.probe == PRIVILEGED:
            results = self._looked_at_busy(results)
        return compared(self._tested(results) if depth.full else results)

    def _looked_at_busy(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        busy = [each.subject for each in results if each.verdict == BUSY]
        looked = self.one_pass(busy, self._deadline, PrivilegedPass) if busy and self._deadline.remaining else []
        found = {each.subject.name: each for each in looked}
        return [found.get(each.subject.name, each) for each in results]

    def _tested(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        listing = CheckPass(self._client, self._request, self._run, self._passes + 1, self._progress, self._tell)
        tests = NodeTests(self._client, self._request, self._run, listing.manifest, self._deadline, self._progress)
        try:
            return tests.results(results)
        finally:
            self._leftovers += tests.leftovers
            self._warn(*tests.notes)

    def _look_at(self, names: Sequence[str]) -> list[NodeResult]:
        """Look at nodes as they are now; one that is gone is not among the results."""
        nodes = self._read(NODES, self._selection().query)
        wanted = set(names)
        return self._look([each for each in self._of(nodes) if each.name in wanted])

    def _look(self, found: Sequence[Subject]) -> list[NodeResult]:
        """Return a result for each node, those that cannot be checked included."""
        causes, served = self._causes(found), self._served_by_dra(found)
        exclusions = self._request.scope.exclude
        blocked = {
            each.name: excluded(each, exclusions) or hindered(obstacle(each, causes.get(each.name)), served.get(each.name))
            for each in found
        }
        for each in filter(None, blocked.values()):
            self._tell(Observation(0, each.subject, None, each, cause=causes.get(each.subject.name)))
        checked = self.one_pass([each for each in found if blocked[each.name] is None], self._deadline)
        results = {each.subject.name: each for each in checked}
        return [blocked[each.name] or results[each.name] for each in found]

    def _served_by_dra(self, found: Sequence[Subject]) -> dict[str, NodeResult]:
        """Return the verdict on each node whose devices DRA serves; ResourceSlices are read only where a node offers nothing else."""
        if all(each.offered or each.node is None for each in found):
            return {}
        slices = self._slices()
        verdicts = {each.name: served_by_dra(each, published(slices)) for each in found}
        return {name: verdict for name, verdict in verdicts.items() if verdict}

    def _slices(self) -> list[dict[str, Any]]:
        for path in RESOURCE_SLICES:
            try:
                return self._read(path)
            except ApiError as error:
                if error.status != 404:
                    self._warn(f"Whether DRA serves a node cannot be seen. {error.message}")
                    return []
        return []

    def _warn(self, *sentences: str) -> None:
        self._warnings += [each for each in dict.fromkeys(sentences) if each not in self._warnings]

    def one_pass(self, nodes: Sequence[Subject], deadline: Deadline, kind: type[CheckPass] = CheckPass) -> list[NodeResult]:
        """Run a Job on each of these nodes and return their results in the same order; each call is a pass with Jobs of its own."""
        self._passes += 1
        checks = kind(self._client, self._request, self._run, self._passes, self._progress, self._tell)
        try:
            return checks.results(nodes, deadline)
        finally:
            self._leftovers += checks.leftovers
            self._warn(*checks.notes)

    def _tell(self, observation: Observation) -> None:
        self._seen[observation.subject.name] = without_facts(observation.result)
        self._observe(observation)

    def _causes(self, found: Sequence[Subject]) -> dict[str, Verdict]:
        """Return why NodeClaims are not ready, by the subject's name."""
        behind = [each for each in found if each.claim and (each.node is None or each.claim.blocking)]
        if not behind:
            return {}
        evidence = gather(self._client, Question([each.claim for each in behind if each.claim], Goal("ready")))
        self._warn(*evidence.unreadable)
        return {each.name: of_claim(each.claim, evidence) for each in behind if each.claim}

    # The end

    def _outcome(self, results: list[dict[str, Any]], trouble: Optional[CollectionError]) -> dict[str, Any]:
        counts = summary(results, self._request.min_coverage)
        outcome = {
            "changed": self._own.asked or any(each["marked"] for each in results),
            "nodes": results,
            "summary": counts,
            "leftovers": self._leftovers,
            **self._own.result,
            "warnings": list(dict.fromkeys((*self._warnings, *self._own.warnings))),
        }
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
