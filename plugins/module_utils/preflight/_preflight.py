# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The preflight: its checks, their outcomes, and how they are told. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import entry
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight import (
    _capacity,
    _network,
    _owners,
    _placement,
    _plugins,
    _quotas,
    _rights,
    _usage,
    _versions,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    NOT_CHECKED,
    PASSED,
    SKIPPED,
    WARNING,
    Check,
    Facts,
    Finding,
    Outcome,
    outcome_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan

# A row a check, in the order in which they are told.
CHECKS: tuple[Check, ...] = (
    *_versions.CHECKS,
    *_placement.CHECKS,
    *_network.CHECKS,
    *_capacity.CHECKS,
    *_quotas.CHECKS,
    *_usage.CHECKS,
    *_rights.CHECKS,
    *_plugins.CHECKS,
    *_owners.CHECKS,
)
NAMES = tuple(check.name for check in CHECKS)
WORDS = {ERROR: "ERROR", WARNING: "warning", NOT_CHECKED: "not checked", PASSED: "passed", SKIPPED: "left out"}
WIDTH = 116
PAGE = "preflight.md"


def facts_wanted(skip: Collection[str]) -> set[str]:
    """Names of the facts that the checks need which are not left out."""
    return {name for check in CHECKS if check.name not in skip for name in check.reads}


def outcomes(plan: Plan, facts: Facts, skip: Collection[str]) -> list[Outcome]:
    """What has come of each check, in their order."""
    return [Outcome(each.name, SKIPPED, "", []) if each.name in skip else outcome_of(each, plan, facts) for each in CHECKS]


def result(plan: Plan, found: list[Outcome]) -> dict[str, Any]:
    """The module's result."""
    findings = [
        {"check": each.name, **finding._asdict(), "documentation": entry(PAGE, each.name)} for each in found for finding in each.findings
    ]
    return {
        "checks": [{"name": each.name, "state": each.state, "saw": each.saw} for each in found],
        "findings": findings,
        "summary": summary(plan, found),
        "table": list(table(plan, found)),
    }


def summary(plan: Plan, found: list[Outcome]) -> dict[str, Any]:
    """Small enough for the statistics of a run."""
    counts = {state: sum(each.state == state for each in found) for state in (ERROR, WARNING, NOT_CHECKED, PASSED, SKIPPED)}
    return {"cluster": plan.cluster_name, "region": plan.region, "ok": counts[ERROR] == 0, **counts}


def table(plan: Plan, found: list[Outcome]) -> Iterator[str]:
    """The outcomes as lines of text: a row a check, and under it what is wrong."""
    widths = max(map(len, WORDS.values())), max(map(len, NAMES))
    rule = "-" * WIDTH
    yield f"Preflight of cluster {plan.cluster_name} in {plan.region}: {counted(found)}"
    yield rule
    for each in found:
        yield f"{WORDS[each.state]:<{widths[0]}}  {each.name:<{widths[1]}}  {printable(each.saw)}".rstrip()
        for finding in each.findings:
            yield from _lines(finding, " " * (widths[0] + 2))
    yield rule


def counted(found: list[Outcome]) -> str:
    """How many checks have come to which state."""
    numbers = {state: sum(each.state == state for each in found) for state in WORDS}
    return ", ".join(f"{number} {_plural(WORDS[state].lower(), number)}" for state, number in numbers.items() if number)


def _plural(word: str, number: int) -> str:
    return f"{word}s" if number > 1 and word in (ERROR, WARNING) else word


def _lines(finding: Finding, indent: str) -> Iterator[str]:
    parts = (("what ", finding.what), ("where", finding.where), ("next ", finding.next_step))
    for word, text in parts:
        before = f"{indent}| {word} "
        after = f"{indent}|       "
        # Words are not broken, so that commands and paths can be copied.
        yield from textwrap.wrap(
            printable(text), WIDTH, initial_indent=before, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
        )


def refusal(plan: Plan, found: list[Outcome]) -> str:
    """One sentence for each error; empty when there is none."""
    errors = [finding for each in found for finding in each.findings if finding.severity == ERROR]
    if not errors:
        return ""
    told = " ".join(f"[{number}] {each.where}: {each.what} Next step: {each.next_step}" for number, each in enumerate(errors, 1))
    return f"Cluster {plan.cluster_name} is not ready for an installation ({counted(found)}). {told}"
