# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a tool failed, or what it says beside its list: a table of texts and one of exit codes. Pure.

This file is internal to the collection and may change in any release. Sources: https://docs.nvidia.com/deploy/nvidia-smi/
("Return Value"; the codes are nvmlReturn_t's, so that 16 to 18 occur too), the shells' and container runtimes' codes above
125, and the Neuron documentation's troubleshooting pages.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import first_line, printable, shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy


class Said(NamedTuple):
    """A text in lower case, what it means, what to do, and whether it is an error beside a good list and exit code 0 too."""

    text: str
    meaning: str
    remedy: Remedy
    always: bool = False


_OFF_THE_BUS = "the GPU has fallen off the bus (Xid 79)"
_NO_ACCESS = "the pod may not open the device"
_NO_TOOL = "the container has no such tool"
_VERSIONS_DIFFER = "the driver's library and its kernel module are of different versions"
_NO_NEURON = "the Neuron driver shows no device"

# The first that is found decides, so the special come first.
BY_TEXT = (
    Said("driver/library version mismatch", _VERSIONS_DIFFER, remedies.REBOOT_DRIVER, True),
    Said("gpu is lost", _OFF_THE_BUS, remedies.REPLACE_LOST, True),
    Said("fallen off the bus", _OFF_THE_BUS, remedies.REPLACE_LOST, True),
    Said("unable to determine the device handle", "a GPU does not answer; it may have fallen off the bus", remedies.REPLACE_LOST, True),
    Said("inforom is corrupted", "the infoROM of a GPU is corrupted", remedies.REPLACE_DEVICE, True),
    Said("gpu requires reset", "a GPU must be reset", remedies.RESET_DEVICE, True),
    Said("no devices were found", "the driver is loaded and sees no usable GPU", remedies.REPLACE_NODE, True),
    Said("couldn't communicate with the nvidia driver", "the NVIDIA driver is not loaded", remedies.AMI, True),
    Said("failed to initialize nvml: insufficient permissions", _NO_ACCESS, remedies.RUNTIME, True),
    Said("failed to initialize nvml: unknown error", _NO_ACCESS, remedies.RUNTIME, True),
    Said("nvml shared library", "the container has no driver library", remedies.RUNTIME, True),
    Said("failed to discover neuron devices", _NO_NEURON, remedies.AMI, True),
    Said("unable to read device information from the driver", _NO_NEURON, remedies.AMI, True),
    Said("no neuron device", _NO_NEURON, remedies.AMI, True),
    Said("executable file not found", _NO_TOOL, remedies.TOOL_IMAGE),
    Said("no such file or directory", _NO_TOOL, remedies.TOOL_IMAGE),
    Said("not found", _NO_TOOL, remedies.TOOL_IMAGE),
)

# Lines that neuron-ls' logger calls fatal, with and without a terminal. One that is about its options is not about devices: flags are
# tried in turn.
_FATAL = re.compile(r"\blevel=(?:fatal|panic)\b|^(?:FATA|PANI)\[")
_OPTIONS = re.compile(r"\b(?:flag|option|argument|usage)s?\b", re.IGNORECASE)
_FATAL_MEANING = "the tool calls this fatal"

BY_EXIT_CODE = {
    1: ("the tool failed, or cannot reach the driver", remedies.KERNEL_LOG),
    2: ("the tool does not know one of its options", remedies.NEWER_TOOL),
    3: ("the operation is not available on the device", remedies.AMI),
    4: (_NO_ACCESS, remedies.RUNTIME),
    6: ("the tool found no such device", remedies.REPLACE_NODE),
    8: ("the GPU's power cables are not attached", remedies.REPLACE_NODE),
    9: ("the NVIDIA driver is not loaded", remedies.AMI),
    10: ("the kernel met an interrupt problem with a GPU", remedies.REPLACE_NODE),
    12: ("the NVML library was not found in the container", remedies.RUNTIME),
    13: ("the NVML library is older than the tool", remedies.AMI),
    14: ("the infoROM of a GPU is corrupted", remedies.REPLACE_DEVICE),
    15: ("a GPU has fallen off the bus", remedies.REPLACE_LOST),
    16: ("a GPU must be reset", remedies.RESET_DEVICE),
    17: ("the operating system keeps the GPU from the pod", remedies.RUNTIME),
    18: (_VERSIONS_DIFFER, remedies.REBOOT_DRIVER),
    124: ("the tool did not end in time: it hangs", remedies.TOOL_HANGS),
    126: ("the tool in the container cannot be run", remedies.TOOL_IMAGE),
    127: (_NO_TOOL, remedies.TOOL_IMAGE),
    128: ("the container could not be started", remedies.RUNTIME),
    134: ("the tool crashed (abort)", remedies.KERNEL_LOG),
    137: ("the container was killed (out of memory, or stopped by the node)", remedies.MEMORY),
    139: ("the tool crashed (segmentation fault)", remedies.KERNEL_LOG),
    143: ("the container was stopped before it ended", remedies.GOING_AWAY),
    255: ("an error that the tool has no code for, or one inside the driver", remedies.KERNEL_LOG),
}


def explain_failure(exit_code: Optional[int], log: str) -> Finding:
    """Return why a tool failed, by what it printed, else by its exit code, else in its own words.

    Args:
        exit_code: The container's exit code; None if there is none.
        log: Everything that the container printed.
    """
    lower = log.lower()
    said = first_line(log)
    known = next(((row.meaning, row.remedy) for row in BY_TEXT if row.text in lower), None) or BY_EXIT_CODE.get(exit_code or 0)
    meaning, step = known or ("the tool failed", remedies.KERNEL_LOG)
    ended = "the tool exits with 0 and a list of devices"
    found = f"exit code {exit_code}: {meaning}" if exit_code is not None else meaning
    return Finding("tool", ended, f"{found}; it said: {said}" if said else found, step)


def known_failure(log: str) -> Optional[Finding]:
    """Return why a tool that claims success printed no list, if its words are known; None if they are not."""
    known = any(row.text in log.lower() for row in BY_TEXT)
    return explain_failure(0, log) if known else None


def complaint(around: str) -> Optional[Finding]:
    """Return what a tool that exits with 0 says beside its list that is an error all the same; None if it says nothing of the kind.

    Args:
        around: What was printed before and after the list: a log holds standard output and standard error.
    """
    for line in printable(around).splitlines():
        lower = line.lower()
        known = next(((row.meaning, row.remedy) for row in BY_TEXT if row.always and row.text in lower), None)
        if known is None and _FATAL.search(line) and not _OPTIONS.search(line):
            known = _FATAL_MEANING, remedies.KERNEL_LOG
        if known:
            return Finding("tool", "no error beside the list of devices", f"{known[0]}; it said: {shorten(line)}", known[1])
    return None
