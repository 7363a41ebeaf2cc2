"""neuron-ls, simulated: the devices as the tool of AWS Neuron SDK 2.25 to 2.33 lists them; ``array`` and ``text`` know older ones too.

``--json-output`` prints a bare array of devices. AWS announced (16 October 2026) that SDK 2.34 takes it away and gives
``--output-format json``, with top-level fields for what several devices share. No public sample of that document was
found, so the shape printed under the condition ``neuron-2.34`` is the lab's reading of the announcement, not a capture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..facts import Device
from .output import HEALTHY, Conditions, Output

#: Devices of these families form a ring or a torus; the others are alone.
_TORUS_SIDE = 4

#: Instance families whose tool knows logical NeuronCores (SDK 2.21+).
_LOGICAL_CORES = ("trn2", "trn3")

#: Generations of the tool, by the oldest SDK of each.
SDK_1_16, SDK_2_0, SDK_2_25 = "1.16", "2.0", "2.25"
SDKS = (SDK_1_16, SDK_2_0, SDK_2_25)
#: Keys that came with SDK 2.25, and columns of the table for people by generation.
_KEYS_2_25 = ("cpu_affinity", "numa_node", "neuroncore_ids")
_COLUMNS = {
    SDK_1_16: ("NEURON DEVICE", "NEURON CORES", "NEURON MEMORY", "PCI BDF"),
    SDK_2_0: ("NEURON DEVICE", "NEURON CORES", "NEURON MEMORY", "CONNECTED DEVICES", "PCI BDF"),
    SDK_2_25: (
        "NEURON DEVICE",
        "NEURON CORES",
        "NEURON CORE IDS",
        "NEURON MEMORY",
        "CONNECTED DEVICES",
        "PCI BDF",
        "CPU AFFINITY",
        "NUMA NODE",
    ),
}

USAGE = "Usage:\n  neuron-ls [options]\n\nOptions:\n{options}"
_OPTIONS_OLD = "  -a, --show-all-procs\n  -j, --json-output\n  -t, --topology\n  -w, --wide\n"
_OPTIONS_NEW = "  -a, --show-all-procs\n      --output-format <text|json>\n  -t, --topology\n  -w, --wide\n"

NO_DEVICES = (
    'time="2026-11-22T12:00:00Z" level=fatal msg="Failed to load MLA system information" error="failed to discover Neuron devices"\n'
)


def run(arguments: Sequence[str], neurons: Sequence[Device], conditions: Conditions = HEALTHY) -> Output:
    """What ``neuron-ls <arguments>`` prints where these devices are visible, and its exit code."""
    new = conditions.has("neuron-2.34")
    wanted = _wanted(list(arguments), new)
    if wanted not in ("text", "json"):
        return Output(f"neuron-ls: {wanted}\n" + USAGE.format(options=_OPTIONS_NEW if new else _OPTIONS_OLD), 1, "stderr")
    if not neurons or conditions.has("gpu-lost"):
        return Output(NO_DEVICES, 1, "stderr")
    if wanted == "text":
        return Output(text(neurons))
    return Output(json.dumps(wrapped(neurons) if new else array(neurons), indent=4))


def _wanted(arguments: list[str], new: bool) -> str:
    """The form asked for, ``text`` or ``json``; anything else is what is wrong with the arguments."""
    words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--") else [word])]
    form = "text"
    while words:
        word = words.pop(0)
        if word in ("-w", "--wide", "-a", "--show-all-procs", "-t", "--topology"):
            continue
        if word in ("-j", "--json-output") and not new:
            form = "json"
        elif word == "--output-format" and new:
            form = words.pop(0) if words else ""
            if form not in ("text", "json"):
                return f"invalid value for --output-format: {form!r}"
        else:
            return f"unknown option: {word}"
    return form


def array(neurons: Sequence[Device], sdk: str = SDK_2_25) -> list[dict[str, Any]]:
    """The devices of ``--json-output``."""
    entries = [_entry(device, place, neurons) for place, device in enumerate(neurons)]
    if sdk == SDK_2_25:
        return entries
    return [
        {key: value for key, value in {**each, "bdf": each["bdf"].removeprefix("0000:")}.items() if key not in _KEYS_2_25}
        for each in entries
    ]


def wrapped(neurons: Sequence[Device]) -> dict[str, Any]:
    """The document of SDK 2.34 as the lab reads its announcement."""
    return {
        "instance_type": neurons[0].facts.instance_type,
        "instance_id": neurons[0].instance_id,
        "neuron_devices": array(neurons),
    }


def _entry(device: Device, place: int, visible: Sequence[Device]) -> dict[str, Any]:
    facts = device.facts
    logical = facts.instance_type.startswith(_LOGICAL_CORES)
    return {
        "neuron_device": device.index,
        "bdf": bdf(device),
        "cpu_affinity": "0-7",
        "numa_node": "-1" if facts.devices == 1 else str(device.index * 2 // facts.devices),
        "connected_to": neighbours(device.index, facts.devices, facts.instance_type) or None,
        "nc_count": facts.cores,
        **({"logical_neuroncore_config": facts.physical_cores // facts.cores} if logical else {}),
        "memory_size": facts.memory_mib * 1024 * 1024,
        "neuroncore_ids": list(range(place * facts.cores, (place + 1) * facts.cores)),
        "neuron_processes": [],
    }


def bdf(device: Device) -> str:
    """The PCI address: a single device sits at 00:1e.0."""
    if device.facts.devices == 1:
        return "0000:00:1e.0"
    return f"0000:{0x10 + 0x10 * (device.index // 4):02x}:{0x1B + device.index % 4:02x}.0"


def neighbours(index: int, devices: int, instance_type: str) -> list[int]:
    """The devices linked to one: a 4x4 torus on the 16-device Trainium types, a ring on the Inferentia types."""
    if devices == 1:
        return []
    if not instance_type.startswith("trn"):
        return sorted({(index - 1) % devices, (index + 1) % devices} - {index})
    row, column = divmod(index, _TORUS_SIDE)
    around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [(r % _TORUS_SIDE) * _TORUS_SIDE + c % _TORUS_SIDE for r, c in around]


def text(neurons: Sequence[Device], sdk: str = SDK_2_25) -> str:
    """The table that people read; the column of connected devices is left out for a single device, as in the tool."""
    first = neurons[0]
    titles = [each for each in _COLUMNS[sdk] if each != "CONNECTED DEVICES" or first.facts.devices > 1]
    rows = [[each.rpartition(" ")[0] if each != "NEURON CORE IDS" else "NEURON" for each in titles]]
    rows += [[each.rpartition(" ")[2] if each != "NEURON CORE IDS" else "CORE IDS" for each in titles]]
    rows += [[_cells(entry)[title] for title in titles] for entry in array(neurons, sdk)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    edge = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    return _head(first, sdk) + "\n".join([edge, *lines[:2], edge, *lines[2:], edge]) + "\n"


def _head(first: Device, sdk: str) -> str:
    if sdk == SDK_1_16:
        return ""
    head = f"instance-type: {first.facts.instance_type}\ninstance-id: {first.instance_id}\n"
    if first.facts.instance_type.startswith(_LOGICAL_CORES):
        head += f"logical-neuroncore-config: {first.facts.physical_cores // first.facts.cores}\n"
    return head


def _cells(entry: dict[str, Any]) -> dict[str, str]:
    cores = entry.get("neuroncore_ids") or [0]
    return {
        "NEURON DEVICE": str(entry["neuron_device"]),
        "NEURON CORES": str(entry["nc_count"]),
        "NEURON CORE IDS": f"{cores[0]}-{cores[-1]}",
        "NEURON MEMORY": f"{entry['memory_size'] >> 30} GB",
        "CONNECTED DEVICES": ", ".join(str(index) for index in entry["connected_to"] or []),
        "PCI BDF": entry["bdf"],
        "CPU AFFINITY": entry.get("cpu_affinity", ""),
        "NUMA NODE": entry.get("numa_node", ""),
    }
