# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which facts nvidia-smi must give of which GPU, by driver and board: a fact that is not there was not found to be good. Pure.

This file is internal to the collection and may change in any release. What a driver or a board does not have is asked of
none of them. Sources: public captures of ``nvidia-smi -q -x`` and ``-q`` with drivers 460 to 610 on V100, T4, A10G, L4, L40S,
A100, H100 and H200, with and without MIG; https://docs.nvidia.com/deploy/nvidia-smi/;
https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/ (rows are remapped from Ampere on, pages retired before).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import NO_VALUE
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import version
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy

if TYPE_CHECKING:
    from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation

# What makes a fact one that must be there. ``ECC``: the board has ECC; ``ECC_ON``: and it is on; ``PAGES``, ``ROWS``: it retires
# pages or remaps rows; ``MIG``: it can be divided; ``WHOLE``: it can be and is not; ``FABRIC``: its instance type has NVSwitches
# that it registers with.
ANY, ECC, ECC_ON, PAGES, ROWS, MIG, WHOLE, FABRIC = "any", "ECC", "ECC on", "pages", "rows", "MIG", "not in MIG mode", "fabric"

# Board, by a word of its name -> what it has. Of a board that is not here, and of a share of one, nothing is asked beyond what any has.
BOARDS: Mapping[str, frozenset[str]] = {
    "v100": frozenset({ECC, PAGES}),
    "t4": frozenset({ECC, PAGES}),
    "4500": frozenset({ROWS}),
    **dict.fromkeys(("a10g", "l4", "l40s", "6000"), frozenset({ECC, ROWS})),
    **dict.fromkeys(("a100", "h100", "h200", "b200", "b300", "gb200", "gb300"), frozenset({ECC, ROWS, MIG})),
}


@dataclass(frozen=True)
class Required:
    """One row: facts that must be there.

    Attributes:
        check: Name of the check.
        facts: Alternatives, one a generation of drivers: all the paths of one of them must be there.
        needs: What the GPU must have for it; all of them.
        since: Oldest major version of the driver that gives them.
        value: Whether a word for "no value" counts as not being there.
        remedy: What to do about it.
    """

    check: str
    facts: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] = (ANY,)
    since: int = 0
    value: bool = True
    remedy: Remedy = remedies.VERIFY_OUTPUT


_VOLATILE = "ecc_errors.volatile."
_AGGREGATE = "ecc_errors.aggregate."
REQUIRED = (
    Required("compute mode", (("compute_mode",),)),
    Required("ECC mode", (("ecc_mode.current_ecc", "ecc_mode.pending_ecc"),), value=False),
    Required("ECC mode", (("ecc_mode.current_ecc", "ecc_mode.pending_ecc"),), (ECC,)),
    Required("MIG mode", (("mig_mode.current_mig", "mig_mode.pending_mig"),), since=450, value=False),
    Required("MIG mode", (("mig_mode.current_mig", "mig_mode.pending_mig"),), (MIG,), since=450),
    Required(
        "ECC counters",
        (
            (_VOLATILE + "double_bit.total",),
            (_VOLATILE + "sram_uncorrectable", _VOLATILE + "dram_uncorrectable"),
            (_VOLATILE + "sram_uncorrectable_parity", _VOLATILE + "sram_uncorrectable_secded", _VOLATILE + "dram_uncorrectable"),
        ),
        (ECC_ON,),
    ),
    Required("page retirement", (("retired_pages.pending_retirement",),), (ECC_ON, PAGES)),
    Required("row remapping", (("remapped_rows.remapped_row_pending", "remapped_rows.remapped_row_failure"),), (ROWS, WHOLE), since=450),
    Required("ECC error threshold", ((_AGGREGATE + "sram_threshold_exceeded",),), (ECC_ON, ROWS), since=555, value=False),
    Required("memory repair", (("ecc_errors.channel_repair_pending", "ecc_errors.tpc_repair_pending"),), (ROWS,), since=580, value=False),
    Required("recovery action", (("gpu_recovery_action",), ("gpu_reset_status.reset_required",)), since=535, value=False),
    # While a GPU registers with the fabric, its status has no value yet.
    Required("fabric", (("fabric.state",),), (FABRIC,), since=535, remedy=remedies.FABRIC_MANAGER),
    Required("fabric", (("fabric.status",),), (FABRIC,), since=535, value=False),
)


def board_of(model: str) -> frozenset[str]:
    """Return what a board has, by its name; of a share of a GPU, such as L4-3Q, nothing is known."""
    words = re.split(r"[\s_-]+", model.lower())
    if re.fullmatch(r"[0-9]+[qcab]", words[-1]):
        return frozenset()
    return next((has for word, has in BOARDS.items() if word in words), frozenset())


def _has(device: Device, expected: Expectation) -> frozenset[str]:
    """Return everything that the device's facts may be required for."""
    board = board_of(device.model)
    divided = device.facts.get("mig_mode.current_mig", "").lower() == "enabled"
    state = {
        ANY: True,
        ECC_ON: ECC in board and device.ecc == "enabled",
        WHOLE: not divided,
        FABRIC: expected.fabric,
    }
    return board | {need for need, holds in state.items() if holds}


def missing_facts(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    """Yield a finding for each row whose facts a GPU must have and does not give."""
    if inventory.tool != "nvidia-smi":
        return
    driver = (version(inventory.driver_version) or (0,))[0]
    for device in inventory.devices:
        has = _has(device, expected)
        for row in REQUIRED:
            if driver >= row.since and has.issuperset(row.needs):
                yield from _missing(device, row)


def _missing(device: Device, row: Required) -> Iterator[Finding]:
    lacking = [[path for path in paths if not _is_there(device, path, row.value)] for paths in row.facts]
    if all(lacking):
        # The alternative of which most is there is the one that this driver means; the newest, where nothing is.
        there = [len(paths) - len(missing) for paths, missing in zip(row.facts, lacking)]
        nearest = max(range(len(lacking)), key=lambda place: (there[place], place))
        said = ", ".join(f"{path}: {device.facts.get(path, 'not printed')}" for path in lacking[nearest])
        yield Finding(row.check, "a value", said, row.remedy, device.name)


def _is_there(device: Device, path: str, value: bool) -> bool:
    text = device.facts.get(path)
    return text is not None and not (value and text.lower() in NO_VALUE)
