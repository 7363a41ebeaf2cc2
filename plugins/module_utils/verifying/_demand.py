# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which accelerator a NodePool brings, and how many nodes it lacks. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    InstanceType,
    category_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    INSTANCE_TYPE_LABEL,
    RESOURCES,
    NodeClaim,
    number_of,
)

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


@dataclass(frozen=True)
class Lack:
    """What a NodePool lacks.

    Attributes:
        wanted: How many nodes there must be.
        missing: How many of them there are not.
        pods: How many pods ask for them. They keep away from each other, so each node that is there and could take one of them needs one too.
    """

    wanted: int
    missing: int
    pods: int


class Holding(NamedTuple):
    """How many accelerators a pod holds, and on which node; on none while it waits for one."""

    node: str
    amount: int


def holding_of(pod: Mapping[str, Any]) -> Holding:
    """Return what a pod holds."""
    limits = [(each.get("resources") or {}).get("limits") or {} for each in pod["spec"]["containers"]]
    return Holding(pod["spec"].get("nodeName") or "", sum(number_of(each.get(name)) for each in limits for name in RESOURCES))


def free_on(nodes: Iterable[Mapping[str, Any]], holdings: Iterable[Holding]) -> dict[str, int]:
    """Return how many accelerators each node has left for a pod, by its name; one that takes no pod has none left."""
    held: Counter[str] = Counter()
    for each in holdings:
        held[each.node] += each.amount
    return {node["metadata"]["name"]: max(0, _offered(node) - held[node["metadata"]["name"]]) for node in nodes}


def _offered(node: Mapping[str, Any]) -> int:
    if node["metadata"].get("deletionTimestamp") or (node.get("spec") or {}).get("unschedulable"):
        return 0
    offer = (node.get("status") or {}).get("allocatable") or {}
    return sum(number_of(offer.get(name)) for name in RESOURCES)


def lacking(wanted: Mapping[str, int], claims: Iterable[NodeClaim], free: Mapping[str, int]) -> dict[str, Lack]:
    """Return what the pools lack that have fewer nodes than wanted.

    Args:
        wanted: Number of nodes, by NodePool.
        claims: The NodeClaims that there are.
        free: Accelerators that a node has left, by its name; one that is not in it is taken for idle.
    """
    there: dict[str, list[NodeClaim]] = {pool: [] for pool in wanted}
    for claim in claims:
        if claim.node_pool in there and not claim.deleting:
            there[claim.node_pool].append(claim)
    short = {pool: found for pool, found in there.items() if len(found) < wanted[pool]}
    return {pool: Lack(wanted[pool], wanted[pool] - len(found), wanted[pool] - _full(found, free)) for pool, found in short.items()}


def _full(claims: Iterable[NodeClaim], free: Mapping[str, int]) -> int:
    # One that is on its way has nothing to offer yet, and may be what a pod of ours is sent to.
    return sum(claim.has("Initialized") and free.get(claim.node, 1) < 1 for claim in claims)
