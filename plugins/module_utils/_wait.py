# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits for NodeClaims: follows the selection, keeps the ledger, and ends with a result or a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._diagnosis import Verdict, diagnose
from ansible_collections.accelerated.nodes.plugins.module_utils._diagnosis import verdict as verdict_of
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._evidence import gather, nodes_by_name
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import (
    ABSENT,
    NODECLAIMS,
    Goal,
    Ledger,
    NodeClaim,
    Selection,
    accelerators_in,
    view,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._progress import Progress, wait_lines
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline, Source, View, follow

LOOK_SECONDS = 10  # How often a wait that fails fast looks for a cause that waiting cannot mend.


class Wait:
    """One wait for a selection to reach a goal.

    :param deadline: ends the wait.
    :param fail_fast: end it early for a cause that waiting cannot mend.
    """

    def __init__(
        self, client: Client, selection: Selection, goal: Goal, deadline: Deadline, progress: Progress, fail_fast: bool = True
    ) -> None:
        self._client, self._selection, self._goal = client, selection, goal
        self._deadline, self._progress, self._fail_fast = deadline, progress, fail_fast
        self._ledger = Ledger()
        self._claims: list[NodeClaim] = []
        self._look_at = deadline.elapsed + LOOK_SECONDS

    def run(self) -> dict[str, Any]:
        """Returns ``nodeclaims``, ``ledger`` and ``elapsed`` (seconds) once the goal is met.

        :raises CollectionError: the deadline passed, or waiting cannot help; carries the same keys and ``verdict``.
        """
        trouble: dict[str, str] = {}
        for seen in self._views():
            trouble = seen.trouble
            self._note(seen)
            if self._goal.met(self._claims):
                return self._outcome()
            if self._fail_fast and self._deadline.elapsed >= self._look_at:
                self._end_if_hopeless()
        if trouble:
            raise self._failure("The wait ended", verdict_of("API server", "ConnectionLost", "; ".join(trouble.values())))
        raise self._failure("The wait ended", *self._diagnosis())

    def _views(self) -> Iterator[View]:
        try:
            yield from follow(self._client, {"nodeclaims": Source(NODECLAIMS, self._selection.query)}, self._deadline)
        except ApiError as error:
            raise without_karpenter(error) from error

    def _note(self, seen: View) -> None:
        self._claims = claims_in(seen.objects["nodeclaims"].values(), self._selection)
        self._ledger.record(self._claims, claims_in((item for _name, item in seen.gone), self._selection))
        self._progress({**wait_lines(self._claims, self._goal), **contact_lines(seen)}, self._deadline.elapsed)

    def _end_if_hopeless(self) -> None:
        self._look_at = self._deadline.elapsed + LOOK_SECONDS
        verdict, notes = self._diagnosis()
        if verdict.hopeless:
            raise self._failure("Waiting was ended early, as it cannot help,", verdict, notes)

    def _diagnosis(self) -> tuple[Verdict, Sequence[str]]:
        evidence = gather(self._client, self._claims)
        return diagnose(self._claims, self._goal, evidence, self._selection.node_pools), evidence.unreadable

    def _outcome(self) -> dict[str, Any]:
        return {
            "nodeclaims": views(self._client, self._claims),
            "ledger": self._ledger.entries,
            "elapsed": round(self._deadline.elapsed, 1),
            "changed": False,
        }

    def _failure(self, head: str, verdict: Verdict, notes: Sequence[str] = ()) -> CollectionError:
        try:
            result = self._outcome()
        except ApiError as error:  # The verdict is worth more than the list of claims.
            result = {"nodeclaims": [], "ledger": self._ledger.entries, "elapsed": round(self._deadline.elapsed, 1)}
            notes = [*notes, error.message]
        sentence = f"{head} after {result['elapsed']:.0f} s with {self._count()}. {verdict}"
        return CollectionError(" ".join((sentence, *notes)), verdict=verdict.result, **result)

    def _count(self) -> str:
        if self._goal.state == ABSENT:
            return f"{len(self._claims)} NodeClaims left"
        done = len(self._goal.done(self._claims))
        return f"{done} of {max(self._goal.count, len(self._claims))} NodeClaims {self._goal.state}"


def without_karpenter(error: ApiError) -> CollectionError:
    """The error, or where the API server does not know NodeClaims the sentence that says so."""
    if error.status != 404:
        return error
    return CollectionError(
        "The cluster does not know NodeClaims: Karpenter's CRDs are not installed. Run the role accelerated.nodes.karpenter first."
    )


def claims_in(objects: Iterable[dict], selection: Selection) -> list[NodeClaim]:
    """The selected claims among objects, by name."""
    claims = (NodeClaim.from_object(item) for item in objects)
    return sorted((claim for claim in claims if selection.matches(claim)), key=lambda claim: claim.name)


def contact_lines(seen: View) -> dict[str, str]:
    """What a user should know of the connection: that it is being mended, or that objects are polled."""
    lost = {f"connection for {name}": f"being mended: {text}" for name, text in seen.trouble.items()}
    polled = dict.fromkeys(sorted(seen.polled), "watching them is not allowed (verb watch), so they are listed again every 5 s")
    return {**polled, **lost}


def views(client: Client, claims: Sequence[NodeClaim]) -> list[dict[str, Any]]:
    """The claims as the modules return them, with what their Nodes have registered."""
    nodes = nodes_by_name(client) if any(claim.node for claim in claims) else {}
    now = datetime.now(timezone.utc)
    return [view(claim, now, accelerators_in(_allocatable(nodes.get(claim.node)))) for claim in claims]


def _allocatable(node: dict | None) -> dict[str, Any]:
    return ((node or {}).get("status") or {}).get("allocatable") or {}
