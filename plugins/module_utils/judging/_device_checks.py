# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the state of a healthy device looks like, whatever its type: a table of checks on the tool's own words. Pure.

This file is internal to the collection and may change in any release. The element names are those of nvidia-smi's XML,
DTD v11 to v13; which of them must be there is in _required_facts. A row names the good words where it can, so that a word
nobody has thought of is not taken for one. Sources: https://docs.nvidia.com/deploy/nvidia-smi/ and
https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern
from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import NO_VALUE, without_places
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR, WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy

# A lost GPU says so in every field; a finding quotes this many, of so many characters each.
_QUOTED, _SAID = 3, 80
# Characters of the longest path that a driver prints, and more.
_LONGEST = 200


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


def _says(*broken: str) -> Callable[[str], bool]:
    return lambda text: any(each in text.lower() for each in broken)


# What nvidia-smi prints in place of a value when the driver cannot reach the GPU; the exit code can be 0 all the same.
LOST_TEXTS = ("gpu is lost", "fallen off the bus")
BROKEN_TEXTS = ("unknown error", "gpu requires reset", "err!")
# What bytes that are no UTF-8 have become on their way here.
UNREADABLE = "\ufffd"

_READABLE = re.compile(r"(?!processes\..*process_name).*")
_REMAPPED = r"remapped_rows\.remapped_row_"
_CLOCKS = r"clocks_(event|throttle)_reasons\.clocks_(event|throttle)_reason_hw_(slowdown|thermal_slowdown|power_brake_slowdown)"
_VOLATILE = (
    r"ecc_errors\.volatile\.(.*uncorrectable.*|double_bit\..*)"
    r"|mig_devices\.mig_device\.ecc_error_count\.volatile_count\..*uncorrectable.*"
)
_AGGREGATE = r"ecc_errors\.(aggregate\.(.*uncorrectable.*|double_bit\..*)|aggregate_uncorrectable_sram_sources\..*)"
_HEALTH = r"fabric\.health\.(route_unhealthy|route_recovery_in_progress|access_timeout_recovery)"

STATE_CHECKS = (
    StateCheck("readable", _READABLE, _says(*LOST_TEXTS), "values in every field", remedies.REPLACE_LOST),
    StateCheck("readable", _READABLE, _says(*BROKEN_TEXTS), "values in every field", remedies.RESET_DEVICE),
    StateCheck("readable", re.compile(r".*"), _says(UNREADABLE), "text in UTF-8", remedies.UNTRUSTED),
    StateCheck("uncorrectable ECC errors", re.compile(_VOLATILE), _not_zero, "0 since the driver was loaded", remedies.RESET_DEVICE),
    StateCheck(
        "ECC error threshold",
        re.compile(r"ecc_errors\.aggregate\.sram_threshold_exceeded"),
        _is_not("no"),
        "No",
        remedies.REPLACE_DEVICE,
    ),
    StateCheck(
        "memory repair", re.compile(r"ecc_errors\.(channel|tpc)_repair_pending"), _is_not("no"), "none pending", remedies.RESET_DEVICE
    ),
    StateCheck(
        "page retirement",
        re.compile(r"retired_pages\.(pending_retirement|pending_blacklist)"),
        _is_not("no"),
        "none pending",
        remedies.RESET_DEVICE,
    ),
    StateCheck("unrepairable memory", re.compile(r"ecc_errors\.unrepairable_memory"), _is_not("no"), "No", remedies.REPLACE_DEVICE),
    StateCheck("row remapping", re.compile(_REMAPPED + "pending"), _is_not("no"), "none pending", remedies.RESET_DEVICE),
    StateCheck("row remapping", re.compile(_REMAPPED + "failure"), _is_not("no"), "no failure", remedies.REPLACE_DEVICE),
    StateCheck(
        "reset",
        re.compile(r"gpu_reset_status\.(reset_required|drain_and_reset_recommended)"),
        _is_not("no"),
        "none required",
        remedies.RESET_DEVICE,
    ),
    # "None" is a word for no value, so that whatever is asked of this row is an action.
    StateCheck("recovery action", re.compile(r"gpu_recovery_action"), _is("reboot"), "None", remedies.REBOOT_DEVICE),
    StateCheck("recovery action", re.compile(r"gpu_recovery_action"), _is_not("reboot"), "None", remedies.RESET_DEVICE),
    StateCheck("compute mode", re.compile(r"compute_mode"), _is_not("default", "exclusive_process"), "Default", remedies.COMPUTE_MODE),
    StateCheck("fabric", re.compile(r"fabric\.state"), _is_not("completed"), "Completed", remedies.FABRIC_MANAGER),
    StateCheck("fabric", re.compile(r"fabric\.status"), _is_not("success"), "Success", remedies.FABRIC_FAULT),
    StateCheck("fabric health", re.compile(r"fabric\.health\.summary"), _is_not("healthy"), "Healthy", remedies.FABRIC_FAULT),
    StateCheck("fabric health", re.compile(_HEALTH), _is("true", "yes"), "False", remedies.FABRIC_FAULT),
    StateCheck("fabric bandwidth", re.compile(r"fabric\.health\.bandwidth"), _is("degraded"), "Full", remedies.FABRIC_FAULT, WARNING),
    StateCheck("uncorrectable ECC errors", re.compile(_AGGREGATE), _not_zero, "0 in the GPU's life", remedies.WATCH_ERRORS, WARNING),
    StateCheck(
        "spare rows",
        re.compile(r"remapped_rows\.row_remapper_histogram\.row_remapper_histogram_none"),
        _is_not("0 bank(s)"),
        "no bank of memory without spare rows",
        remedies.WATCH_ROWS,
        WARNING,
    ),
    StateCheck("compute mode", re.compile(r"compute_mode"), _is("exclusive_process"), "Default", remedies.COMPUTE_MODE, WARNING),
    StateCheck("clocks", re.compile(_CLOCKS), _is_not("not active"), "not held down by the hardware", remedies.WATCH_CLOCKS, WARNING),
    StateCheck("persistence mode", re.compile(r"persistence_mode"), _is_not("enabled"), "Enabled", remedies.PERSISTENCE, WARNING),
)

