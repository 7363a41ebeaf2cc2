# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the XML that ``nvidia-smi -q -x`` prints: pure.

This file is internal to the collection and may change in any release. NVIDIA promises no stability across drivers, so
the reader keys on elements, never on the DTD's number: v11 to v13 and the names that driver 610 brought are one format
here. Sources: https://docs.nvidia.com/deploy/nvidia-smi/ and the DTDs' own element names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from sys import intern
from typing import Optional
from xml.parsers import expat

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import (
    MAX_DEVICES,
    MAX_OUTPUT_CHARACTERS,
    Device,
    Inventory,
    UnreadableOutput,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import first_line, printable

_ROOT = "nvidia_smi_log"
_START = re.compile(r"<\?xml\b|<!DOCTYPE\s|<nvidia_smi_log\b")
_END = f"</{_ROOT}>"
_PLACE = re.compile(r"\[[0-9]+\]")
# What is read by its name, and so must be said once: of two that differ nobody knows which holds.
_ONCE = frozenset(
    {"driver_version", "kmd_version", "cuda_version", "cuda_umd_version", "attached_gpus", "uuid", "product_name", "serial"}
    | {"fb_memory_usage.total", "pci.pci_bus_id", "ecc_mode.current_ecc", "mig_mode.current_mig"}
)
# The real document is 8 levels deep, of names of up to 50 characters, and has up to 1,200 elements a GPU.
_MAX_DEPTH, _MAX_NAME, _MAX_ELEMENTS = 16, 100, 60_000

# Texts that stand for "no value here", in lower case.
NO_VALUE = frozenset(
    {"", "n/a", "[n/a]", "none", "not found", "not supported", "[not supported]"}
    | {"requested functionality has been deprecated", "[requested functionality has been deprecated]"}
)


def parse_nvidia_smi(text: str) -> Inventory:
    """Return the GPUs in the output of ``nvidia-smi -q -x``.

    Lines before and after the document (warnings, a shell's prompt) are passed over.

    Raises:
        UnreadableOutput: No document, a document that is cut off or malformed, or one that defines entities.
    """
    start, end = _bounds(text)
    reader = _Reader()
    reader.read(text[start:end])
    if reader.root != _ROOT:
        raise UnreadableOutput(f"the document that was printed is <{printable(reader.root)[:40]}>, not <{_ROOT}>")
    twice = sorted(_ONCE & reader.repeated)
    if twice:
        raise UnreadableOutput(f"nvidia-smi's XML says {', '.join(twice)} more than once, which nvidia-smi never does: not read")
    log = reader.log
    return Inventory(
        tool="nvidia-smi",
        devices=tuple(_device(index, facts) for index, facts in enumerate(reader.gpus)),
        driver_version=_version(log, "kmd_version") or _version(log, "driver_version"),
        cuda_version=_version(log, "cuda_umd_version") or _version(log, "cuda_version"),
        announced=_integer(_value(log, "attached_gpus")),
        around=f"{text[:start]}\n{text[end:]}",
    )


def _bounds(text: str) -> tuple[int, int]:
    """Return where the XML document begins and ends in a log."""
    if len(text) > MAX_OUTPUT_CHARACTERS:
        raise UnreadableOutput(f"nvidia-smi printed more than {MAX_OUTPUT_CHARACTERS} characters, which is no inventory")
    start = _START.search(text)
    if start is None:
        said = first_line(text)
        raise UnreadableOutput(f"nvidia-smi printed no XML, but: {said}" if said else "nvidia-smi printed nothing")
    end = text.find(_END, start.start())
    if end < 0:
        raise UnreadableOutput(f"nvidia-smi's XML is cut off after {len(text) - start.start()} characters: no {_END}")
    return start.start(), end + len(_END)


def _device(index: int, facts: dict[str, str]) -> Device:
    """Return one GPU from its leaves."""
    return Device(
        index=index,
        uuid=_value(facts, "uuid"),
        model=_value(facts, "product_name"),
        memory_mib=_mebibytes(_value(facts, "fb_memory_usage.total")),
        bus_id=_bus_id(_value(facts, "pci.pci_bus_id") or facts.get("@id", "")),
        serial=_value(facts, "serial"),
        ecc=_value(facts, "ecc_mode.current_ecc").lower() or None,
        link_width=intern(_value(facts, "pci.pci_gpu_link_info.link_widths.current_link_width")),
        facts=facts,
    )


def _version(log: Mapping[str, str], path: str) -> str:
    """Return a version; driver 610 adds in brackets that the element is deprecated."""
    return _value(log, path).partition(" [")[0]


def _value(facts: Mapping[str, str], path: str) -> str:
    """Return the text at a path; empty if it is one of the words for "no value"."""
    text = facts.get(path, "")
    return "" if text.lower() in NO_VALUE else text


def without_places(path: str) -> str:
    """Return a fact's path without the numbers that tell siblings apart."""
    return _PLACE.sub("", path)


def _integer(text: str) -> Optional[int]:
    """Return a whole number of at most 12 digits; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _mebibytes(text: str) -> Optional[int]:
    """Return 15360 of ``15360 MiB``; None for any other text."""
    match = re.fullmatch(r"([0-9]{1,12}) ?MiB", text)
    return int(match.group(1)) if match else None


def _bus_id(text: str) -> str:
    """Return a PCI address as Linux writes it: nvidia-smi pads the domain to eight digits."""
    match = re.fullmatch(r"([0-9A-Fa-f]{4,8}):([0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])", text)
    return f"{int(match.group(1), 16):04x}:{match.group(2).lower()}" if match else ""


class _Reader:
    """Collects the leaves of the document, by dotted path, without building a tree or loading a DTD."""

    def __init__(self) -> None:
        self.root = ""
        self.log: dict[str, str] = {}
        self.gpus: list[dict[str, str]] = []
        self.repeated: set[str] = set()
        self._path: list[str] = []
        self._text: list[str] = []
        self._is_leaf = False
        self._elements = 0
        self._seen: dict[str, int] = {}

    def read(self, document: str) -> None:
        """Read a whole document; raise UnreadableOutput if it is not well-formed, or defines entities."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = _refuse_internal_subset
        parser.EntityDeclHandler = _refuse_entities
        parser.SkippedEntityHandler = _refuse_entities
        try:
            parser.Parse(document.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            raise UnreadableOutput(f"nvidia-smi's XML is not well-formed: {error}") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            raise UnreadableOutput(f"nvidia-smi's XML is nested more than {_MAX_DEPTH} deep, which is no inventory")
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(name) > _MAX_NAME:
            raise UnreadableOutput(f"nvidia-smi's XML has more than {_MAX_ELEMENTS} elements or a name of more than {_MAX_NAME} letters")
        self._path.append(self._numbered(name))
        if len(self._path) == 1:
            self.root = name
        elif len(self._path) == 2 and name == "gpu":
            if len(self.gpus) >= MAX_DEVICES:
                raise UnreadableOutput(f"nvidia-smi's XML lists more than {MAX_DEVICES} GPUs, which is no inventory")
            self.gpus.append({"@id": printable(attributes.get("id", ""))})
        self._is_leaf = True
        self._text.clear()

    def _numbered(self, name: str) -> str:
        """Number the siblings of one name from the second on, so that none overwrites another."""
        key = ".".join((*self._path, name))
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return name if count == 1 else f"{name}[{count - 1}]"

    def _end(self, name: str) -> None:
        if self._is_leaf and len(self._path) > 1:
            text = intern(" ".join(printable("".join(self._text)).split()))
            of_gpu = without_places(self._path[1]) == "gpu" and len(self._path) > 2
            # The paths are the same for every GPU, and so are most of the texts: each is kept once.
            path = intern(".".join(self._path[2 if of_gpu else 1 :]))
            (self.gpus[-1] if of_gpu else self.log)[path] = text
            if "[" in path:
                self.repeated.add(without_places(path))
        self._path.pop()
        self._is_leaf = False
        self._text.clear()


def _refuse_internal_subset(name: str, system_id: Optional[str], public_id: Optional[str], has_subset: int) -> None:
    if has_subset:
        raise UnreadableOutput("nvidia-smi's XML carries declarations of its own, which nvidia-smi never prints: not read")


def _refuse_entities(*declaration: object) -> None:
    raise UnreadableOutput("nvidia-smi's XML uses entities, which nvidia-smi never prints: not read")
