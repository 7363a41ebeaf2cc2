# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether Karpenter's feature gates that pools need are on. Pure.

This file is internal to the collection and may change in any release. With its gate off, Karpenter ignores what a pool asks for, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._capacity_reservations import RESERVED

VARIABLE = "FEATURE_GATES"


class Gate(NamedTuple):
    """A feature gate: its name in the chart's values, whether it is on by default, and the Karpenter that has it."""

    name: str
    default: bool
    since: str

    @property
    def flag(self) -> str:
        """Its name as the controller takes it."""
        return self.name[0].upper() + self.name[1:]


STATIC = Gate("staticCapacity", False, "1.8")
OVERLAY = Gate("nodeOverlay", False, "1.7")
RESERVATIONS = Gate("reservedCapacity", True, "1.3")


def gates_needed(description: Mapping[str, Any]) -> Iterator[tuple[str, Gate]]:
    """Yield what of a description needs a gate, and the gate. EKS Auto Mode has its own."""
    if description.get("auto_mode"):
        return
    if "replicas" in description or "replicas" in (description.get("node_pool_spec") or {}):
        yield "replicas", STATIC
    if "gpu_shares" in description:
        yield "gpu_shares", OVERLAY
    if RESERVED in (description.get("capacity_types") or ()):
        yield f"capacity_types ({RESERVED})", RESERVATIONS


def gate_problems(
    descriptions: Iterable[Mapping[str, Any]], deployments: Iterable[Mapping[str, Any]], planned: Mapping[str, Any], installed: bool
) -> list[str]:
    """Return a sentence for each gate that a pool needs and that is off.

    Args:
        descriptions: The pools.
        deployments: The cluster's Deployments of Karpenter.
        planned: The gates that are to be set, by name in the chart's values.
        installed: Whether Karpenter has been brought into its state already, so that what runs decides; else what is planned may still come.
    """
    running = next(filter(None, map(_running, deployments)), None)
    found = []
    for description in descriptions:
        for option, gate in gates_needed(description):
            if not _is_on(gate, running, planned, installed):
                found.append(_sentence(description.get("name"), option, gate))
    return found


def _is_on(gate: Gate, running: Optional[Mapping[str, bool]], planned: Mapping[str, Any], installed: bool) -> bool:
    wanted = bool(planned.get(gate.name, gate.default))
    if running is None:
        return wanted or installed  # a controller that cannot be seen is left alone
    runs = running.get(gate.flag, False)
    return runs if installed else runs or wanted


def _running(deployment: Mapping[str, Any]) -> Optional[dict[str, bool]]:
    """Return the gates of a controller; None where it says nothing of them."""
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for variable in container.get("env") or ():
            if variable["name"] == VARIABLE:
                return _parse(variable.get("value") or "")
    return None


def _parse(text: str) -> dict[str, bool]:
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {name.strip(): value.strip().lower() == "true" for name, _equals, value in pairs}


def _sentence(name: Any, option: str, gate: Gate) -> str:
    return (
        f"Node pool '{name}': {option} needs Karpenter's feature gate {gate.flag} (Karpenter {gate.since} or newer), which is off, and Karpenter"
        f" would ignore it without a word: set karpenter_feature_gates: {{{gate.name}: true}}, and run the role karpenter."
    )
