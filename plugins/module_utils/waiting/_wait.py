# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits for NodeClaims: follows the selection, keeps the ledger, and ends with a result or a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, View, follow, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import (
    Progress,
    contact_lines,
    contact_warnings,
    wait_lines,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Verdict, diagnose, end_of, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import gather
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import EVENTS
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._investigation import Investigation
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._ledger import Ledger
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    ABSENT,
    NODECLAIMS,
    Goal,
    NodeClaim,
    views,
    without_karpenter,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._offers import Offer, offer_of, offers_of, shortfall, unreadable
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._placements import Placements
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._roster import Roster
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Selection

LOOK_SECONDS = 10  # How often a wait that fails fast looks for a cause that waiting cannot mend.
LAST_LOOK_SECONDS = 3  # So long before the deadline the evidence for the verdict is read: after it there is no time.
GRACE_SECONDS = 0.5  # So long after the deadline evidence may still come in.
OFFER_SECONDS = 1  # Between looks at what nodes have registered, while Karpenter's word is all that is missing.
TICK_SECONDS = 0.25
READ_SECONDS = 5  # So long a read of something beside the claims may take.

CLAIMS = "nodeclaims"
ENDINGS = Source(EVENTS, {"fieldSelector": "involvedObject.kind=NodeClaim"}, needed=False)


@dataclass(frozen=True)
class Order:
    """What is waited for, and how.

    :param fail_fast: end the wait early for a cause that waiting cannot mend.
    :param cluster_name: EKS name of the cluster, so that the nodes' access to it can be diagnosed; empty to leave AWS alone.
    :param region: its AWS region; empty for the environment's.
    """

    selection: Selection
    goal: Goal
    fail_fast: bool = True
    cluster_name: str = ""
    region: str = ""


