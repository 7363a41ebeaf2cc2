# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What only a look at all nodes together shows: one driver over the fleet, and PCIe links of the usual width. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult

# Where something is, and what is said there: nothing for a node as a whole, else the device.
Said = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """One row: what should be the same on all nodes of a group.

    Attributes:
        check: Name of the check.
        group: Which group a node is of.
        said: What a node says.
        remedy: What to do about it.
    """

    check: str
    group: Callable[[NodeResult], str]
    said: Callable[[NodeResult], Said]
    remedy: Remedy


def _driver(result: NodeResult) -> Said:
    if result.inventory and result.inventory.driver_version:
        yield "", result.inventory.driver_version


def _links(result: NodeResult) -> Said:
    for device in result.inventory.devices if result.inventory else ():
        if device.link_width:
            yield device.name, device.link_width


# An idle link's generation changes with the load, and on some types its width is less than the board's: only other nodes tell what is usual.
COMPARISONS = (
    Comparison("one driver", lambda result: result.subject.expected.accelerator, _driver, remedies.ONE_DRIVER),
    Comparison("PCIe width", lambda result: result.subject.expected.instance_type, _links, remedies.WATCH_LINK),
)


def compared(results: Sequence[NodeResult]) -> list[NodeResult]:
    """Return the results, with a warning on each node of which something is not as it mostly is on the nodes of its group.

    Among words that are said as often, the one that is first in the results counts.
    """
    found = list(results)
    for row in COMPARISONS:
        counters: dict[str, Counter[str]] = {}
        for each in results:
            counters.setdefault(row.group(each), Counter()).update(said for _where, said in row.said(each))
        found = [_with_warnings(each, row, counters[row.group(each)]) for each in found]
    return found


def _with_warnings(result: NodeResult, row: Comparison, counted: Counter[str]) -> NodeResult:
    usual = counted.most_common(1)[0][0] if counted else ""
    odd = [(where, said) for where, said in row.said(result) if said != usual]
    added = [Finding(row.check, f"{usual}, as mostly", said, row.remedy, where, WARNING) for where, said in odd]
    return replace(result, findings=(*result.findings, *added)) if added else result
