# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More than one look at a node: what is worth looking at again, and what several looks say together. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import age_of

LOOK_AGAIN_SECONDS = 5  # Between looks at what settles.


def may_settle(result: NodeResult, now: datetime) -> bool:
    """Say whether an error of the node may mend itself, so that it is worth another look."""
    if result.verdict != FAILED:
        return False
    created = ((result.subject.node or {}).get("metadata") or {}).get("creationTimestamp") or ""
    # What has no birthday may be of any age: only what settles at any age is waited for.
    age = float(age_of(created, now)) if created else float("inf")
    return any(each.remedy.settles_until > age or each.remedy.settles_until == float("inf") for each in _errors(result))


def settling_words(results: Sequence[NodeResult]) -> dict[str, str]:
    """Return what each node that is looked at again still lacks, by the node's name, for progress lines."""
    words = {}
    for each in results:
        errors = [finding for finding in _errors(each) if finding.remedy.settles_until]
        words[each.subject.name] = f"waiting for {errors[0].check} to settle: {errors[0].found}" if errors else "waiting to settle"
    return words


def combined(looks: Sequence[NodeResult]) -> NodeResult:
    """Return what several looks at one node say together.

    The node passes if it has passed each time. What was bad each time that something was measured is told as such; what was bad only
    sometimes is ``flapping``, and so is a list of devices that changed between looks. Where nothing was bad, a look that measured
    nothing counts: what was not seen is not shown.

    Args:
        looks: The results, in the order of the looks; at least one.
    """
    if len(looks) == 1:
        return looks[0]
    numbers = tuple(number for each in looks for number in each.looks)
    measured = [each for each in looks if each.verdict in (PASSED, FAILED)]
    shaky = (*_flapping(looks), *_changed_devices(measured))
    failed = [each for each in looks if each.verdict == FAILED]
    if not failed and not shaky:
        worst = next((each for each in looks if each.verdict != PASSED), looks[-1])
        return replace(worst, seconds=sum(each.seconds for each in looks), looks=numbers)
    last = failed[-1] if failed else looks[-1]
    lasting = tuple(each for each in last.findings if _places(each, measured) == len(measured) or each.severity != ERROR)
    return replace(last, verdict=FAILED, findings=(*lasting, *shaky), seconds=sum(each.seconds for each in looks), looks=numbers)


def _errors(result: NodeResult) -> list[Finding]:
    return [each for each in result.findings if each.severity == ERROR]


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check, finding.device


def _places(finding: Finding, looks: Sequence[NodeResult]) -> int:
    return sum(any(_key(each) == _key(finding) for each in _errors(look)) for look in looks)


def _flapping(looks: Sequence[NodeResult]) -> Iterator[Finding]:
    """Yield a finding for each error that failed looks have, and others that measured something do not."""
    measured = [(number, look) for number, look in enumerate(looks, start=1) if look.verdict in (PASSED, FAILED)]
    bad: dict[tuple[str, str], dict[int, Finding]] = {}
    for number, look in measured:
        for each in _errors(look):
            bad.setdefault(_key(each), {})[number] = each
    for (check, device), seen in bad.items():
        if len(seen) < len(measured):
            yield _shaky(f"{check} good in each of {len(measured)} looks", _where(seen), device)


def _where(seen: Mapping[int, Finding]) -> str:
    first = next(iter(seen.values()))
    numbers = ", ".join(map(str, seen))
    return f"bad in look{'s' * (len(seen) > 1)} {numbers}: expected {first.expected}, found {first.found}"


def _changed_devices(looks: Sequence[NodeResult]) -> Iterator[Finding]:
    """Yield a finding if looks that were good each time listed other devices."""
    lists = [frozenset(each.uuid or each.bus_id for each in look.inventory.devices) for look in looks if look.inventory]
    if len(set(lists)) > 1 and len({len(each) for each in lists}) == 1:
        changed = sorted(frozenset.union(*lists) - frozenset.intersection(*lists))
        yield _shaky(f"the same devices in each of {len(looks)} looks", f"{', '.join(changed)} in some of them only")


def _shaky(expected: str, found: str, device: str = "") -> Finding:
    return Finding("flapping", expected, found, remedies.FLAPPING, device)
