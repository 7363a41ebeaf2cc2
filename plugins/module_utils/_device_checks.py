# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the state of a healthy device looks like, whatever its type: a table of checks on the tool's own words. Pure.

This file is internal to the collection and may change in any release. The element names are those of nvidia-smi's XML,
DTD v11 to v13; an element that a driver does not print is not checked. Sources: https://docs.nvidia.com/deploy/nvidia-smi/
and https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import Pattern

from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._inventory import Device
from ansible_collections.accelerated.nodes.plugins.module_utils._nvidia_smi import NO_VALUE

_RESET = "Drain the node and reset or reboot it; replace it (delete its NodeClaim) if the state comes back."
_REPLACE = "Replace the node (delete its NodeClaim): the device has a fault that a reboot does not mend."
_REBOOT = "Reboot or replace the node: the setting takes effect only then."


@dataclass(frozen=True)
class StateCheck:
    """One row: the facts whose path matches must not be bad.

    Attributes:
        check: Name of the check.
        path: Pattern of the whole dotted path of a fact.
        is_bad: Says whether a fact's text is bad; asked only of texts that are a value.
        expected: What a healthy device says.
        next_step: What to do about it.
    """

    check: str
    path: Pattern[str]
    is_bad: Callable[[str], bool]
    expected: str
    next_step: str


def _not_zero(text: str) -> bool:
    return text.strip("0") != "" or text == ""


def _is(*bad: str) -> Callable[[str], bool]:
    return lambda text: text.lower() in bad


def _is_not(*good: str) -> Callable[[str], bool]:
    return lambda text: text.lower() not in good


def _says_broken(text: str) -> bool:
    lower = text.lower()
    return any(each in lower for each in BROKEN_TEXTS)


# What nvidia-smi prints in place of a value when the driver cannot reach the GPU; the exit code can be 0 all the same.
BROKEN_TEXTS = ("unknown error", "gpu requires reset", "gpu is lost", "fallen off the bus", "err!")

STATE_CHECKS = (
    StateCheck("readable", re.compile(r".*"), _says_broken, "values in every field", _RESET),
    StateCheck(
        "uncorrectable ECC errors",
        re.compile(r"ecc_errors\.volatile\..*(uncorrectable.*|double_bit\.total)|mig_devices\..*\.volatile_count\..*uncorrectable.*"),
        _not_zero,
        "0 since the driver was loaded",
        _RESET,
    ),
    StateCheck("ECC error threshold", re.compile(r"ecc_errors\.aggregate\.sram_threshold_exceeded"), _is("yes"), "No", _REPLACE),
    StateCheck(
        "memory repair",
        re.compile(r"ecc_errors\.(channel_repair_pending|tpc_repair_pending)|retired_pages\.(pending_retirement|pending_blacklist)"),
        _is("yes"),
        "none pending",
        _RESET,
    ),
    StateCheck("unrepairable memory", re.compile(r"ecc_errors\.unrepairable_memory"), _is("yes"), "No", _REPLACE),
    StateCheck("row remapping", re.compile(r"remapped_rows\.remapped_row_pending"), _is("yes"), "none pending", _RESET),
    StateCheck("row remapping", re.compile(r"remapped_rows\.remapped_row_failure"), _is("yes"), "no failure", _REPLACE),
    StateCheck(
        "reset",
        re.compile(r"gpu_reset_status\.(reset_required|drain_and_reset_recommended)"),
        _is("yes"),
        "none required",
        _RESET,
    ),
    StateCheck("recovery action", re.compile(r"gpu_recovery_action"), lambda text: True, "None", _RESET),
    StateCheck(
        "compute mode",
        re.compile(r"compute_mode"),
        _is("prohibited"),
        "Default",
        "No program may compute on this GPU: set the mode to Default (nvidia-smi -c 0) in the EC2NodeClass's user data.",
    ),
    StateCheck(
        "fabric",
        re.compile(r"fabric\.state"),
        _is_not("completed"),
        "Completed",
        "The NVSwitch fabric is not up: check that the fabric manager runs on the node, then verify again.",
    ),
    StateCheck(
        "fabric",
        re.compile(r"fabric\.status"),
        _is_not("success"),
        "Success",
        "The NVSwitch fabric has a fault: check the fabric manager's log on the node, and replace the node if it stays so.",
    ),
)

# Settings that differ from what they are to become: (check, path of the current value, path of the pending one).
PENDING_SETTINGS = (
    ("ECC mode change", "ecc_mode.current_ecc", "ecc_mode.pending_ecc"),
    ("MIG mode change", "mig_mode.current_mig", "mig_mode.pending_mig"),
)


def device_findings(device: Device) -> Iterator[Finding]:
    """Yield a finding for each fact of the device that a healthy one would not show."""
    for row in STATE_CHECKS:
        for path, text in device.facts.items():
            if row.path.fullmatch(path) and text.lower() not in NO_VALUE and row.is_bad(text):
                yield Finding(row.check, row.expected, f"{text} ({path})", row.next_step, device.name)
                if row.check == "readable":
                    # A lost GPU says so in every field: once is enough.
                    break
    for check, current, pending in PENDING_SETTINGS:
        now, later = device.facts.get(current, ""), device.facts.get(pending, "")
        if now.lower() not in NO_VALUE and later.lower() not in NO_VALUE and now != later:
            yield Finding(check, f"{now}, and no change pending", f"{later} pending", _REBOOT, device.name)
