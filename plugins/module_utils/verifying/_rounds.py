# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at nodes as often, and as deeply, as a request wants.

This file is internal to the collection and may change in any release. What decides is in _verification, and in depth's _looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import PRIVILEGED
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._dra import RESOURCE_SLICES, hindered, published, served_by_dra
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._look_again import repeated, settled
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._node_tests import NodeTests
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._privileged import PrivilegedPass
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Question, Verdict, of_claim
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import gather
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import BUSY
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import CheckPass, Observation, Observer, without_facts
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import MODULE_SECONDS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._remarks import Remarks
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._targets import Targets
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject, excluded, obstacle
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal


class Rounds:
    """The passes of one run over its nodes.

    What each check left, its whole log included, is told to ``observe`` as soon as it is judged, and not kept.

    Attributes:
        seen: The last verdict on each node that was looked at, by its name; also where the run is ended before its time.
    """

    def __init__(
        self,
        client: Client,
        request: Request,
        run: str,
        deadline: Deadline,
        targets: Targets,
        remarks: Remarks,
        progress: Progress,
        observe: Observer,
    ) -> None:
        self.seen: dict[str, NodeResult] = {}
        self._client, self._request, self._run, self._deadline = client, request, run, deadline
        self._targets, self._remarks, self._progress, self._observe = targets, remarks, progress, observe
        self._passes = 0

    def results(self, found: Sequence[Subject], settle: bool) -> list[NodeResult]:
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

    def one_pass(self, nodes: Sequence[Subject], deadline: Deadline, kind: type[CheckPass] = CheckPass) -> list[NodeResult]:
        """Run a Job on each of these nodes and return their results in the same order; each call is a pass with Jobs of its own."""
        self._passes += 1
        checks = kind(self._client, self._request, self._run, self._passes, self._progress, self._tell)
        try:
            return checks.results(nodes, deadline)
        finally:
            self._remarks.leftovers += checks.leftovers
            self._remarks.warn(*checks.notes)

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
            self._remarks.leftovers += tests.leftovers
            self._remarks.warn(*tests.notes)

    def _look_at(self, names: Sequence[str]) -> list[NodeResult]:
        """Look at nodes as they are now; one that is gone is not among the results."""
        return self._look(self._targets.named(names))

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
                return self._targets.read(path)
            except ApiError as error:
                if error.status != 404:
                    self._remarks.warn(f"Whether DRA serves a node cannot be seen. {error.message}")
                    return []
        return []

    def _tell(self, observation: Observation) -> None:
        self.seen[observation.subject.name] = without_facts(observation.result)
        self._observe(observation)

    def _causes(self, found: Sequence[Subject]) -> dict[str, Verdict]:
        """Return why NodeClaims are not ready, by the subject's name."""
        behind = [each for each in found if each.claim and (each.node is None or each.claim.blocking)]
        if not behind:
            return {}
        evidence = gather(self._client, Question([each.claim for each in behind if each.claim], Goal("ready")))
        self._remarks.warn(*evidence.unreadable)
        return {each.name: of_claim(each.claim, evidence) for each in behind if each.claim}
