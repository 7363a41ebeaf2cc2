# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which NodeClaims came and went during a wait, and what became of each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim

FACTS = ("name", "node_pool", "node", "instance_type", "zone", "capacity_type", "phase")


class Ledger:
    """Every claim seen during a wait, with each condition's changes and the end it met."""

    def __init__(self) -> None:
        self._entries: dict[str, dict] = {}
        self._last: dict[str, dict[str, tuple[str, str]]] = {}
        self.ended: dict[str, NodeClaim] = {}

    def record(self, claims: Iterable[NodeClaim], gone: Iterable[NodeClaim] = ()) -> None:
        """Notes what is new of ``claims``, and that ``gone`` are no more."""
        for claim in claims:
            self._note(claim)
        for claim in gone:
            self._note(claim)
            self.ended[claim.uid] = claim

    def entries(self, end_of: Callable[[NodeClaim], dict[str, str]]) -> list[dict]:
        """JSON-able, in the order in which the claims were first seen; ``end_of`` says why one is gone."""
        return [
            {
                **entry,
                "transitions": [condition._asdict() for condition in entry["transitions"]],
                "end": end_of(self.ended[uid]) if uid in self.ended else None,
            }
            for uid, entry in self._entries.items()
        ]

    def _note(self, claim: NodeClaim) -> None:
        entry = self._entries.setdefault(claim.uid, {"uid": claim.uid, "transitions": []})
        entry.update((name, getattr(claim, name)) for name in FACTS)
        last = self._last.setdefault(claim.uid, {})
        for condition in claim.conditions.values():
            state = (condition.status, condition.reason)
            if last.get(condition.type) != state:
                last[condition.type] = state
                entry["transitions"].append(condition)
