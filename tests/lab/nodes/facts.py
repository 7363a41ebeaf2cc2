"""Facts of the accelerators of EC2 instance types, from ``accelerators.csv``. Pure, but for reading that file once."""

from __future__ import annotations

import csv
import functools
import uuid
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("accelerators.csv")

#: The namespace of the name-based UUIDs, so that a device keeps its UUID for as long as its instance lives.
_UUIDS = uuid.UUID("6a9f8f3a-8f0b-5c39-9d0e-6f6f0c1a2b3c")


@dataclass(frozen=True)
class Accelerators:
    """What one instance type carries; memory in MiB per device, cores per device."""

    instance_type: str
    accelerator: str
    devices: int
    resources: int
    name: str
    architecture: str
    memory_mib: int
    cores: int
    physical_cores: int
    nvswitch: bool


@dataclass(frozen=True)
class Device:
    """One device of one instance: ``index`` is its place on the node, whoever sees it."""

    facts: Accelerators
    instance_id: str
    index: int

    @property
    def uuid(self) -> str:
        """The device's UUID without its prefix, the same at every call."""
        return str(uuid.uuid5(_UUIDS, f"{self.instance_id}/{self.index}"))


@functools.cache
def table() -> dict[str, Accelerators]:
    """The facts by instance type."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row["instance_type"]: _row(row) for row in csv.DictReader(lines)}


def _row(row: dict[str, str]) -> Accelerators:
    return Accelerators(
        instance_type=row["instance_type"],
        accelerator=row["accelerator"],
        devices=int(row["devices"]),
        resources=int(row["resources"]),
        name=row["name"],
        architecture=row["architecture"],
        memory_mib=int(row["memory_mib"]),
        cores=int(row["cores"] or 0),
        physical_cores=int(row["physical_cores"] or 0),
        nvswitch=row["nvswitch"] == "yes",
    )


def accelerators(instance_type: str) -> Accelerators | None:
    """The facts of an instance type; None for a type without accelerators that the lab knows."""
    return table().get(instance_type)


def devices(instance_type: str, instance_id: str) -> list[Device]:
    """Every device of an instance, in the node's order."""
    facts = accelerators(instance_type)
    return [Device(facts, instance_id, index) for index in range(facts.devices)] if facts else []
