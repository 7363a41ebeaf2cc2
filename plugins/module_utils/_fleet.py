# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What only a look at all nodes together shows: one driver over the fleet. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.accelerated.nodes.plugins.module_utils import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._verification import NodeResult


def compared(results: Sequence[NodeResult]) -> list[NodeResult]:
    """Return the results, with a warning on each node whose driver is not the one that most nodes of its accelerator have.

    Among drivers that as many nodes have, the one that is first in the results counts.
    """
    usual = {each.subject.expected.accelerator: "" for each in results}
    for accelerator in usual:
        drivers = Counter(filter(None, (_driver(each) for each in results if each.subject.expected.accelerator == accelerator)))
        usual[accelerator] = drivers.most_common(1)[0][0] if drivers else ""
    return [_with_warning(each, usual[each.subject.expected.accelerator]) for each in results]


def _driver(result: NodeResult) -> str:
    return result.inventory.driver_version if result.inventory else ""


def _with_warning(result: NodeResult, usual: str) -> NodeResult:
    found = _driver(result)
    if found in ("", usual):
        return result
    finding = Finding("one driver", f"{usual}, as on most nodes", found, remedies.ONE_DRIVER, severity=WARNING)
    return replace(result, findings=(*result.findings, finding))
