# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node's own tool says about its accelerators: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

# Eight GPUs with all counters take about 0.6 MiB; more than this is no inventory.
MAX_OUTPUT_CHARACTERS = 8 * 1024 * 1024
# No instance type has more than 16.
MAX_DEVICES = 256


class UnreadableOutput(CollectionError):
    """A tool's output is not what the tool prints: cut off, of another format, or hostile."""


@dataclass(frozen=True)
class Device:
    """One accelerator, as its tool lists it.

    Attributes:
        index: Position in the list, or the tool's own number of it, from 0.
        uuid: NVIDIA's ``GPU-...``; empty where the tool names none (neuron-ls).
        model: Product name, such as ``Tesla T4``; empty where the tool names none.
        memory_mib: Total memory in MiB; None where the tool gives none.
        cores: Physical NeuronCores; None for a GPU.
        bus_id: PCI address, in lower case, with its domain of four digits.
        serial: Serial number of the board; empty where the tool names none.
        ecc: ``enabled``, ``disabled``, or None where the device has none.
        link_width: Width of the PCIe link as it is, such as ``16x``; empty where the tool names none.
        facts: Every other leaf of the output: dotted path -> text, in the tool's own names.
    """

    index: int
    uuid: str = ""
    model: str = ""
    memory_mib: Optional[int] = None
    cores: Optional[int] = None
    bus_id: str = ""
    serial: str = ""
    ecc: Optional[str] = None
    link_width: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What a person can find the device by: its number and PCI address."""
        return f"device {self.index} ({self.bus_id})" if self.bus_id else f"device {self.index}"

    def to_dict(self) -> dict[str, object]:
        """Return the device as a module returns it, without the raw facts."""
        keys = ("index", "uuid", "model", "memory_mib", "cores", "bus_id", "serial", "ecc")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class Inventory:
    """All accelerators that one container saw.

    Attributes:
        tool: ``nvidia-smi`` or ``neuron-ls``.
        devices: The devices, in the tool's order.
        driver_version: The kernel driver's version; empty where the tool gives none.
        cuda_version: The newest CUDA version that the driver serves; empty where there is none.
        instance_type: The EC2 type, if the tool names it.
        announced: How many devices the tool says there are, beside listing them; None where it does not.
        around: What the tool printed before and after the list, such as warnings: a log holds both of its streams.
    """

    tool: str
    devices: tuple[Device, ...]
    driver_version: str = ""
    cuda_version: str = ""
    instance_type: str = ""
    announced: Optional[int] = None
    around: str = field(default="", compare=False, repr=False)