# Settings that differ from what they are to become: (check, path of the current value, path of the pending one).
PENDING_SETTINGS = (
    ("ECC mode change", "ecc_mode.current_ecc", "ecc_mode.pending_ecc"),
    ("MIG mode change", "mig_mode.current_mig", "mig_mode.pending_mig"),
)

_TEMPERATURE, _POWER, _OLD_POWER = "temperature.", "gpu_power_readings.", "power_readings."


@dataclass(frozen=True)
class Limit:
    """One row: two numbers of a device that have an order; a device that does not give both is not looked at.

    Attributes:
        check: Name of the check.
        number: Path of the fact.
        limit: Path of the fact that it is held against.
        holds: Whether the number is as it should be.
        expected: How a healthy device's number relates to the limit.
        remedy: What to do about it.
    """

    check: str
    number: str
    limit: str
    holds: Callable[[float, float], bool]
    expected: str
    remedy: Remedy


def _below(number: float, limit: float) -> bool:
    return number < limit


def _above(number: float, limit: float) -> bool:
    return number > limit


def _at_least(number: float, limit: float) -> bool:
    return number >= limit


# All are warnings: a hot GPU computes, more slowly. From Hopper on, limits are distances: what is left to the point of slowing down.
LIMITS = (
    Limit("temperature", _TEMPERATURE + "gpu_temp", _TEMPERATURE + "gpu_temp_slow_threshold", _below, "below", remedies.WATCH_CLOCKS),
    Limit(
        "temperature",
        _TEMPERATURE + "gpu_temp_tlimit",
        _TEMPERATURE + "gpu_temp_slow_tlimit_threshold",
        _above,
        "above",
        remedies.WATCH_CLOCKS,
    ),
    Limit("power limit", _POWER + "current_power_limit", _POWER + "default_power_limit", _at_least, "at least", remedies.POWER_LIMIT),
    Limit("power limit", _OLD_POWER + "power_limit", _OLD_POWER + "default_power_limit", _at_least, "at least", remedies.POWER_LIMIT),
)


def device_findings(device: Device) -> Iterator[Finding]:
    """Yield a finding for each row that the device's facts are not as a healthy one's."""
    bad: dict[int, list[str]] = {}
    for path, text in device.facts.items():
        if text.lower() not in NO_VALUE:
            for place in _rows_of(path) if len(path) <= _LONGEST else _find_rows(path):
                if STATE_CHECKS[place].is_bad(text):
                    bad.setdefault(place, []).append(f"{shorten(text, _SAID)} ({shorten(path, _LONGEST)})")
    for place in sorted(bad):
        row, said = STATE_CHECKS[place], bad[place]
        more = f" and {len(said) - _QUOTED} more" if len(said) > _QUOTED else ""
        yield Finding(row.check, row.expected, ", ".join(said[:_QUOTED]) + more, row.remedy, device.name, row.severity)
    yield from _pending(device)
    yield from _beyond_limits(device)


def _find_rows(path: str) -> tuple[int, ...]:
    """Return the places of the rows that look at a fact."""
    plain = without_places(path)
    return tuple(place for place, row in enumerate(STATE_CHECKS) if row.path.fullmatch(plain))


# All GPUs have the same paths, so each is matched with the table once; what no driver prints is not kept.
_rows_of = lru_cache(maxsize=4096)(_find_rows)


def _pending(device: Device) -> Iterator[Finding]:
    for check, current, pending in PENDING_SETTINGS:
        now, later = device.facts.get(current, ""), device.facts.get(pending, "")
        if now.lower() not in NO_VALUE and later.lower() not in NO_VALUE and now != later:
            yield Finding(check, f"{now}, and no change pending", f"{later} pending", remedies.REBOOT_SETTING, device.name)


def _beyond_limits(device: Device) -> Iterator[Finding]:
    for row in LIMITS:
        number, limit = _number(device.facts.get(row.number, "")), _number(device.facts.get(row.limit, ""))
        if number is not None and limit is not None and not row.holds(number, limit):
            expected = f"{row.expected} {device.facts[row.limit]} ({row.limit})"
            yield Finding(row.check, expected, device.facts[row.number], row.remedy, device.name, WARNING)


def _number(text: str) -> Optional[float]:
    """Return a temperature or a power as a number."""
    match = re.fullmatch(r"(-?[0-9]{1,6}(?:\.[0-9]{1,3})?) ?[CW]", text)
    return float(match.group(1)) if match else None
