# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which accelerator a NodePool brings, and how many nodes it lacks. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    InstanceType,
    category_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import INSTANCE_TYPE_LABEL, NodeClaim

# Label of a requirement -> what an instance type of the table has there.
_TYPE_LABELS: Mapping[str, Callable[[InstanceType], Optional[str]]] = {
    INSTANCE_TYPE_LABEL: lambda each: each.name,
    "karpenter.k8s.aws/instance-family": lambda each: each.family,
    "karpenter.k8s.aws/instance-category": lambda each: category_of(each.name),
}


def accelerator_of_pool(pool: Mapping[str, Any]) -> Accelerator | None:
    """Return the accelerator that a NodePool's nodes have; None if they need not have one of ours.

    The requirements decide: the manufacturer that they ask for, else the instance types that they leave over.
    """
    requirements = list(_requirements(pool))
    for key, values in requirements:
        for accelerator in ACCELERATORS.values():
            if key == accelerator.labels[0] and accelerator.manufacturer in values:
                return accelerator
    if not any(key in _TYPE_LABELS for key, _values in requirements):
        return None
    left = [each for each in INSTANCE_TYPES.values() if _allowed(each, requirements)]
    names = {accelerator.name for each in left for accelerator in ACCELERATORS.values() if each.resource == accelerator.resource}
    return ACCELERATORS[names.pop()] if len(names) == 1 else None


def _requirements(pool: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield key and values of the requirements that name what they want."""
    for each in _template(pool).get("requirements") or ():
        if each.get("operator") == "In":
            yield each.get("key", ""), each.get("values") or []


def _allowed(instance: InstanceType, requirements: list[tuple[str, list[str]]]) -> bool:
    return all(_TYPE_LABELS[key](instance) in values for key, values in requirements if key in _TYPE_LABELS)


def taints_of_pool(pool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the taints that a NodePool's nodes keep; startup taints go by themselves."""
    return list(_template(pool).get("taints") or ())


def _template(pool: Mapping[str, Any]) -> Mapping[str, Any]:
    return ((pool.get("spec") or {}).get("template") or {}).get("spec") or {}


def lacking(wanted: Mapping[str, int], claims: Iterable[NodeClaim]) -> dict[str, int]:
    """Return the pools that have fewer nodes than wanted, each with the number wanted.

    All of a pool's nodes are asked for again and not only those that lack: the pods keep away from each other, so an idle
    node that is there takes one of them.
    """
    there = [claim.node_pool for claim in claims if not claim.deleting]
    return {pool: number for pool, number in wanted.items() if there.count(pool) < number}
