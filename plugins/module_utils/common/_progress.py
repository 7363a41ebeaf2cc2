# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress of a long task: lines appended to a file as things happen, which the action plugin shows as they come."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import View
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import ABSENT, Condition, Goal, NodeClaim

QUIET_SECONDS = 30  # Never silent for longer, so that nobody (and no idle timeout) takes a wait for dead.
COALESCE_SECONDS = 0.2  # As often as the action plugin looks: of what changes faster, the last word counts.
MOST_CLAIMS = 5  # A line that names hundreds is not read.

# What is to happen next, by the reason that it has not; {} is the name that Karpenter quotes in the message.
WAITING_FOR = {
    "NodeNotFound": "its node to join",
    "NodeNotReady": "its node to be ready",
    "ResourceNotRegistered": "{} to register",
    "StartupTaintsExist": "startup taint {} to go",
    "KnownEphemeralTaintsExist": "taint {} to go",
    "DRADriverPoolsNotPublished": "DRA driver {} to publish the devices",
    "RegistrationHookPending": "a registration hook",
}


class Progress:
    """Reports what has changed, line by line, and everything anew after ``QUIET_SECONDS`` without news.

    :param path: file that lines are appended to; None reports nothing.
    """

    def __init__(self, path: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._last: Mapping[str, str] = {}
        self._told = self._looked = float("-inf")
        self._news = False

    def __call__(self, lines: Callable[[], Mapping[str, str]], elapsed: float, changed: bool = True, last: bool = False) -> None:
        """:param lines: returns what there is to say now, by its subject; asked only when there may be news.
        :param elapsed: seconds, shown behind; not news by themselves.
        :param changed: whether there may be news since the last call.
        :param last: whether this is the end, which is told at once.
        """
        now = self._clock()
        quiet = now - self._told >= QUIET_SECONDS
        self._news |= changed
        if not self._path or not (self._news or quiet) or (now - self._looked < COALESCE_SECONDS and not last):
            return
        self._looked, self._news = now, False
        said = lines()
        news = [f"{subject}: {text}" for subject, text in said.items() if quiet or self._last.get(subject) != text]
        self._last = dict(said)
        if news:
            self._told = now
            self._write("".join(f"{line} ({elapsed:.0f} s)".replace("\n", " ") + "\n" for line in news))

    def _write(self, text: str) -> None:
        try:
            with Path(str(self._path)).open("a", encoding="utf-8") as out:
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
    wanted = goal.count if len(by_pool) == 1 else 0
    return {pool: _pool_words(members, goal, max(wanted, len(members))) for pool, members in sorted(by_pool.items())}


def _pool_words(claims: list[NodeClaim], goal: Goal, wanted: int) -> str:
    head = f"{len(claims)} left" if goal.state == ABSENT else f"{len(goal.done(claims))} of {wanted} {goal.state}"
    behind = goal.missing(claims)
    more = [f"and {len(behind) - MOST_CLAIMS} more"] if len(behind) > MOST_CLAIMS else []
    return "; ".join((head, *(_claim_words(claim) for claim in behind[:MOST_CLAIMS]), *more))


def _claim_words(claim: NodeClaim) -> str:
    where = " ".join(filter(None, (claim.instance_type, claim.zone, claim.capacity_type)))
    waiting = f"; {waiting_for(claim.blocking)}" if claim.blocking and not claim.deleting else ""
    return f"{claim.name} {claim.phase} {where}".rstrip() + waiting


def waiting_for(blocking: Condition) -> str:
    """What a claim waits for, in few words; the system's own where the reason is not of the usual ones."""
    if blocking.reason == "AwaitingReconciliation":
        return f"waiting to be {blocking.type.lower()}"
    named = re.search('"([^"]+)"', blocking.message)
    words = WAITING_FOR.get(blocking.reason, "").format(named.group(1) if named else "it")
    return f"waiting for {words}" if words else f"{blocking.reason}: {blocking.message}".rstrip(": ")


def contact_lines(seen: View) -> dict[str, str]:
    """What a user should know of the connection: that it is being mended, or that objects are polled."""
    lost = {f"connection for {name}": f"being mended: {error.message}" for name, error in seen.trouble.items()}
    polled = dict.fromkeys(sorted(seen.polled), "watching them is not allowed (verb watch), so they are listed again every 5 s")
    return {**polled, **lost}


def contact_warnings(seen: View) -> list[str]:
    """What was done without a right that is missing, and which it is."""
    polled = (
        f"{name} were listed again every 5 s, as watching them is not allowed. {error.next_step}" for name, error in seen.polled.items()
    )
    refused = (f"{name} could not be read, and count as none. {error.message}" for name, error in seen.refused.items())
    return [*polled, *refused]
