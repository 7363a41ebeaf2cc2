# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Comparisons of what was found with what was expected, as two tables: of the whole inventory, and of each device. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.accelerated.nodes.plugins.module_utils import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils._nvidia_smi import NO_VALUE
from ansible_collections.accelerated.nodes.plugins.module_utils._remedies import Remedy
from ansible_collections.accelerated.nodes.plugins.module_utils._text import version

if TYPE_CHECKING:
    from ansible_collections.accelerated.nodes.plugins.module_utils._expectations import Expectation

# nvidia-smi and Karpenter's label differ by up to 7.4 % on AWS's types: ECC and the driver keep a part of the memory.
MEMORY_TOLERANCE_PERCENT = 10

# neuron-ls' list of the devices that a device is linked to; null for a single one.
CONNECTED = "connected_to"

# The last word of a shared GPU's name, as in "NVIDIA L4-3Q".
_SHARE = re.compile(r"[0-9]+[qcab]")


def _count(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    if len(inventory.devices) != expected.count:
        yield Finding(
            check="count",
            expected=f"{expected.count} (by {expected.source}, {expected.instance_type})",
            found=str(len(inventory.devices)),
            remedy=remedies.REPLACE_MISSING,
        )


def _announced(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    if inventory.announced is not None and inventory.announced != len(inventory.devices):
        yield Finding(
            check="complete output",
            expected=f"{inventory.announced} devices listed, as the tool itself announces",
            found=f"{len(inventory.devices)} listed",
            remedy=remedies.REPLACE_MISSING,
        )


def _unique(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    for what, values in (
        ("uuid", [each.uuid for each in inventory.devices if each.uuid]),
        ("bus_id", [each.bus_id for each in inventory.devices if each.bus_id]),
        ("index", [str(each.index) for each in inventory.devices]),
    ):
        twice = sorted({each for each in values if values.count(each) > 1})
        if twice:
            yield Finding(
                check=f"unique {what}",
                expected=f"a {what} for each device",
                found=f"{', '.join(twice)} more than once",
                remedy=remedies.UNTRUSTED,
            )


def _uuids(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    missing = [each.name for each in inventory.devices if not each.uuid]
    if missing and inventory.tool == "nvidia-smi":
        yield Finding(
            check="uuid",
            expected="a UUID for each GPU",
            found=f"none for {', '.join(missing)}",
            remedy=remedies.REPLACE_UNREADABLE,
        )


def _instance_type(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    if inventory.instance_type and inventory.instance_type != expected.instance_type:
        yield Finding(
            check="instance type",
            expected=expected.instance_type,
            found=inventory.instance_type,
            remedy=remedies.WRONG_TYPE,
        )


def _minimum(check: str, attribute: str, remedy: Remedy, inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    wanted, found = getattr(expected, attribute), getattr(inventory, attribute)
    # GPUs only: neuron-ls tells no driver version, and there is no CUDA.
    if wanted and inventory.tool == "nvidia-smi" and version(found) < version(wanted):
        yield Finding(check=check, expected=f"{wanted} or newer", found=found or "none", remedy=remedy)


def _driver(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    return _minimum("driver version", "driver_version", remedies.NEWER_DRIVER, inventory, expected)


def _cuda(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    return _minimum("CUDA version", "cuda_version", remedies.NEWER_CUDA, inventory, expected)


INVENTORY_CHECKS = (_count, _announced, _unique, _uuids, _instance_type, _driver, _cuda)


def _words(name: str) -> list[str]:
    """Return the words of a product's or a label's name; drivers before 470 leave the vendor's word out."""
    return [each for each in re.split(r"[\s_-]+", name.lower()) if each and each not in ("nvidia", "tesla")]


def _share(words: list[str]) -> list[str]:
    return [each for each in words if _SHARE.fullmatch(each)]


def same_model(found: str, expected: str) -> bool:
    """Say whether a product's name has every word of the expected one, and is the same share of a GPU.

    Whole words: T4 is not T4G, L4 is neither L40S nor L4-3Q.
    """
    words, wanted = _words(found), _words(expected)
    return set(wanted) <= set(words) and _share(words) == _share(wanted)


def _model(device: Device, expected: Expectation) -> Iterator[Finding]:
    if expected.model and not same_model(device.model, expected.model):
        yield Finding(
            check="model",
            expected=expected.model,
            found=device.model or "no name",
            device=device.name,
            remedy=remedies.WRONG_MODEL,
        )


def _memory(device: Device, expected: Expectation) -> Iterator[Finding]:
    if expected.memory_mib is None:
        return
    allowed = expected.memory_mib * MEMORY_TOLERANCE_PERCENT / 100
    if device.memory_mib is None or abs(device.memory_mib - expected.memory_mib) > allowed:
        yield Finding(
            check="memory",
            expected=f"{expected.memory_mib} MiB within {MEMORY_TOLERANCE_PERCENT} %",
            found="unknown" if device.memory_mib is None else f"{device.memory_mib} MiB",
            device=device.name,
            remedy=remedies.REPLACE_MEMORY,
        )


def _cores(device: Device, expected: Expectation) -> Iterator[Finding]:
    if expected.cores is not None and device.cores != expected.cores:
        yield Finding(
            check="cores",
            expected=f"{expected.cores} physical NeuronCores",
            found="unknown" if device.cores is None else str(device.cores),
            device=device.name,
            remedy=remedies.REPLACE_CORES,
        )


def _ecc(device: Device, expected: Expectation) -> Iterator[Finding]:
    if expected.ecc is not None and expected.accelerator == "nvidia" and (device.ecc == "enabled") != expected.ecc:
        yield Finding(
            check="ECC mode",
            expected="enabled" if expected.ecc else "disabled",
            found=device.ecc or "not available",
            device=device.name,
            remedy=remedies.ECC_MODE,
        )


def _mig(device: Device, expected: Expectation) -> Iterator[Finding]:
    mode = device.facts.get("mig_mode.current_mig", "")
    if (mode == "Enabled") != expected.mig and expected.accelerator == "nvidia":
        yield Finding(
            check="MIG mode",
            expected="enabled" if expected.mig else "disabled",
            found=mode.lower() or "not available",
            device=device.name,
            remedy=remedies.MIG_MODE,
        )


def _links(device: Device, expected: Expectation) -> Iterator[Finding]:
    if expected.links is None or CONNECTED not in device.facts:
        return
    linked = re.findall(r"[0-9]+", device.facts[CONNECTED])
    if len(set(linked)) < expected.links:
        yield Finding(
            check="links",
            expected=f"{expected.links} other devices connected",
            found=", ".join(linked) or "none",
            device=device.name,
            remedy=remedies.REPLACE_LINKS,
        )


def _fabric(device: Device, expected: Expectation) -> Iterator[Finding]:
    """That a GPU of an NVSwitch type says of the fabric that it does not apply; a driver that prints no fabric is not blamed."""
    if expected.fabric and device.facts.get("fabric.state", "completed").lower() in NO_VALUE:
        yield Finding(
            check="fabric",
            expected="Completed",
            found=f"{device.facts['fabric.state']} (fabric.state)",
            device=device.name,
            remedy=remedies.FABRIC_MANAGER,
        )


DEVICE_CHECKS = (_model, _memory, _cores, _links, _fabric, _ecc, _mig)
