# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress of a long task: lines appended to a file as things happen, which the action plugin shows as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import Goal, NodeClaim

QUIET_SECONDS = 30  # Never silent for longer, so that nobody (and no idle timeout) takes a wait for dead.


class Progress:
    """Reports a line when it differs from the last one, and anew after ``QUIET_SECONDS``.

    :param path: file that lines are appended to; None reports nothing.
    """

    def __init__(self, path: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._last: str | None = None
        self._told = 0.0

    def __call__(self, line: str, elapsed: float | None = None) -> None:
        """:param elapsed: seconds, shown behind the line; a change of it alone is no news."""
        now = self._clock()
        if line == self._last and now - self._told < QUIET_SECONDS:
            return
        self._last, self._told = line, now
        self._write(line if elapsed is None else f"{line} ({elapsed:.0f} s)")

    def _write(self, line: str) -> None:
        if not self._path:
            return
        try:
            with Path(self._path).open("a", encoding="utf-8") as out:
                out.write(line.replace("\n", " ") + "\n")
        except OSError:
            self._path = None  # Progress is a courtesy: a task never fails for want of it.


def wait_lines(claims: Iterable[NodeClaim], goal: Goal) -> list[str]:
    """One line a NodePool: how many claims are where they should be, and what each of the others is waiting for."""
    by_pool: dict[str, list[NodeClaim]] = {}
    for claim in claims:
        by_pool.setdefault(claim.node_pool or "no pool", []).append(claim)
    if not by_pool:
        return [NOTHING[goal.state == "absent"]]
    return [_pool_line(pool, members, goal) for pool, members in sorted(by_pool.items())]


NOTHING = {False: "no NodeClaim yet", True: "no NodeClaim left"}


def _pool_line(pool: str, claims: list[NodeClaim], goal: Goal) -> str:
    if goal.state == "absent":
        return f"{pool}: {len(claims)} left: " + "; ".join(_claim_words(claim) for claim in claims)
    head = f"{pool}: {len(goal.done(claims))} of {len(claims)} {goal.state}"
    return "; ".join((head, *(_claim_words(claim) for claim in goal.missing(claims))))


def _claim_words(claim: NodeClaim) -> str:
    where = " ".join(filter(None, (claim.instance_type, claim.zone, claim.capacity_type)))
    blocking = claim.blocking
    waiting = ""
    if not claim.deleting and blocking is not None:
        waiting = ": " + (blocking.message or blocking.reason)
    return f"{claim.name} {claim.phase} {where}".rstrip() + waiting
