# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress of a long task: lines appended to a file as things happen, which the action plugin shows as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import ABSENT, Goal, NodeClaim

QUIET_SECONDS = 30  # Never silent for longer, so that nobody (and no idle timeout) takes a wait for dead.


class Progress:
    """Reports what has changed, line by line, and everything anew after ``QUIET_SECONDS`` without news.

    :param path: file that lines are appended to; None reports nothing.
    """

    def __init__(self, path: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._last: Mapping[str, str] = {}
        self._told = clock()

    def __call__(self, lines: Mapping[str, str], elapsed: float) -> None:
        """:param lines: what there is to say now, by its subject. :param elapsed: seconds, shown behind; not news by themselves."""
        quiet = self._clock() - self._told >= QUIET_SECONDS
        news = [f"{subject}: {text}" for subject, text in lines.items() if quiet or self._last.get(subject) != text]
        self._last = dict(lines)
        if news:
            self._told = self._clock()
            self._write("".join(f"{line} ({elapsed:.0f} s)".replace("\n", " ") + "\n" for line in news))

    def _write(self, text: str) -> None:
        if not self._path:
            return
        try:
            with Path(self._path).open("a", encoding="utf-8") as out:
                out.write(text)
        except OSError:
            self._path = None  # Progress is a courtesy: a task never fails for want of it.


def wait_lines(claims: Iterable[NodeClaim], goal: Goal) -> dict[str, str]:
    """For each NodePool, how many claims are where they should be, and what each of the others is waiting for."""
    by_pool: dict[str, list[NodeClaim]] = {}
    for claim in claims:
        by_pool.setdefault(claim.node_pool or "no pool", []).append(claim)
    if not by_pool:
        return {"NodeClaims": "none left" if goal.state == ABSENT else "none yet"}
    return {pool: _pool_words(members, goal) for pool, members in sorted(by_pool.items())}


def _pool_words(claims: list[NodeClaim], goal: Goal) -> str:
    head = f"{len(claims)} left" if goal.state == ABSENT else f"{len(goal.done(claims))} of {len(claims)} {goal.state}"
    return "; ".join((head, *(_claim_words(claim) for claim in goal.missing(claims))))


def _claim_words(claim: NodeClaim) -> str:
    where = " ".join(filter(None, (claim.instance_type, claim.zone, claim.capacity_type)))
    blocking = claim.blocking
    waiting = ""
    if not claim.deleting and blocking is not None:
        waiting = ": " + (blocking.message or blocking.reason)
    return f"{claim.name} {claim.phase} {where}".rstrip() + waiting
