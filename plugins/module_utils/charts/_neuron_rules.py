# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts of AWS Neuron's chart go together: told before Helm is called, in the user's words. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]

# Part of the chart, by its key in the values -> the variable that switches it, and whether the chart has it on by itself.
PARTS = {
    "devicePlugin": ("neuron_device_plugin", True),
    "scheduler": ("neuron_scheduler", False),
    "npd": ("neuron_node_problem_detector", True),
    "npd.nodeRecovery": ("neuron_node_recovery", False),
    "draDriver": ("neuron_dra", False),
    "scheduler.customScheduler": ("neuron_values.scheduler.customScheduler.enabled", True),
    "scheduler.defaultScheduler": ("neuron_values.scheduler.defaultScheduler.enabled", False),
}


def on(values: Values, part: str) -> bool:
    """Whether a part is switched on, by the values or, where they say nothing, by the chart."""
    found: Any = values
    for key in part.split("."):
        found = (found if isinstance(found, Mapping) else {}).get(key) or {}
    state = found.get("enabled") if isinstance(found, Mapping) else None
    return PARTS[part][1] if state is None else state is True


def _all(*parts: str) -> Callable[[Values], bool]:
    return lambda values: all(on(values, part) for part in parts)


def _without(part: str, needed: str) -> Callable[[Values], bool]:
    return lambda values: on(values, part) and not on(values, needed)


# What must not be -> why, with the way out. The chart itself refuses the first four.
RULES: tuple[tuple[Callable[[Values], bool], str], ...] = (
    (
        _all("draDriver", "devicePlugin"),
        "neuron_dra is true, and so is neuron_device_plugin: the DRA driver and the device plugin would hand out the same devices. Set"
        " neuron_device_plugin to false, or neuron_dra to false.",
    ),
    (
        _all("draDriver", "scheduler"),
        "neuron_dra is true, and so is neuron_scheduler: the scheduler extension places pods by the device plugin's resources, which the DRA"
        " driver does without. Set one of the two to false.",
    ),
    (
        lambda values: _without("scheduler", "devicePlugin")(values) and not on(values, "draDriver"),
        "neuron_scheduler is true, and neuron_device_plugin is false: the scheduler extension needs the device plugin. Set"
        " neuron_device_plugin to true, or neuron_scheduler to false.",
    ),
    (
        _all("scheduler", "scheduler.customScheduler", "scheduler.defaultScheduler"),
        "neuron_values has both scheduler.customScheduler and scheduler.defaultScheduler enabled, and the extension serves one scheduler: set"
        " enabled of one of the two to false.",
    ),
    (
        lambda values: (
            on(values, "scheduler") and not (on(values, "scheduler.customScheduler") or on(values, "scheduler.defaultScheduler"))
        ),
        "neuron_scheduler is true, and neuron_values enables neither scheduler.customScheduler nor scheduler.defaultScheduler, so that no"
        " scheduler would ask the extension: enable one of the two.",
    ),
    (
        _without("npd.nodeRecovery", "npd"),
        "neuron_node_recovery is true, and neuron_node_problem_detector is false: recovery acts on what the node problem detector finds. Set"
        " neuron_node_problem_detector to true, or neuron_node_recovery to false.",
    ),
)

REPAIR = (
    "neuron_node_recovery is true, and karpenter_feature_gates.nodeRepair too: both replace a node that is unhealthy, and each would undo what the"
    " other does. Set one of the two to false."
)


def problems(values: Values, feature_gates: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the chart's values, a sentence for each thing.

    Args:
        values: The values that the chart is to get.
        feature_gates: The feature gates that Karpenter is to get.
    """
    found = [sentence for wrong, sentence in RULES if wrong(values)]
    if on(values, "npd") and on(values, "npd.nodeRecovery") and feature_gates.get("nodeRepair") is True:
        found.append(REPAIR)
    return found
