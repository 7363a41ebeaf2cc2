# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a tool printed no inventory: a table of texts and one of exit codes. Pure.

This file is internal to the collection and may change in any release. Sources: https://docs.nvidia.com/deploy/nvidia-smi/
("Return Value"; the codes are nvmlReturn_t's) and the Neuron documentation's troubleshooting pages.
"""

from __future__ import annotations

from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._text import first_line

# Text in lower case -> (what it means, what to do). The first that is found decides, so the special come first.
BY_TEXT = (
    ("driver/library version mismatch", "the driver's library and its kernel module are of different versions", remedies.REBOOT_DRIVER),
    ("gpu is lost", "the GPU has fallen off the bus (Xid 79)", remedies.REPLACE_NODE),
    ("fallen off the bus", "the GPU has fallen off the bus (Xid 79)", remedies.REPLACE_NODE),
    ("unable to determine the device handle", "a GPU does not answer; it may have fallen off the bus", remedies.REPLACE_NODE),
    ("no devices were found", "the driver is loaded and sees no usable GPU", remedies.REPLACE_NODE),
    ("couldn't communicate with the nvidia driver", "the NVIDIA driver is not loaded", remedies.AMI),
    ("failed to initialize nvml: insufficient permissions", "the pod may not open the device", remedies.RUNTIME),
    ("failed to initialize nvml: unknown error", "the pod may not open the device", remedies.RUNTIME),
    ("nvml shared library", "the container has no driver library", remedies.RUNTIME),
    ("failed to discover neuron devices", "the Neuron driver shows no device", remedies.AMI),
    ("no neuron device", "the Neuron driver shows no device", remedies.AMI),
    ("executable file not found", "the container has no such tool", remedies.TOOL_IMAGE),
    ("no such file or directory", "the container has no such tool", remedies.TOOL_IMAGE),
    ("not found", "the container has no such tool", remedies.TOOL_IMAGE),
)

BY_EXIT_CODE = {
    2: ("the tool does not know one of its options", remedies.NEWER_TOOL),
    3: ("the operation is not available on the device", remedies.AMI),
    4: ("the pod may not open the device", remedies.RUNTIME),
    6: ("the tool found no such device", remedies.REPLACE_NODE),
    8: ("the GPU's power cables are not attached", remedies.REPLACE_NODE),
    9: ("the NVIDIA driver is not loaded", remedies.AMI),
    10: ("the kernel met an interrupt problem with a GPU", remedies.REPLACE_NODE),
    12: ("the NVML library was not found in the container", remedies.RUNTIME),
    13: ("the NVML library is older than the tool", remedies.AMI),
    14: ("the infoROM of a GPU is corrupted", remedies.REPLACE_NODE),
    15: ("a GPU has fallen off the bus", remedies.REPLACE_NODE),
    16: ("a GPU must be reset", remedies.RESET_DEVICE),
    17: ("the operating system keeps the GPU from the pod", remedies.RUNTIME),
    18: ("the driver's library and its kernel module are of different versions", remedies.REBOOT_DRIVER),
    124: ("the tool did not end in time: it hangs", remedies.TOOL_HANGS),
    126: ("the tool in the container cannot be run", remedies.TOOL_IMAGE),
    127: ("the container has no such tool", remedies.TOOL_IMAGE),
    128: ("the container could not be started", remedies.RUNTIME),
    137: ("the container was killed (out of memory, or stopped by the node)", remedies.MEMORY),
    143: ("the container was stopped before it ended", remedies.GOING_AWAY),
}


def explain_failure(exit_code: Optional[int], log: str) -> Finding:
    """Return why a tool failed, by what it printed, else by its exit code, else in its own words.

    Args:
        exit_code: The container's exit code; None if there is none.
        log: Everything that the container printed.
    """
    lower = log.lower()
    said = first_line(log)
    known = next((row[1:] for row in BY_TEXT if row[0] in lower), None) or BY_EXIT_CODE.get(exit_code or 0)
    meaning, step = known or ("the tool failed", remedies.KERNEL_LOG)
    ended = "the tool exits with 0 and a list of devices"
    found = f"exit code {exit_code}: {meaning}" if exit_code is not None else meaning
    return Finding("tool", ended, f"{found}; it said: {said}" if said else found, step)
