# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The selected NodeClaims and where each stands before the goal, kept current claim by claim. Pure.

A wait over thousands of claims sees thousands of changes: judging all of them at each would be most of its work.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal, NodeClaim


class Roster:
    """:param goal: what the claims should be."""

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self._claims: dict[str, NodeClaim] = {}
        self._done: set[str] = set()
        self._behind: dict[str, NodeClaim] = {}

    def __contains__(self, uid: str) -> bool:
        return uid in self._claims

    def put(self, claim: NodeClaim) -> None:
        """Notes a claim as it is now."""
        self.drop(claim.uid)
        self._claims[claim.uid] = claim
        standing = self._goal.standing(claim)
        if standing.done:
            self._done.add(claim.uid)
        if standing.behind:
            self._behind[claim.uid] = claim

    def drop(self, uid: str) -> None:
        """Forgets a claim that is gone, or no longer meant."""
        self._claims.pop(uid, None)
        self._done.discard(uid)
        self._behind.pop(uid, None)

    @property
    def claims(self) -> list[NodeClaim]:
        """All of them, by name."""
        return sorted(self._claims.values(), key=lambda claim: claim.name)

    @property
    def done(self) -> list[NodeClaim]:
        """Those that are where they should be."""
        return [self._claims[uid] for uid in self._done]

    @property
    def met(self) -> bool:
        """Whether the goal is."""
        return self._goal.enough(len(self._done), len(self._behind))
