# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the table that ``neuron-ls`` prints for people, where a tool gives nothing better: pure.

This file is internal to the collection and may change in any release. The columns differ by SDK: 1.16, 2.0 to 2.24 (with the
connected devices where there is more than one, and processes where there are some), 2.25 and later (with core ids, CPUs and
NUMA nodes). So columns are known by their titles. Source: https://awsdocs-neuron.readthedocs-hosted.com, "Neuron LS User Guide".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

# Last words of a column's title -> the key that neuron-ls' JSON has for it. A title may be over two lines.
_COLUMNS = {
    "DEVICE": "neuron_device",
    "CORES": "nc_count",
    "MEMORY": "memory_size",
    "CONNECTED DEVICES": "connected_to",
    "PCI BDF": "bdf",
}
_NEEDED = {"neuron_device", "nc_count", "memory_size"}
_HEADER = re.compile(r"^(instance-type|instance-id|logical-neuroncore-config):[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"\+(?:[-=]+\+)+")
_LINKED = re.compile(r"[0-9]{1,6}(, ?[0-9]{1,6})*")
# Characters of a table of sixteen devices with all their processes, and more.
_LONGEST = 200_000
# What a line of a table begins with.
_EDGES = ("|", "+")
_UNITS = {"MB": 20, "GB": 30, "TB": 40}


def read_table(text: str) -> Optional[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return what the tool says of the instance and of each device, with the keys of its JSON; None if there is no whole table.

    A table that is cut off does not end with the rule that it began with, or has a part of another beside it, and is none.
    """
    if len(text) > _LONGEST:
        return None
    lines = [line.strip() for line in text.splitlines()]
    rules = [place for place, line in enumerate(lines) if _RULE.fullmatch(line)]
    if len(rules) < 3 or lines[rules[-1]] != lines[rules[0]]:
        return None
    first, second, last = rules[0], rules[1], rules[-1]
    if any(line[:1] in _EDGES for line in (*lines[:first], *lines[last + 1 :]) if line):
        return None
    titles = _titles([_cells(line) for line in lines[first + 1 : second]])
    rows = list(_rows(lines[second + 1 : last], len(titles)))
    if not _NEEDED.issubset(titles) or None in rows:
        return None
    devices = [_device(dict(zip(titles, row))) for row in rows if row and row[titles.index("neuron_device")]]
    return _instance(text), devices


def _cells(line: str) -> list[str]:
    return [each.strip() for each in line.strip("|").split("|")]


def _titles(header: Sequence[list[str]]) -> list[str]:
    """Return the keys of the columns, by the words of their titles from top to bottom; a column that is not read has none."""
    width = max(map(len, header), default=0)
    words = [" ".join(line[place] for line in header if place < len(line) and line[place]) for place in range(width)]
    return [_COLUMNS.get(each.replace("NEURON ", "").upper(), "") for each in words]


def _rows(lines: Sequence[str], width: int) -> Iterator[Optional[list[str]]]:
    """Yield the cells of each row; None for a line that is none of the table's."""
    for line in lines:
        if line and not _RULE.fullmatch(line):
            cells = _cells(line)
            yield cells if len(cells) == width and line[0] == line[-1] == "|" else None


def _device(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return a row as the JSON has it. A cell that is not what it should be stays text, which is no number."""
    size = re.fullmatch(r"([0-9]{1,6}) ?(MB|GB|TB)", cells["memory_size"])
    linked = cells.get("connected_to", "")
    return {
        "neuron_device": _number(cells["neuron_device"]),
        "nc_count": _number(cells["nc_count"]),
        # The tool's GB are GiB.
        "memory_size": int(size[1]) << _UNITS[size[2]] if size else cells["memory_size"],
        "connected_to": [int(each) for each in linked.split(",")] if _LINKED.fullmatch(linked) else linked or None,
        "bdf": cells.get("bdf", ""),
    }


def _instance(text: str) -> dict[str, Any]:
    """Return the lines before the table, with the keys of the JSON."""
    return {key.replace("-", "_"): _number(value) for key, value in _HEADER.findall(text)}


def _number(text: str) -> Any:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text
