# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what ``neuron-ls`` prints, JSON or the table for people: pure.

This file is internal to the collection and may change in any release. Up to Neuron 2.33 the output (``-j``) is a bare
array, one object a device; from 2.34 (``--output-format json``) it is an object with fields of the instance at the top.
Sources: https://awsdocs-neuron.readthedocs-hosted.com, "Neuron LS User Guide" and the announcement of 16 October 2026.
AWS has not published the new shape's key for the list, so the list is known by what its elements are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import (
    MAX_DEVICES,
    MAX_OUTPUT_CHARACTERS,
    Device,
    Inventory,
    UnreadableOutput,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._neuron_table import read_table
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import first_line, printable

_MEBIBYTE = 1024 * 1024
# Log lines such as "[INFO] ..." may come first; a real output has its document among the first few candidates.
_MAX_CANDIDATES = 64
_OPENING = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)

# The keys that make an object a device: at least the first and one other.
_INDEX = "neuron_device"
_DEVICE_KEYS = ("nc_count", "memory_size", "bdf")


def parse_neuron_ls(text: str) -> Inventory:
    """Return the Neuron devices in the output of ``neuron-ls``: JSON of either shape, else the table.

    Lines before and after the document are passed over. An empty array is an inventory of no devices.

    Raises:
        UnreadableOutput: No such document, one that is cut off, several that differ, or a device without its number.
    """
    if len(text) > MAX_OUTPUT_CHARACTERS:
        raise UnreadableOutput(f"neuron-ls printed more than {MAX_OUTPUT_CHARACTERS} characters, which is no inventory")
    lists = [
        (document, devices, around) for document, around in _documents(text) for devices in [_device_list(document)] if devices is not None
    ]
    if any(devices != lists[0][1] for _document, devices, _around in lists):
        raise UnreadableOutput("neuron-ls printed several lists of devices, which differ")
    if lists:
        return _inventory(*lists[0])
    table = read_table(text)
    # A list of devices that is broken is not to be mended by a table that stands beside it.
    if table is not None and f'"{_INDEX}"' not in text:
        return _inventory(*table, text)
    said = first_line(text)
    raise UnreadableOutput(
        f"neuron-ls printed no list of devices (or one that is cut off), but: {said}" if said else "neuron-ls printed nothing"
    )


def _documents(text: str) -> Iterator[tuple[Any, str]]:
    """Yield every JSON array or object that starts a line and is in no other, with the text around it."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)
    position = 0
    for _candidate in range(_MAX_CANDIDATES):
        match = _OPENING.search(text, position)
        if match is None:
            return
        start = match.end() - 1
        position = match.end()
        try:
            document, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield document, f"{text[:start]}\n{text[position:]}"


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, if no key is there twice: nobody knows which of them holds."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _device_list(document: Any) -> Optional[list[dict[str, Any]]]:
    """Return the list of devices of a document; None if it holds none."""
    if isinstance(document, list):
        return document if all(_is_device(each) for each in document) else None
    if not isinstance(document, dict):
        return None
    if _is_device(document):
        # One element of an array whose beginning is missing.
        return None
    lists = [each for each in document.values() if isinstance(each, list) and each and all(map(_is_device, each))]
    if len(lists) == 1:
        return lists[0]
    return [] if "neuron_devices" in document and document["neuron_devices"] == [] else None


def _is_device(value: Any) -> bool:
    return isinstance(value, dict) and _INDEX in value and any(key in value for key in _DEVICE_KEYS)


def _inventory(document: Any, devices: list[dict[str, Any]], around: str) -> Inventory:
    if len(devices) > MAX_DEVICES:
        raise UnreadableOutput(f"neuron-ls lists {len(devices)} devices, which is no inventory")
    top = document if isinstance(document, dict) else {}
    named = [each.get("instance_type") for each in (top, *devices)]
    return Inventory(
        tool="neuron-ls",
        devices=tuple(_device(each, top) for each in devices),
        driver_version=_text(top.get("neuron_driver_version") or top.get("driver_version")),
        instance_type=next((_text(each) for each in named if _text(each)), ""),
        around=around,
    )


def _device(value: dict[str, Any], top: dict[str, Any]) -> Device:
    index = _count(value.get(_INDEX))
    if index is None:
        raise UnreadableOutput("neuron-ls lists a device whose number is none: " + json.dumps(value.get(_INDEX))[:80])
    size = _count(value.get("memory_size"))
    return Device(
        index=index,
        memory_mib=None if size is None else size // _MEBIBYTE,
        cores=_physical_cores(value, top),
        bus_id=_bus_id(_text(value.get("bdf"))),
        serial=_text(value.get("serial_number")),
        facts={key: _fact(each) for key, each in value.items() if key != "neuron_processes"},
    )


def _physical_cores(value: dict[str, Any], top: dict[str, Any]) -> Optional[int]:
    """nc_count counts logical cores since Neuron 2.21, so the size of a logical core gives the physical ones."""
    count = _count(value.get("nc_count"))
    size = _count(value.get("logical_neuroncore_config", top.get("logical_neuroncore_config", 1)))
    return None if count is None or size is None else count * size


def _count(value: Any) -> Optional[int]:
    """Return a plausible whole number (up to 1 PiB); None for anything else, booleans included."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1 << 50 else None


def _text(value: Any) -> str:
    return printable(value)[:200] if isinstance(value, str) else ""


def _fact(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value))[:200]


def _bus_id(text: str) -> str:
    """Return a PCI address with its domain: older tools leave the domain 0000 out."""
    match = re.fullmatch(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])", text.lower())
    return f"{int(match.group(1) or '0', 16):04x}:{match.group(2)}" if match else ""
