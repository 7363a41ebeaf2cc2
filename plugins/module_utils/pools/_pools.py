# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pool as its description means it: accelerator and requirements inferred and completed.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    InstanceType,
    types_of_family,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import (
    SHORTHANDS,
    Requirement,
    accelerated_types,
    requirements_of,
)


@dataclass(frozen=True)
class PoolAccelerator:
    """What a pool needs for one kind of accelerator.

    ``labels`` go on its nodes: NVIDIA's device plugin chart schedules only where Node Feature Discovery found a GPU or
    nvidia.com/gpu.present says so, and the label is there from the node's first second.
    """

    kind: str
    resource: str
    labels: Mapping[str, str]
    manufacturer_label: str
    manufacturer: str


ACCELERATORS: Mapping[str, PoolAccelerator] = {
    "nvidia": PoolAccelerator("nvidia", "nvidia.com/gpu", {"nvidia.com/gpu.present": "true"}, label.GPU_MANUFACTURER, "nvidia"),
    "neuron": PoolAccelerator("neuron", "aws.amazon.com/neuron", {}, label.ACCELERATOR_MANUFACTURER, "aws"),
}

# Labels by which a pool picks its hardware; a pool that restricts none of them picks nothing in particular.
_PICKING = frozenset(
    {label.INSTANCE_TYPE, label.FAMILY, label.CATEGORY}
    | {f"karpenter.k8s.aws/instance-{own}-{part}" for own in ("gpu", "accelerator") for part in ("name", "manufacturer", "count")}
)
_PICKING_OPERATORS = frozenset({"In", "Exists", "Gt", "Gte"})


@dataclass(frozen=True)
class Pool:
    """One pool: its description, its accelerators, its requirements.

    Attributes:
        name: The NodePool's name.
        description: The description as given.
        kinds: The kinds of accelerator that it picks; more than one is a contradiction.
        stated: The requirements that the description states, the default ones among them.
        added: The requirements that follow from the accelerator.
    """

    name: str
    description: Mapping[str, Any]
    kinds: tuple[str, ...]
    stated: tuple[Requirement, ...]
    added: tuple[Requirement, ...]

    @property
    def accelerator(self) -> Optional[PoolAccelerator]:
        """The pool's accelerator; None for a pool without one."""
        return ACCELERATORS[self.kinds[0]] if self.kinds else None

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All requirements, in the order of the manifest."""
        return self.stated + self.added

    @property
    def auto_mode(self) -> bool:
        """Whether EKS Auto Mode runs the pool, in place of a Karpenter of the cluster's own."""
        return self.description.get("auto_mode", False) is True

    @property
    def node_class(self) -> str:
        """The name of its EC2NodeClass: its own name, unless it uses one that exists."""
        return self.description.get("node_class", self.name)

    @property
    def types(self) -> tuple[InstanceType, ...]:
        """The accelerated instance types that meet all of its requirements."""
        return accelerated_types(self.requirements)

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> Pool:
        """Build a pool from a description whose options have been checked."""
        stated = _with_defaults(requirements_of(description))
        kinds = _kinds(description, stated)
        return cls(description["name"], description, kinds, stated, tuple(_added(kinds, stated)))


def _with_defaults(stated: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Add on-demand and the architecture where the description says nothing of them."""
    keys = {requirement.key for requirement in stated}
    defaults = {
        "capacity_types": ("on-demand",),
        "architectures": architectures_named(stated) or ("amd64",),
    }
    missing = [
        Requirement(SHORTHANDS[option], "In", values, option) for option, values in defaults.items() if SHORTHANDS[option] not in keys
    ]
    return tuple(sorted((*missing, *stated), key=_position))


def _position(requirement: Requirement) -> int:
    """Order requirements alike whether they are stated or default, so that stating a default changes nothing."""
    options = tuple(SHORTHANDS)
    return options.index(requirement.option) if requirement.option in options else len(options)


def architectures_named(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Return the architectures of the families and types that requirements name; empty when they name none."""
    named = [
        value
        for requirement in requirements
        if requirement.key in (label.FAMILY, label.INSTANCE_TYPE) and requirement.operator == "In"
        for value in requirement.values
    ]
    return tuple(sorted({architecture_of(name) for name in named}))


def architecture_of(name: str) -> str:
    """Return the architecture of a type or family: the table's where it has it, else by EC2's naming."""
    known = types_of_family(name.partition(".")[0])
    return known[0].architecture if known else label.architecture_of_name(name)


def _kinds(description: Mapping[str, Any], stated: tuple[Requirement, ...]) -> tuple[str, ...]:
    """Return the kinds of accelerator: as said, else those of the types that the pool picks."""
    said = description.get("accelerator")
    if said is not None:
        return () if said == "none" else (said,)
    picking = [item for item in stated if item.key in _PICKING]
    if not any(item.operator in _PICKING_OPERATORS for item in picking):
        return ()
    # Contradicting picks meet in nothing: the most telling one says what was meant, and a rule says what contradicts it.
    for asked in (picking, *([item] for item in sorted(picking, key=_telling))):
        found = {each.kind for each in accelerated_types(asked)}
        if found:
            return tuple(kind for kind in ACCELERATORS if kind in found)
    return ()


def _telling(requirement: Requirement) -> int:
    """Order requirements on hardware by how much they say of it: a type first, a category last."""
    order = (label.INSTANCE_TYPE, label.FAMILY, label.GPU_NAME)
    return order.index(requirement.key) if requirement.key in order else len(order)


def _added(kinds: tuple[str, ...], stated: tuple[Requirement, ...]) -> list[Requirement]:
    """Return what keeps the pool to its accelerator, where the description alone does not.

    A category such as g holds AMD's GPUs too; and a pool without accelerators that could launch GPU nodes would launch
    them for a GPU pod, past every limit of the GPU pools.
    """
    if len(kinds) > 1:
        return []
    possible = {each.kind for each in accelerated_types(stated)}
    if not kinds:
        absent = (label.GPU_COUNT, label.ACCELERATOR_COUNT) if possible & set(ACCELERATORS) else ()
        return [Requirement(key, "DoesNotExist", (), "accelerator") for key in absent]
    accelerator = ACCELERATORS[kinds[0]]
    if possible <= {accelerator.kind} or any(item.key == accelerator.manufacturer_label for item in stated):
        return []
    return [Requirement(accelerator.manufacturer_label, "In", (accelerator.manufacturer,), "accelerator")]
