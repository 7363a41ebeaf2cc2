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

from ansible_collections.accelerated.nodes.plugins.module_utils import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import ERROR, WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._inventory import Device
from ansible_collections.accelerated.nodes.plugins.module_utils._nvidia_smi import NO_VALUE
from ansible_collections.accelerated.nodes.plugins.module_utils._remedies import Remedy


@dataclass(frozen=True)
class StateCheck:
    """One row: the facts whose path matches must not be bad.

    Attributes:
        check: Name of the check.
        path: Pattern of the whole dotted path of a fact.
        is_bad: Says whether a fact's text is bad; asked only of texts that are a value.
        expected: What a healthy device says.
        remedy: What to do about it.
        severity: ``error``, or ``warning`` for what does not keep a node from passing.
    """

    check: str
    path: Pattern[str]
    is_bad: Callable[[str], bool]
    expected: str
    remedy: Remedy
    severity: str = ERROR


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
    StateCheck("readable", re.compile(r".*"), _says_broken, "values in every field", remedies.RESET_DEVICE),
    StateCheck(
        "uncorrectable ECC errors",
        re.compile(r"ecc_errors\.volatile\..*(uncorrectable.*|double_bit\.total)|mig_devices\..*\.volatile_count\..*uncorrectable.*"),
        _not_zero,
        "0 since the driver was loaded",
        remedies.RESET_DEVICE,
    ),
    StateCheck(
        "ECC error threshold", re.compile(r"ecc_errors\.aggregate\.sram_threshold_exceeded"), _is("yes"), "No", remedies.REPLACE_DEVICE
    ),
    StateCheck(
        "memory repair",
        re.compile(r"ecc_errors\.(channel_repair_pending|tpc_repair_pending)|retired_pages\.(pending_retirement|pending_blacklist)"),
        _is("yes"),
        "none pending",
        remedies.RESET_DEVICE,
    ),
    StateCheck("unrepairable memory", re.compile(r"ecc_errors\.unrepairable_memory"), _is("yes"), "No", remedies.REPLACE_DEVICE),
    StateCheck("row remapping", re.compile(r"remapped_rows\.remapped_row_pending"), _is("yes"), "none pending", remedies.RESET_DEVICE),
    StateCheck("row remapping", re.compile(r"remapped_rows\.remapped_row_failure"), _is("yes"), "no failure", remedies.REPLACE_DEVICE),
    StateCheck(
        "reset",
        re.compile(r"gpu_reset_status\.(reset_required|drain_and_reset_recommended)"),
        _is("yes"),
        "none required",
        remedies.RESET_DEVICE,
    ),
    StateCheck("recovery action", re.compile(r"gpu_recovery_action"), lambda text: True, "None", remedies.RESET_DEVICE),
    StateCheck(
        "compute mode",
        re.compile(r"compute_mode"),
        _is("prohibited"),
        "Default",
        remedies.COMPUTE_MODE,
    ),
    StateCheck(
        "fabric",
        re.compile(r"fabric\.state"),
        _is_not("completed"),
        "Completed",
        remedies.FABRIC_MANAGER,
    ),
    StateCheck(
        "fabric",
        re.compile(r"fabric\.status"),
        _is_not("success"),
        "Success",
        remedies.FABRIC_FAULT,
    ),
    StateCheck(
        "fabric health",
        re.compile(r"fabric\.health\.summary"),
        _is_not("healthy"),
        "Healthy",
        remedies.FABRIC_FAULT,
    ),
    StateCheck(
        "uncorrectable ECC errors",
        re.compile(r"ecc_errors\.aggregate\.(.*uncorrectable.*|double_bit\.total)"),
        _not_zero,
        "0 in the GPU's life",
        remedies.WATCH_ERRORS,
        WARNING,
    ),
    StateCheck(
        "clocks",
        re.compile(r"clocks_(event|throttle)_reasons\.clocks_(event|throttle)_reason_hw_(slowdown|thermal_slowdown|power_brake_slowdown)"),
        _is("active"),
        "not held down by the hardware",
        remedies.WATCH_CLOCKS,
        WARNING,
    ),
    StateCheck("persistence mode", re.compile(r"persistence_mode"), _is("disabled"), "Enabled", remedies.PERSISTENCE, WARNING),
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
                yield Finding(row.check, row.expected, f"{text} ({path})", row.remedy, device.name, row.severity)
                if row.check == "readable":
                    # A lost GPU says so in every field: once is enough.
                    break
    for check, current, pending in PENDING_SETTINGS:
        now, later = device.facts.get(current, ""), device.facts.get(pending, "")
        if now.lower() not in NO_VALUE and later.lower() not in NO_VALUE and now != later:
            yield Finding(check, f"{now}, and no change pending", f"{later} pending", remedies.REBOOT_SETTING, device.name)
