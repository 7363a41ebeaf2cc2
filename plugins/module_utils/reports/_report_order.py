# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a reader of a report meets first: the worst nodes, and findings that many nodes share as one. Pure.

This file is internal to the collection and may change in any release. Results are as NodeResult.to_dict gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import ACTIONS
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import BUSY, EXCLUDED, FAILED, PASSED, UNKNOWN

# The worst first.
_RANK = {verdict: rank for rank, verdict in enumerate((FAILED, UNKNOWN, BUSY, EXCLUDED, PASSED))}
_ACTION_RANK = {action: rank for rank, action in enumerate(ACTIONS)}
# Findings that agree in these are one problem.
_ALIKE = ("check", "severity", "action", "next_step")


@dataclass
class Problem:
    """One kind of finding, and where it was found.

    Attributes:
        check: Name of the check.
        severity: ``error`` or ``warning``.
        action: The class of what is to be done.
        next_step: What to do, as a sentence.
        places: The nodes in the order of the results, each with its findings of this kind.
    """

    check: str
    severity: str
    action: str
    next_step: str
    places: list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]] = field(default_factory=list)

    @property
    def warning(self) -> bool:
        """Whether it keeps no node from passing."""
        return self.severity == WARNING


def known_verdict(verdict: str) -> str:
    """Return the verdict; ``unknown`` for a word that is none of ours."""
    return verdict if verdict in _RANK else UNKNOWN


def is_warned(node: Mapping[str, Any]) -> bool:
    """Say whether a node has a finding that does not keep it from passing."""
    return any(each.get("severity") == WARNING for each in node["findings"])


def worst_first(nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the nodes by verdict, the worst first, then those with warnings, then by name."""
    return sorted(nodes, key=lambda each: (_RANK[known_verdict(each["verdict"])], not is_warned(each), each["name"]))


def problems(nodes: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return the findings of all nodes, alike ones together: errors before warnings, then by class of action, then by number of nodes."""
    found: dict[tuple[str, ...], Problem] = {}
    for node in nodes:
        mine: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for each in node["findings"]:
            mine.setdefault(tuple(str(each.get(part, "")) for part in _ALIKE), []).append(each)
        for key, findings in mine.items():
            found.setdefault(key, Problem(key[0], key[1], key[2], key[3])).places.append((node, findings))
    last = len(_ACTION_RANK)
    return sorted(found.values(), key=lambda each: (each.warning, _ACTION_RANK.get(each.action, last), -len(each.places), each.check))


def by_zone(nodes: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the nodes by their zone, zones in alphabetical order; those without one last."""
    zones: dict[str, list[Mapping[str, Any]]] = {}
    for node in sorted(nodes, key=lambda each: (not each.get("zone"), each.get("zone") or "", each["name"])):
        zones.setdefault(node.get("zone") or "", []).append(node)
    return zones
