# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether pods see the devices that they requested and no others. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, UnreadableOutput
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import without_places
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import ISOLATION, SKIPPED, TestResult, kept_output
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, JobState

BYSTANDER, PAIR = "no device without a request", "different devices for two pods"

# The device files of accelerators; nvidiactl and its like are no device.
_DEVICE_FILE = re.compile(r"(nvidia|neuron)[0-9]+")
_GPU_INSTANCE = "mig_devices.mig_device.gpu_instance_id"
_HELD = re.compile(r"\s*begin=(\d+)\n(.*)^end=(\d+)\s*", re.DOTALL | re.MULTILINE)

Judged = tuple[TestResult, tuple[Finding, ...]]


class Held(NamedTuple):
    """What one pod saw, and from when to when it kept it, by the node's clock."""

    begin: int
    end: int
    devices: tuple[str, ...]


def judge_bystander(state: Optional[JobState], seconds: float) -> Judged:
    """Return whether a pod without a request saw no device.

    Args:
        state: How its Job ended, with what ``ls /dev`` printed; None if it was never started.
        seconds: How long it took.
    """
    files = state.log.split() if state else []
    # Every container has /dev/null: a list without it is none.
    if state is None or state.phase != ENDED or state.exit_code != 0 or "null" not in files:
        return _not_shown(BYSTANDER, _words(state), seconds)
    seen = [each for each in files if _DEVICE_FILE.fullmatch(each)]
    if seen:
        return _failed(BYSTANDER, "no device file in a pod that requests none", f"/dev/{', /dev/'.join(seen)}", state.log, seconds)
    return _passed(BYSTANDER, state.log, seconds)


def judge_pair(accelerator: Accelerator, states: Sequence[Optional[JobState]], seconds: float) -> Judged:
    """Return whether two pods that had devices at the same time saw different ones.

    Args:
        accelerator: What the node has.
        states: How their Jobs ended; none at all for a node with one device only.
        seconds: How long they took.
    """
    if not states:
        return TestResult(PAIR, ISOLATION, SKIPPED, "the node has one device only"), ()
    held = [_held(accelerator, each) for each in states]
    lost = next((state for state, each in zip(states, held) if each is None), None)
    if any(each is None for each in held):
        return _not_shown(PAIR, _words(lost), seconds)
    one, other = (each for each in held if each)
    output = f"one pod: {', '.join(one.devices)}\nthe other: {', '.join(other.devices)}\n"
    if one.end <= other.begin or other.end <= one.begin:
        return _not_shown(PAIR, "the pods did not have their devices at the same time", seconds)
    both = sorted(set(one.devices) & set(other.devices))
    if both:
        return _failed(PAIR, "no device in two pods at once", ", ".join(both), output, seconds)
    return _passed(PAIR, output, seconds)


def _held(accelerator: Accelerator, state: Optional[JobState]) -> Optional[Held]:
    """Return what a pod saw and kept; None if that cannot be told."""
    found = _HELD.fullmatch(state.log) if state and state.phase == ENDED and state.exit_code == 0 else None
    if found is None:
        return None
    try:
        devices = accelerator.parse(found[2]).devices
    except UnreadableOutput:
        return None
    names = tuple(name for each in devices for name in _identities(each))
    return Held(int(found[1]), int(found[3]), names) if names and all(names) else None


def _identities(device: Device) -> list[str]:
    """Return what a device is known by on its node, or the MIG devices of it that the pod has; an index may be a pod's own numbering."""
    whole = device.uuid or device.bus_id
    instances = [path for path in device.facts if without_places(path) == _GPU_INSTANCE]
    if not instances:
        # Pods have parts of it, and nothing says which.
        return [""] if device.facts.get("mig_mode.current_mig", "").lower() == "enabled" else [whole]
    pairs = [(device.facts[path], device.facts.get(path.replace("gpu_instance_id", "compute_instance_id"), "0")) for path in instances]
    return [f"{whole}/{instance}/{compute}" for instance, compute in pairs]


def _words(state: Optional[JobState]) -> str:
    if state is None:
        return "it was not started"
    if state.phase == ENDED:
        return f"it ended with {state.exit_code} and no list that tells its devices apart"
    return f"{state.reason}: {state.message}".rstrip(": ")


def _passed(name: str, output: str, seconds: float) -> Judged:
    text, cut = kept_output(output)
    return TestResult(name, ISOLATION, PASSED, output=text, cut=cut, seconds=seconds), ()


def _failed(name: str, expected: str, found: str, output: str, seconds: float) -> Judged:
    text, cut = kept_output(output)
    result = TestResult(name, ISOLATION, FAILED, f"expected {expected}, found {found}", output=text, cut=cut, seconds=seconds)
    return result, (Finding("isolation", expected, found, remedies.ISOLATION),)


def _not_shown(name: str, words: str, seconds: float) -> Judged:
    finding = Finding("isolation", name, f"not shown: {words}", remedies.ISOLATION_NOT_SHOWN)
    return TestResult(name, ISOLATION, UNKNOWN, words, seconds=seconds), (finding,)
