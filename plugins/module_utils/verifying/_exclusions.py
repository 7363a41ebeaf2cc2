# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that are left out of a verification on purpose, each with its reason. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError


@dataclass(frozen=True)
class Exclusion:
    """Some nodes, and why they are left out.

    Attributes:
        reason: Why, as a phrase for the report.
        nodes: Names of Nodes.
        match_labels: Labels that a Node carries; it must carry all of them. Empty for none.
    """

    reason: str
    nodes: frozenset[str] = frozenset()
    match_labels: Mapping[str, str] = field(default_factory=dict)

    def holds(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node is one of them."""
        matches = bool(self.match_labels) and self.match_labels.items() <= labels.items()
        return name in self.nodes or matches


def reason_to_exclude(exclusions: Iterable[Exclusion], name: str, labels: Mapping[str, str]) -> Optional[str]:
    """Return why a node is left out; None if it is not."""
    return next((each.reason for each in exclusions if each.holds(name, labels)), None)


def exclusions_from(entries: Iterable[Mapping[str, Any]]) -> tuple[Exclusion, ...]:
    """Return what the option exclude says.

    Raises:
        CollectionError: An entry gives no reason, or names nothing.
    """
    return tuple(_exclusion(place, each) for place, each in enumerate(entries))


def _exclusion(place: int, entry: Mapping[str, Any]) -> Exclusion:
    reason = str(entry.get("reason") or "").strip()
    if not reason:
        raise CollectionError(f"exclude[{place}] has no reason: say why these nodes are not verified, so that the report can.")
    nodes = frozenset(str(each) for each in entry.get("nodes") or ())
    labels = {str(key): str(value) for key, value in (entry.get("match_labels") or {}).items()}
    if not nodes and not labels:
        raise CollectionError(f"exclude[{place}] names no nodes: give nodes or match_labels.")
    return Exclusion(reason, nodes, labels)
