# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a tool printed no inventory: a table of texts and one of exit codes. Pure.

This file is internal to the collection and may change in any release. Sources: https://docs.nvidia.com/deploy/nvidia-smi/
("Return Value"; the codes are nvmlReturn_t's) and the Neuron documentation's troubleshooting pages.
"""

from __future__ import annotations

from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._text import first_line

_REPLACE = "Replace the node (delete its NodeClaim)."
_AMI = "Choose an AMI whose accelerator driver fits the instance type in the EC2NodeClass (an accelerated EKS AMI)."
_RUNTIME = (
    "The container runtime did not give the pod its device and tool: check the device plugin and, on images of your own,"
    " that the runtime of containerd is the vendor's."
)
_IMAGE = "Give an image that holds the tool in the option images, or check that the container runtime injects it."
_REBOOT = "Reboot or replace the node: libraries and the loaded driver are of different versions."

# Text in lower case -> (what it means, what to do). The first that is found decides, so the special come first.
BY_TEXT = (
    ("driver/library version mismatch", "the driver's library and its kernel module are of different versions", _REBOOT),
    ("gpu is lost", "the GPU has fallen off the bus (Xid 79)", _REPLACE),
    ("fallen off the bus", "the GPU has fallen off the bus (Xid 79)", _REPLACE),
    ("unable to determine the device handle", "a GPU does not answer; it may have fallen off the bus", _REPLACE),
    ("no devices were found", "the driver is loaded and sees no usable GPU", _REPLACE),
    ("couldn't communicate with the nvidia driver", "the NVIDIA driver is not loaded", _AMI),
    ("failed to initialize nvml: insufficient permissions", "the pod may not open the device", _RUNTIME),
    ("failed to initialize nvml: unknown error", "the pod may not open the device", _RUNTIME),
    ("nvml shared library", "the container has no driver library", _RUNTIME),
    ("failed to discover neuron devices", "the Neuron driver shows no device", _AMI),
    ("no neuron device", "the Neuron driver shows no device", _AMI),
    ("executable file not found", "the container has no such tool", _IMAGE),
    ("no such file or directory", "the container has no such tool", _IMAGE),
    ("not found", "the container has no such tool", _IMAGE),
)

BY_EXIT_CODE = {
    2: ("the tool does not know one of its options", "Use an image or AMI with a newer tool."),
    3: ("the operation is not available on the device", _AMI),
    4: ("the pod may not open the device", _RUNTIME),
    6: ("the tool found no such device", _REPLACE),
    8: ("the GPU's power cables are not attached", _REPLACE),
    9: ("the NVIDIA driver is not loaded", _AMI),
    10: ("the kernel met an interrupt problem with a GPU", _REPLACE),
    12: ("the NVML library was not found in the container", _RUNTIME),
    13: ("the NVML library is older than the tool", _AMI),
    14: ("the infoROM of a GPU is corrupted", _REPLACE),
    15: ("a GPU has fallen off the bus", _REPLACE),
    16: ("a GPU must be reset", "Drain the node and reboot it, or replace it (delete its NodeClaim)."),
    17: ("the operating system keeps the GPU from the pod", _RUNTIME),
    18: ("the driver's library and its kernel module are of different versions", _REBOOT),
    126: ("the tool in the container cannot be run", _IMAGE),
    127: ("the container has no such tool", _IMAGE),
    128: ("the container could not be started", _RUNTIME),
    137: ("the container was killed (out of memory, or stopped by the node)", "Look at the node's memory and run again."),
    143: ("the container was stopped before it ended", "Run again; the node may be about to go away."),
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
    meaning, next_step = known or ("the tool failed", "Look at the log of the check and at the node's kernel log.")
    ended = "the tool exits with 0 and a list of devices"
    found = f"exit code {exit_code}: {meaning}" if exit_code is not None else meaning
    return Finding("tool", ended, f"{found}; it said: {said}" if said else found, next_step)
