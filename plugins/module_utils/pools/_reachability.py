# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find what a pool asks for and can never get: values that no instance type meets together with its other requirements.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    InstanceType,
    types_of_family,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import (
    ACCELERATORS,
    Pool,
    architecture_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import (
    Requirement,
    labels_of_type,
    meets,
)

# Labels whose values must each be reachable, the most telling first; of others (zones, sizes) the table cannot judge.
_JUDGED = (
    label.INSTANCE_TYPE,
    label.FAMILY,
    label.GPU_NAME,
    label.GPU_MANUFACTURER,
    label.CATEGORY,
    label.ARCHITECTURE,
)
_NAMED = frozenset({label.FAMILY, label.INSTANCE_TYPE})

# Kinds that a pool without an accelerator may name: nothing here verifies them.
_OTHERS = frozenset({each.kind for each in INSTANCE_TYPES.values()} - set(ACCELERATORS))


def unreachable_values(pool: Pool) -> Iterator[str]:
    """Yield each value of a pool that can never be launched, with the reason.

    Only the most telling requirement is reported: the values of others fail with it. In a pool without accelerators
    only named families and types can be judged, by their architecture and by the table.
    """
    judged = [item for key in _JUDGED for item in pool.stated if item.key == key and item.operator == "In"]
    for requirement in judged:
        others = tuple(other for other in pool.requirements if other is not requirement)
        wrong = [each for value in requirement.values for each in _judge(pool, requirement, value, others)]
        if wrong:
            yield from wrong
            return
    if pool.accelerator and not _satisfiable(pool):
        yield "requirements cannot be met together by any instance type that this collection knows."


def _satisfiable(pool: Pool) -> bool:
    """Say whether at least one accelerated type of the pool's kind meets everything, or the table cannot know."""
    return any(each.kind == pool.kinds[0] for each in pool.types) or names_unknown(pool.stated)


def names_unknown(requirements: Iterable[Requirement]) -> bool:
    """Say whether raw requirements name a family or type outside the table, of which nothing can be said."""
    return any(
        not types_of_family(value.partition(".")[0])
        for item in requirements
        if item.key in _NAMED and item.operator == "In"
        for value in item.values
    )


def _judge(pool: Pool, requirement: Requirement, value: str, others: tuple[Requirement, ...]) -> Iterator[str]:
    candidates = _candidates(requirement.key, value)
    if not candidates:
        yield from _judge_by_name(requirement, value, others)
        return
    if not pool.accelerator and requirement.key not in _NAMED:
        return  # of a category or an architecture the table knows the accelerated part only
    if pool.accelerator and names_unknown(others):
        return
    wanted = {pool.accelerator.kind} if pool.accelerator else _OTHERS
    usable = [each for each in candidates if each.kind in wanted]
    if not usable:
        yield _sentence(requirement, value, f"it carries {carries(candidates)}, and accelerator is {_wanted(pool)}")
    elif not any(meets(labels_of_type(each), others) for each in usable):
        yield _sentence(requirement, value, blocker(usable, others))


def _candidates(key: str, value: str) -> list[InstanceType]:
    return [each for each in INSTANCE_TYPES.values() if labels_of_type(each).get(key, "") == value]


def _judge_by_name(requirement: Requirement, value: str, others: tuple[Requirement, ...]) -> Iterator[str]:
    """Judge a family or type outside the table by the architecture that its name tells."""
    if requirement.key not in _NAMED:
        return
    architecture = architecture_of(value)
    for other in others:
        if other.key == label.ARCHITECTURE and not other.allows({label.ARCHITECTURE: architecture}):
            yield _sentence(requirement, value, f"{value} is {architecture}, and {other.describe()}")


def blocker(candidates: list[InstanceType], others: tuple[Requirement, ...]) -> str:
    """Name the requirement that none of the candidates meets, else say that they fail together."""
    for other in others:
        if not any(other.allows(labels_of_type(each)) for each in candidates):
            seen = sorted({str(labels_of_type(each)[other.key] or "not set") for each in candidates})
            return f"its {other.key} is {', '.join(seen)}, and {other.describe()}"
    return "no instance type meets it and all of the pool's other requirements"


def _wanted(pool: Pool) -> str:
    return pool.accelerator.kind if pool.accelerator else "none"


def carries(candidates: Iterable[InstanceType]) -> str:
    """Say in words what some instance types carry."""
    kinds = sorted({each.kind for each in candidates})
    if kinds == ["nvidia-fractional"]:
        return "a fraction of a GPU, for which EC2 reports 0 GPUs and Karpenter promises no nvidia.com/gpu"
    return " and ".join(kinds) + " devices"


def _sentence(requirement: Requirement, value: str, reason: str) -> str:
    return f"{requirement.option} has '{value}', which can never be launched: {reason}. Take it out, or change the other."
