# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a healthy node of each instance type prints, in every form of it: made by the simulated tools of the lab."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import INSTANCE_TYPES
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation, expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject, conclude

from tests.lab.nodes import facts
from tests.lab.nodes.tools import neuron_ls, nvidia_smi

# Types whose accelerators this collection verifies, and those that it must leave alone.
OURS = ("nvidia", "nvidia-fractional", "neuron")
VERIFIED = sorted(each.name for each in INSTANCE_TYPES.values() if each.kind in OURS)
LEFT_ALONE = sorted(set(INSTANCE_TYPES) - set(VERIFIED))


@dataclass(frozen=True)
class Form:
    """One form of a tool's output: whose, which, and what makes it of devices."""

    accelerator: str
    name: str
    text: Callable[[Sequence[facts.Device]], str]


def _xml(driver: nvidia_smi.Driver) -> Callable[[Sequence[facts.Device]], str]:
    return lambda gpus: nvidia_smi.xml(gpus, driver)


def _without_old_names(gpus: Sequence[facts.Device]) -> str:
    """What is announced of CUDA 14.0: driver 610's new names without the old ones."""
    lines = nvidia_smi.xml(gpus, nvidia_smi.DRIVER_610).splitlines(keepends=True)
    return "".join(line for line in lines if "Deprecated; will be removed" not in line)


def _json(sdk: str) -> Callable[[Sequence[facts.Device]], str]:
    return lambda neurons: json.dumps(neuron_ls.array(neurons, sdk), indent=4)


def _wrapped(neurons: Sequence[facts.Device]) -> str:
    """SDK 2.34: -j is refused, then the new flag answers, and a log has both."""
    return f"neuron-ls: unknown option: -j\n{json.dumps(neuron_ls.wrapped(neurons), indent=4)}"


def _table(sdk: str) -> Callable[[Sequence[facts.Device]], str]:
    return lambda neurons: f"neuron-ls: unknown option: -j\n{neuron_ls.text(neurons, sdk)}"


FORMS = (
    *(Form("nvidia", f"driver {each.major}", _xml(each)) for each in nvidia_smi.DRIVERS),
    Form("nvidia", "CUDA 14", _without_old_names),
    Form("neuron", "JSON before 2.25", _json(neuron_ls.SDK_2_0)),
    Form("neuron", "JSON 2.25", _json(neuron_ls.SDK_2_25)),
    Form("neuron", "JSON 2.34", _wrapped),
    *(Form("neuron", f"table {each}", _table(each)) for each in neuron_ls.SDKS),
)
# SDK 1.16 is older than all but the first family.
OLDEST, FIRST_FAMILY = "table 1.16", "inf1."
CASES = [
    (name, form)
    for name in VERIFIED
    for form in FORMS
    if form.accelerator == expectation(name, {}).accelerator and (form.name != OLDEST or name.startswith(FIRST_FAMILY))
]
IDS = [f"{name}, {form.name}" for name, form in CASES]


def devices(instance_type: str) -> list[facts.Device]:
    """The devices of an instance of the type."""
    return facts.devices(instance_type, "i-0123456789abcdef0")


def subject(instance_type: str, **wishes: Any) -> Subject:
    """A node of the type that offers all its accelerators."""
    expected: Expectation = expectation(instance_type, {}, wishes)
    offer = {ACCELERATORS[expected.accelerator].resource: str(expected.requestable)}
    node = {"metadata": {"name": "node-1", "labels": {}}, "status": {"allocatable": offer}}
    return Subject("node-1", node, None, expected)


def verdict(instance_type: str, log: str, exit_code: int = 0, **wishes: Any) -> NodeResult:
    """The verdict on a node of the type whose tool printed this."""
    return conclude(subject(instance_type, **wishes), JobState(ENDED, "Completed", exit_code=exit_code, pod="p", log=log), 1.0)
