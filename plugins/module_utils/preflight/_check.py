# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check of the preflight is, and what one says: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ERROR = "error"
WARNING = "warning"
NOT_CHECKED = "not_checked"
PASSED = "passed"
SKIPPED = "skipped"
POOL = "node pool "
# The worst first.
STATES = (ERROR, WARNING, NOT_CHECKED, PASSED, SKIPPED)


class Finding(NamedTuple):
    """One thing that is wrong, or could not be looked at: what, where, and the next step, each a sentence or a name."""

    severity: str
    what: str
    where: str
    next_step: str


class Judgement(NamedTuple):
    """What a check saw, in a few words, and what is wrong with it."""

    saw: str
    findings: list[Finding]


@dataclass(frozen=True)
class Facts:
    """What was read, by name; what could not be is in ``unread`` with the reason, and each fact is in one of the two."""

    values: Mapping[str, Any] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Check:
    """One row of the preflight.

    Attributes:
        name: By which it is told and skipped.
        question: What it asks, for a reader.
        reads: Names of the facts that it needs; without one of them it is not checked.
        error: What stops, for a reader; empty where nothing does.
        warning: What does not, for a reader; empty where nothing does.
        rights: What AWS or the cluster must allow for it.
        judge: Decides, from the plan and the facts.
    """

    name: str
    question: str
    reads: tuple[str, ...]
    error: str
    warning: str
    rights: tuple[str, ...]
    judge: Callable[[Any, Facts], Judgement]


def of_pool(name: str, severity: str, what: str, next_step: str) -> Finding:
    """A finding about a node pool."""
    return Finding(severity, what, f"{POOL}{name}", next_step)


def of_pools(findings: Iterable[Finding]) -> list[Finding]:
    """Findings about node pools, those that say the same of several once."""
    by_text: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        by_text.setdefault((each.severity, each.what, each.next_step), []).append(each.where[len(POOL) :])
    return [of_pool(", ".join(names), severity, what, step) for (severity, what, step), names in by_text.items()]


class Outcome(NamedTuple):
    """A check's state, what it saw, and its findings."""

    name: str
    state: str
    saw: str
    findings: list[Finding]


def outcome_of(check: Check, plan: Any, facts: Facts) -> Outcome:
    """The outcome of one check; a fact that could not be read makes it ``not_checked``, never passed."""
    missing = [name for name in check.reads if name in facts.unread]
    if missing:
        reasons = list(dict.fromkeys(facts.unread[name] for name in missing))
        findings = [
            Finding(NOT_CHECKED, reason, check.name, "Mend that, and run this again; nothing is known of it until then.")
            for reason in reasons
        ]
        return Outcome(check.name, NOT_CHECKED, "could not be looked at", findings)
    judged = check.judge(plan, facts)
    worst = [state for state in STATES if any(each.severity == state for each in judged.findings)]
    return Outcome(check.name, worst[0] if worst else PASSED, judged.saw, judged.findings)
