# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node of each accelerated EC2 instance type has.

This file is internal to the collection and may change in any release. Facts and their sources:
tools/data/accelerator_instance_types.csv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_table import (
    COLUMNS,
    ROWS,
)

# Karpenter's own reading of a type's name (pkg/providers/instancetype/types.go): category, then generation.
_SCHEME = re.compile(r"^(?P<category>[a-z]+)(?:-[0-9]+tb)?(?P<generation>[0-9]+)")


@dataclass(frozen=True)
class InstanceType:
    """One EC2 instance type that carries accelerators; None where a fact is not known.

    Attributes:
        name: EC2's name, such as ``g4dn.xlarge``.
        kind: ``nvidia`` or ``neuron``; ``nvidia-fractional`` (a share of a GPU, for which Karpenter promises nothing);
            ``amd``, ``habana`` or ``qualcomm``, which this collection does not verify.
        architecture: ``amd64`` or ``arm64``.
        vcpu: Number of vCPUs.
        memory_mib: Memory of the instance, in MiB.
        device_name: Karpenter's label value, such as ``t4`` or ``inferentia2``.
        devices: Devices that nvidia-smi or neuron-ls lists on one node.
        resource: Extended resource, such as ``nvidia.com/gpu``.
        resource_count: How many of the resource Karpenter promises for one node.
        product_name: The name that nvidia-smi prints, or (see provenance) the first words of it.
        device_memory_mib: Memory of one device, in MiB, as its tool reports it; where that was never seen, as
            Karpenter's label says (10 % apart at most).
        cores_per_device: Physical NeuronCores of one device.
        default_cores_per_device: NeuronCores of one device that neuron-ls counts by default (logical cores on trn2).
        links: Other devices of the node that neuron-ls lists each device as connected to, at least.
        fabric: ``yes`` where the GPUs register with the NVSwitch fabric.
        efa: EFA interfaces that the type can have at most.
        provenance: Where the facts were seen.
    """

    name: str
    kind: str
    architecture: str
    vcpu: Optional[int]
    memory_mib: Optional[int]
    device_name: Optional[str]
    devices: Optional[int]
    resource: Optional[str]
    resource_count: Optional[int]
    product_name: Optional[str]
    device_memory_mib: Optional[int]
    cores_per_device: Optional[int]
    default_cores_per_device: Optional[int]
    links: Optional[int]
    fabric: Optional[str]
    efa: Optional[int]
    provenance: str

    @property
    def family(self) -> str:
        """The part before the dot: ``g4dn`` of ``g4dn.xlarge``."""
        return family_of(self.name)


def _read(row: tuple[Any, ...]) -> InstanceType:
    return InstanceType(**dict(zip(COLUMNS, row)))


INSTANCE_TYPES = MappingProxyType({row[0]: _read(row) for row in ROWS})


def instance_type(name: str) -> InstanceType | None:
    """Return the facts of an accelerated instance type; None for a type without accelerators, or an unknown one."""
    return INSTANCE_TYPES.get(name)


def types_of_family(family: str) -> tuple[InstanceType, ...]:
    """Return the accelerated types of a family such as ``g5``; empty for a family without accelerators."""
    return tuple(each for each in INSTANCE_TYPES.values() if each.family == family)


def accelerated_families() -> tuple[str, ...]:
    """Return the families that have accelerators, in alphabetical order."""
    return tuple(sorted({each.family for each in INSTANCE_TYPES.values()}))


def family_of(name: str) -> str:
    """Return the family of an instance type's name: ``g4dn`` of ``g4dn.xlarge``."""
    return name.partition(".")[0]


def category_of(name: str) -> str | None:
    """Return Karpenter's instance category of a type or family: ``g`` of ``g4dn``, ``trn`` of ``trn1.2xlarge``."""
    match = _SCHEME.match(name)
    return match["category"] if match else None


def generation_of(name: str) -> int | None:
    """Return Karpenter's instance generation of a type or family: 4 of ``g4dn``."""
    match = _SCHEME.match(name)
    return int(match["generation"]) if match else None