class Wait:
    """One wait for a selection to reach a goal, which ``deadline`` ends."""

    def __init__(self, client: Client, order: Order, deadline: Deadline, progress: Progress) -> None:
        self._client, self._order, self._deadline, self._progress = client, order, deadline, progress
        self._goal = order.goal
        self._roster = Roster(order.goal)
        self._ledger = Ledger()
        self._placements = Placements(order.selection)
        self._investigation = Investigation(lambda question: gather(client, question))
        self._since = now_text()
        self._look_at = deadline.elapsed + LOOK_SECONDS
        self._last_look = min(LAST_LOOK_SECONDS, deadline.remaining / 3)
        self._offers: Optional[dict[str, Offer]] = None
        self._seen: dict[str, Optional[Offer]] = {}
        self._offers_at, self._offers_known = 0.0, False
        self._unread: Optional[ApiError] = None
        self._warnings: list[str] = []
        self._denied: list[str] = []
        self._short: dict[str, str] = {}
        self._beside: dict[str, str] = {}
        self._ended = False

    def run(self) -> dict[str, Any]:
        """Returns ``nodeclaims``, ``ledger`` and ``elapsed`` (seconds) once the goal is met.

        :raises CollectionError: the deadline passed, or waiting cannot help; carries the same keys and ``verdict``.
        """
        trouble: Mapping[str, ApiError] = {}
        try:
            for seen in self._views():
                trouble = seen.trouble
                self._note(seen)
                if self._roster.met and self._placements.settled and self._whole():
                    return self._success()
                self._look()
        except ApiError as error:
            raise self._refusal(error) from error
        silent = [*trouble.values(), *([self._unread] if self._unread and self._roster.met else [])]
        if silent:
            words = "; ".join(error.message for error in silent)
            raise self._failure("The wait ended", verdict("API server", "ConnectionLost", words), Evidence())
        evidence = self._investigation.result(GRACE_SECONDS) or Evidence(unreadable=["The cause could not be read in time."])
        raise self._failure("The wait ended", diagnose(self._question(), evidence), evidence)

    def _views(self) -> Iterator[View]:
        claims = Source(NODECLAIMS, self._order.selection.query, NodeClaim.from_object)
        tick = min(TICK_SECONDS, self._last_look / 3)
        yield from follow(self._client, {CLAIMS: claims, **self._placements.sources}, self._deadline, tick)

    def _note(self, seen: View) -> None:
        self._placements.note(seen)
        for claim in (item for name, item in seen.changed if name == CLAIMS):
            self._take_in(claim)
        if self._order.selection.owners:
            # Where pods are what selects, any change may change which claims are meant.
            for claim in seen.objects[CLAIMS].values():
                self._take_in(claim)
            self._placements.settle(self._roster.claims)
            self._look_when_ended()
        for claim in (item for name, item in seen.gone if name == CLAIMS and item.uid in self._roster):
            self._ledger.record([], [claim])
            self._roster.drop(claim.uid)
        self._tell(seen)

    def _look_when_ended(self) -> None:
        """Looks at once when the last of the pods asked for has ended."""
        if self._placements.ended and not self._ended:
            self._look_at = self._deadline.elapsed
        self._ended = self._placements.ended

    def _take_in(self, claim: NodeClaim) -> None:
        if self._order.selection.matches(claim, self._placements.known):
            self._roster.put(claim)
            self._ledger.record([claim])
        else:
            self._roster.drop(claim.uid)

    def _tell(self, seen: View) -> None:
        unread = {"nodes": f"being asked again: {self._unread.message}"} if self._unread else {}
        beside = {**self._short, **unread, **contact_lines(seen)}
        changed = bool(seen.changed or seen.gone or beside != self._beside)
        self._beside, self._denied = beside, contact_warnings(seen)
        self._progress(
            lambda: {**wait_lines(self._roster.claims, self._goal), **beside},
            self._deadline.elapsed,
            changed,
            last=self._roster.met,
        )

    def _whole(self) -> bool:
        """Whether the nodes of claims that Karpenter calls ready have registered all that their types promise."""
        promising = [claim for claim in self._roster.done if claim.promised and claim.node]
        if self._goal.state != "ready" or not self._goal.whole or not promising:
            return True
        if self._deadline.elapsed < self._offers_at:
            return False
        self._offers = self._read_offers(promising)
        self._offers_at = self._deadline.elapsed + OFFER_SECONDS
        self._short = dict(self._short_lines(promising, self._offers)) if self._offers_known else {}
        self._seen = {claim.node: self._offers.get(claim.node) for claim in promising} if self._offers_known else {}
        return not self._short and not self._unread

    @staticmethod
    def _short_lines(claims: Iterable[NodeClaim], offers: Mapping[str, Offer]) -> Iterator[tuple[str, str]]:
        """What keeps each of the claims that Karpenter calls ready from being so."""
        for claim in claims:
            words = shortfall(claim, offers.get(claim.node))
            if words:
                yield claim.name, f"Karpenter calls it ready; {words}"

    def _read_offers(self, claims: Iterable[NodeClaim]) -> dict[str, Offer]:
        """What the claims' nodes offer; nothing where that cannot be read now, which ``_unread`` tells."""
        before, self._unread, self._warnings, self._offers_known = self._offers_known, None, [], True
        try:
            return offers_of(self._client, claims, self._budget(), staying=True)
        except ApiError as error:
            if before and not self._deadline.remaining:
                # The wait's own end cut it off, which tells nothing of the server: what was read last still stands.
                return self._offers or {}
            self._offers_known = False
            self._warnings = [unreadable(error)]
            # Without the right to read nodes Karpenter's word stands: it has seen at least one accelerator on each.
            self._unread = error if error.status != 403 else None
            return {}

    def _budget(self) -> Deadline:
        """The time for a read of something beside the claims."""
        return Deadline(min(READ_SECONDS, self._deadline.remaining))

    def _look(self) -> None:
        """Reads evidence beside the wait: now and then where it may end the wait early, and once in time for its end."""
        last = self._deadline.remaining <= self._last_look
        if last or (self._order.fail_fast and self._deadline.elapsed >= self._look_at):
            self._look_at = self._deadline.elapsed + LOOK_SECONDS
            self._last_look = 0.0 if last else self._last_look
            self._investigation.begin(self._question())
        evidence = self._investigation.news()
        if evidence is None or not self._order.fail_fast:
            return
        found = diagnose(self._question(), evidence)
        # While only the nodes cannot be read, all that is wrong is the connection, whatever else is found.
        if found.hopeless and not self._unread:
            raise self._failure("Waiting was ended early, as it cannot help,", found, evidence)

    def _question(self) -> Question:
        selection = self._order.selection
        return Question(
            claims=self._roster.claims,
            goal=self._goal,
            node_pools=selection.node_pools,
            gone=list(self._ledger.ended.values()),
            pods=self._placements.pods,
            cluster_name=self._order.cluster_name,
            region=self._order.region,
            since=self._since,
            owners=selection.owners,
            offers=self._seen,
        )

    def _success(self) -> dict[str, Any]:
        if self._offers is None:
            self._offers = self._read_offers([claim for claim in self._roster.claims if claim.promised])
        return self._outcome(self._offers, self._read_events() if self._ledger.ended and self._goal.state != ABSENT else [])

    def _read_events(self) -> list[dict]:
        """What tells why claims went away; empty where it cannot be read, as a wait that succeeds needs no reasons."""
        try:
            return read(self._client, {"events": ENDINGS}, self._budget())["events"]
        except ApiError as error:
            self._warnings.append(f"Why NodeClaims went away is not known: {error.message}")
            return []

    def _outcome(self, offers: Mapping[str, Offer], events: Sequence[dict]) -> dict[str, Any]:
        return {
            "nodeclaims": views(self._roster.claims, offers),
            "ledger": self._ledger.entries(lambda claim: end_of(claim, events)),
            "elapsed": round(self._deadline.elapsed, 1),
            "changed": False,
            "warnings": [*self._denied, *self._warnings],
        }

    def _failure(self, head: str, found: Verdict, evidence: Evidence) -> CollectionError:
        offers = {name: offer_of(node) for name, node in evidence.nodes.items()}
        sentence = f"{head} after {self._deadline.elapsed:.0f} s with {self._count()}. {found}"
        notes = (*self._placements.notes, *evidence.unreadable)
        return CollectionError(" ".join((sentence, *notes)), verdict=found.result, **self._outcome(offers, evidence.events))

    def _refusal(self, error: ApiError) -> CollectionError:
        """The wait cannot see what it waits for, and asking again is no use."""
        plain = without_karpenter(error)
        found = Verdict(f"API server {self._client.host}", error.reason, error.message, plain.message, error.next_step)
        return CollectionError(plain.message, verdict=found.result, **self._outcome({}, []))

    def _count(self) -> str:
        claims = self._roster.claims
        if self._goal.state == ABSENT:
            return f"{len(claims)} NodeClaims left"
        return f"{len(self._roster.done) - len(self._short)} of {max(self._goal.count, len(claims))} NodeClaims {self._goal.state}"
