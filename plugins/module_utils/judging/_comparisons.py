# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Comparisons of what was found with what was expected, as two tables: of the whole inventory, and of each device. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import NO_VALUE, without_places
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import version
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR, WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._required_facts import missing_facts
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import MIG_PROFILE

if TYPE_CHECKING:
    from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation

# nvidia-smi and Karpenter's label differ by up to 7.4 % on AWS's types: ECC and the driver keep a part of the memory.
MEMORY_TOLERANCE_PERCENT = 10

# neuron-ls' list of the devices that a device is linked to; null for a single one.
CONNECTED = "connected_to"
_LINKED = re.compile(r"\[[0-9]{1,6}(, [0-9]{1,6})*\]")

# A MIG device has less memory than its profile's name says: 9856 MiB for 1g.10gb, 16384 for 1g.18gb, 71424 for 3g.71gb.
MIG_SMALLEST_PERCENT = 85
_MIG_MEMORY = re.compile(r"mig_devices\.mig_device\.fb_memory_usage\.total")

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
    if inventory.announced is None and inventory.tool == "nvidia-smi":
        yield Finding("complete output", "the number of GPUs that are attached", "none", remedies.VERIFY_OUTPUT)
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
        twice = sorted(each for each, number in Counter(values).items() if number > 1)
        if twice:
            yield Finding(
                check=f"unique {what}",
                expected=f"a {what} for each device",
                found=f"{', '.join(twice)} more than once",
                remedy=remedies.UNTRUSTED,
            )


# Tool -> attributes without which a device of it is none; those that are expected have a check of their own.
_IDENTITY = {"nvidia-smi": ("uuid", "bus_id", "model", "memory_mib"), "neuron-ls": ("bus_id", "cores", "memory_mib")}


def _identity(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    for attribute in _IDENTITY.get(inventory.tool, ()):
        missing = [each.name for each in inventory.devices if not getattr(each, attribute)]
        if missing and not getattr(expected, attribute, None):
            yield Finding(
                check=attribute.partition("_mib")[0],
                expected="a value for each device",
                found=f"none for {', '.join(missing)}",
                remedy=remedies.REPLACE_UNREADABLE,
            )


def _alike(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    """That all GPUs of a node are of one make; which make, the model's check says where it is known."""
    for check, path, severity in (("one model", "product_name", ERROR), ("one VBIOS", "vbios_version", WARNING)):
        kinds = sorted({each.facts[path] for each in inventory.devices if each.facts.get(path, "").lower() not in NO_VALUE})
        if len(kinds) > 1:
            yield Finding(check, "the same for all devices", ", ".join(kinds), remedies.WATCH_BOARDS, severity=severity)


# What a tool calls a type -> what EC2 calls it.
_ALIASES = {"trn2n.48xlarge": "trn2.48xlarge"}


def _instance_type(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    found = _ALIASES.get(inventory.instance_type, inventory.instance_type)
    if found not in ("", expected.instance_type):
        yield Finding(
            check="instance type",
            expected=expected.instance_type,
            found=inventory.instance_type,
            remedy=remedies.WRONG_TYPE,
        )


def _minimum(check: str, attribute: str, remedy: Remedy, inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    # GPUs only: neuron-ls tells no driver version, and there is no CUDA.
    if inventory.tool != "nvidia-smi":
        return
    wanted, found = getattr(expected, attribute), getattr(inventory, attribute)
    if not version(found):
        yield Finding(check, f"{wanted} or newer" if wanted else "a version", found or "none", remedies.RUNTIME)
    elif wanted and version(found) < version(wanted):
        yield Finding(check, f"{wanted} or newer", found, remedy)


# No older driver knows the boards of EC2. What a driver must say goes by its version, so that one that cannot be is no version.
OLDEST_DRIVER = (390,)


def _driver(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    if inventory.tool == "nvidia-smi" and () < version(inventory.driver_version) < OLDEST_DRIVER:
        yield Finding("driver version", "one that there is for this GPU", inventory.driver_version, remedies.UNTRUSTED)
        return
    yield from _minimum("driver version", "driver_version", remedies.NEWER_DRIVER, inventory, expected)


def _cuda(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    return _minimum("CUDA version", "cuda_version", remedies.NEWER_CUDA, inventory, expected)


def _links(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    """That each Neuron device is linked to enough of the others that are listed."""
    listed = {each.index for each in inventory.devices}
    for device in inventory.devices if expected.links else ():
        said = device.facts.get(CONNECTED, "not listed")
        linked = {int(each) for each in re.findall(r"[0-9]+", said)} if _LINKED.fullmatch(said) else set()
        if len(linked & listed - {device.index}) < (expected.links or 0):
            yield Finding("links", f"{expected.links} other devices connected", said, remedies.REPLACE_LINKS, device.name)


def _disagreements(inventory: Inventory, expected: Expectation) -> Iterator[Finding]:
    """What the cluster promises of the node and the table of instance types does not know: the cluster's word was used."""
    for fact, table, cluster, source in expected.disagreements:
        yield Finding(
            f"promised {fact}",
            f"{table} (by the table, {expected.instance_type})",
            f"{cluster} (by {source})",
            remedies.TABLE,
            severity=WARNING,
        )


INVENTORY_CHECKS = (
    _count,
    _announced,
    _unique,
    _identity,
    _alike,
    _instance_type,
    _driver,
    _cuda,
    _links,
    missing_facts,
    _disagreements,
)


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


def same_words(product: str, label: str) -> bool:
    """Say whether a product's name has every word of a label's, whatever share of the GPU it is."""
    return set(_words(label)) <= set(_words(product))


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
    good = {"enabled"} if expected.mig else NO_VALUE | {"disabled"}
    if expected.accelerator == "nvidia" and mode.lower() not in good:
        yield Finding(
            check="MIG mode",
            expected="enabled" if expected.mig else "disabled",
            found=mode.lower() or "not available",
            device=device.name,
            remedy=remedies.MIG_MODE,
        )


def _mig_devices(device: Device, expected: Expectation) -> Iterator[Finding]:
    """That a GPU is divided as expected. The list has no profiles' names, so a MIG device's profile is told by its memory."""
    sizes = [_mib(text) for path, text in device.facts.items() if _MIG_MEMORY.fullmatch(without_places(path))]
    for profile, number in (expected.mig_devices or {}).items():
        match = MIG_PROFILE.fullmatch(profile)
        wanted = int(match["gigabytes"]) * 1024 if match else 0
        found = sum(wanted * MIG_SMALLEST_PERCENT / 100 <= size <= wanted for size in sizes)
        if found != number:
            said = f"{found} of that memory, of {len(sizes)} MIG devices"
            yield Finding("MIG devices", f"{number} of {profile}", said, remedies.MIG_DEVICES, device.name)


def _mib(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,9}) ?MiB", text)
    return int(match.group(1)) if match else 0


DEVICE_CHECKS = (_model, _memory, _cores, _ecc, _mig, _mig_devices)
