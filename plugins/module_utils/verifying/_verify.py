# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifies the accelerators of a selection of nodes: the one run, from its targets through its rounds to its outcome.

This file is internal to the collection and may change in any release. What decides is in _verification.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION, Interrupted
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import PRIVILEGED
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marking import put_marks
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import planned_marks
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._privileged import refuse_privileged
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import (
    BUSY,
    FAILED,
    INCOMPLETE,
    PASSED,
    UNKNOWN,
    sentence,
    summary,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observer
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import Lack
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import sweep
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import ensure_namespace
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._own_nodes import OwnNodes
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._remarks import Remarks
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._rounds import Rounds
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._targets import Targets
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import (
    NodeResult,
    Subject,
    unfinished,
)


class Verification:
    """One run over one cluster; ``observe`` is told what each check left, as Rounds does."""

    def __init__(self, client: Client, request: Request, progress: Progress, observe: Observer = lambda _observation: None) -> None:
        self._client, self._request = client, request
        self._run = secrets.token_hex(4)
        # One for all that is waited for, but for computations, which have their own, and for nodes to go that are given back.
        self._deadline = Deadline(request.wait_timeout)
        self._date = now_text()[:10]
        self._remarks = Remarks()
        self._targets = Targets(client, request, self._remarks)
        self._own = OwnNodes(client, self._run, request, progress)
        self._rounds = Rounds(client, request, self._run, self._deadline, self._targets, self._remarks, progress, observe)
        self._found: Sequence[Subject] = ()
        self._results: Sequence[NodeResult] = ()
        self._checked = False
        self._marked: Mapping[str, list[str]] = {}

    def plan(self) -> dict[str, Any]:
        """Return what a run would do, having changed nothing."""
        lacks, found = self._targets.lacking(), self._targets.all()
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
            self._remarks.leftovers = self._left()
        except CollectionError as error:
            # An end of all that is not a verdict on nodes leaves no less behind.
            self._remarks.leftovers = self._left()
            if not self._rounds.seen:
                raise self._nothing_seen(error) from error
            trouble, self._results = error, self._as_far_as_known("the verification was ended")
        return self._outcome([{**each.to_dict(), "marked": self._marked.get(each.subject.name, [])} for each in self._results], trouble)

    def _as_far_as_known(self, why: str) -> Sequence[NodeResult]:
        """Return what is known of each node where the run has ended before its time."""
        if self._checked:
            return self._results
        whole = self._request.depth.repeat == 1 and not self._request.depth.full
        return [unfinished(each, why, self._rounds.seen.get(each.name), whole) for each in self._found]

    def _nothing_seen(self, error: CollectionError) -> CollectionError:
        """Return the end of a run that has looked at no node, with what it has left and made."""
        made = {name: found for name, found in self._own.result.items() if found}
        left = {"leftovers": self._remarks.leftovers} if self._remarks.leftovers else {}
        return CollectionError(" ".join([error.message, *self._remarks.leftovers]), **{**error.result, **left, **made})

    def _left(self) -> list[str]:
        """Return a sentence for each thing of this run that could not be removed, however its removal ended."""
        left = (*self._remarks.leftovers, *self._own.leftovers, *(each for each in INTERRUPTION.left if self._run in each))
        return list(dict.fromkeys(left))

    def _run_through(self) -> Optional[CollectionError]:
        """Come to a verdict on each node; return why nodes that were asked for are not ready."""
        lacks = self._targets.lacking()
        self._found = self._targets.all()
        self._refuse_nothing(self._found, lacks)
        self._refuse_probe()
        ensure_namespace(self._client, self._request.namespace)
        self._remarks.leftovers += sweep(self._client, self._request.namespace)
        try:
            trouble = self._ask_for_nodes(lacks) if lacks else None
            self._found = self._targets.all()
            self._results, self._checked = self._rounds.results(self._found, settle=trouble is None), True
            self._marked, unmarked = put_marks(self._client, self._results, self._request.depth, self._date)
        except CollectionError:
            self._own.give_back()
            raise
        self._remarks.leftovers += unmarked
        self._own.give_back()
        self._remarks.leftovers = self._left()
        return trouble

    def _refuse_probe(self) -> None:
        if self._request.depth.probe == PRIVILEGED:
            refuse_privileged(self._client, self._request.namespace)

    def _ask_for_nodes(self, lacks: Mapping[str, Lack]) -> Optional[CollectionError]:
        before = [each.uid for each in self._targets.node_claims()]
        return self._own.ask(self._targets.demands(lacks), before, self._deadline.remaining)

    def _refuse_nothing(self, found: Sequence[Subject], lacks: Mapping[str, Lack]) -> None:
        if not found and not lacks:
            raise CollectionError(
                f"There is nothing to verify: the selection ({self._targets.selection}) holds no node that should have accelerators. "
                "Select other nodes, or ask for some with the option provision.",
                nodes=[],
                summary=summary([]),
                leftovers=[],
            )

    def _outcome(self, results: list[dict[str, Any]], trouble: Optional[CollectionError]) -> dict[str, Any]:
        counts = summary(results, self._request.min_coverage)
        outcome = {
            "changed": self._own.asked or any(each["marked"] for each in results),
            "nodes": results,
            "summary": counts,
            "leftovers": self._remarks.leftovers,
            **self._own.result,
            "warnings": list(dict.fromkeys((*self._remarks.warnings, *self._own.warnings))),
        }
        sentences = [trouble.message] if trouble else []
        sentences += [sentence(each) for each in results if self._spoils(each, counts)][:3]
        sentences += [f"NodePool {pool} has no node with accelerators." for pool in self._targets.empty_pools(_pools_of(results))]
        sentences += self._remarks.leftovers
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


def _pools_of(results: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["node_pool"] for each in results}
