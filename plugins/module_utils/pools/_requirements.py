# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Karpenter's requirements: what a pool asks of its instances, and whether an instance type can meet it.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    InstanceType,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._operators import OPERATORS

# Option of a pool's description -> the label it restricts, in the order in which a person reads a NodePool.
SHORTHANDS = {
    "capacity_types": label.CAPACITY_TYPE,
    "architectures": label.ARCHITECTURE,
    "zones": label.ZONE,
    "instance_categories": label.CATEGORY,
    "instance_families": label.FAMILY,
    "instance_types": label.INSTANCE_TYPE,
    "gpu_manufacturers": label.GPU_MANUFACTURER,
    "gpu_names": label.GPU_NAME,
}

NUMERIC_OPERATORS = frozenset({"Gt", "Lt", "Gte", "Lte"})
LIST_OPERATORS = frozenset({"In", "NotIn"})

_LABELS: dict[str, label.Labels] = {}


@dataclass(frozen=True)
class Requirement:
    """One requirement of a pool, and the option of its description that it came from."""

    key: str
    operator: str
    values: tuple[str, ...]
    option: str
    min_values: Optional[int] = None

    @classmethod
    def from_object(cls, item: Mapping[str, Any]) -> Requirement:
        """Read one item of the option ``requirements``, which has been checked before."""
        return cls(item["key"], item["operator"], tuple(item.get("values", ())), "requirements", item.get("minValues"))

    def to_object(self) -> dict[str, Any]:
        """Render it as Karpenter's API has it."""
        rendered: dict[str, Any] = {"key": self.key, "operator": self.operator}
        if self.values:
            rendered["values"] = list(self.values)
        if self.min_values is not None:
            rendered["minValues"] = self.min_values
        return rendered

    def allows(self, labels: label.Labels) -> bool:
        """Say whether these labels meet the requirement; a label of which nothing is known does."""
        return self.key not in labels or OPERATORS[self.operator](labels[self.key], self.values)

    def describe(self) -> str:
        """Say it in words, with the option's name: ``architectures allows only amd64``."""
        listed = ", ".join(self.values)
        if self.option in SHORTHANDS:
            return f"{self.option} allows only {listed}"
        return " ".join(f"{self.option} asks for {self.key} {self.operator} {listed}".split())


def requirements_of(description: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """Return the requirements that a description states, shorthands first, raw ones after them."""
    short = [Requirement(key, "In", tuple(description[option]), option) for option, key in SHORTHANDS.items() if description.get(option)]
    return (*short, *map(Requirement.from_object, description.get("requirements", ())))


def accelerated_types(requirements: Iterable[Requirement]) -> tuple[InstanceType, ...]:
    """Return the accelerated instance types that meet all of the requirements."""
    wanted = tuple(requirements)
    return tuple(each for each in INSTANCE_TYPES.values() if meets(labels_of_type(each), wanted))


def meets(labels: label.Labels, requirements: Iterable[Requirement]) -> bool:
    """Say whether labels meet all of the requirements."""
    return all(requirement.allows(labels) for requirement in requirements)


def values_known(key: str) -> tuple[str, ...]:
    """Return the values that a label has among the accelerated types, in alphabetical order."""
    values = {labels_of_type(each).get(key) for each in INSTANCE_TYPES.values()}
    return tuple(sorted(value for value in values if value is not None))


def labels_of_type(instance: InstanceType) -> label.Labels:
    """Return the labels of an accelerated type, computed once for each."""
    if instance.name not in _LABELS:
        _LABELS[instance.name] = label.labels_of(instance)
    return _LABELS[instance.name]
