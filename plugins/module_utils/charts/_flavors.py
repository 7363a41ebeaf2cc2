# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the flavours of models can be provisioned by the node pools, and if not, what of which pool is in the way. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    InstanceType,
    types_of_family,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._checks import did_you_mean
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import parse_quantity
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_options import option_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import ACCELERATORS, Pool
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._reachability import blocker
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import labels_of_type, meets, values_known

# Labels that Karpenter or the kubelet puts on a node by itself; a node has any other only if its pool says so.
_WELL_KNOWN = (
    "karpenter.k8s.aws/",
    "karpenter.sh/",
    "kubernetes.io/",
    "node.kubernetes.io/",
    "topology.kubernetes.io/",
    "topology.k8s.aws/",
)
_DEVICE_LABELS = ("karpenter.k8s.aws/instance-gpu-", "karpenter.k8s.aws/instance-accelerator-")
_RESOURCES = frozenset(each.resource for each in ACCELERATORS.values())

Flavor = Mapping[str, Any]


def flavor_problems(models: Iterable[Mapping[str, Any]], definitions: Any) -> list[str]:
    """Return a sentence for each flavour that no pool can provision.

    Args:
        models: Descriptions of models that have been checked.
        definitions: Descriptions of the pools. Those with a wrong option are told elsewhere, and passed over here; where there are none,
            nothing is known of what the cluster can provision, and nothing is said.
    """
    listed = definitions if isinstance(definitions, list) else []
    pools = [
        Pool.from_description(each) for each in listed if isinstance(each, Mapping) and "name" in each and not list(option_problems(each))
    ]
    if not pools:
        return []
    return [
        f"Model '{model['name']}', flavour '{flavor['name']}': {reason}"
        for model in models
        for flavor in model.get("flavors", [])
        for reason in _unprovisioned(flavor, pools)
    ]


def _unprovisioned(flavor: Flavor, pools: list[Pool]) -> Iterator[str]:
    """Yield why no pool can provision the flavour; nothing when one can."""
    types = _types_of(flavor) if _asks_for_accelerators(flavor) else []
    if not types and _asks_for_accelerators(flavor):
        yield _unknown(flavor)
        return
    obstacles = {pool.name: _obstacle(flavor, types, pool) for pool in pools}
    if all(obstacles.values()):
        listed = "; ".join(f"pool '{name}': {obstacle}" for name, obstacle in obstacles.items())
        yield f"no node pool can provision it ({listed}). Take the flavour out, or give it a pool."


def _asks_for_accelerators(flavor: Flavor) -> bool:
    return bool(_wanted(flavor)) or any(key.startswith(_DEVICE_LABELS) for key in _selector(flavor))


def _selector(flavor: Flavor) -> Mapping[str, str]:
    return flavor.get("node_selector", {})


def _wanted(flavor: Flavor) -> dict[str, Any]:
    """The accelerators that the flavour asks for, by resource."""
    return {key: parse_quantity(value) for key, value in flavor.get("limits", {}).items() if key in _RESOURCES}


def _types_of(flavor: Flavor) -> list[InstanceType]:
    """The accelerated types that have what the flavour asks for, whatever pools say."""

    judged = {key: value for key, value in _selector(flavor).items() if values_known(key)}

    def fits(each: InstanceType) -> bool:
        labels = labels_of_type(each)
        named = all(labels.get(key) == value for key, value in judged.items())
        return named and all(each.resource == key and (each.resource_count or 0) >= count for key, count in _wanted(flavor).items())

    return [each for each in INSTANCE_TYPES.values() if fits(each)]


def _unknown(flavor: Flavor) -> str:
    """Say that no instance type has what the flavour asks for, and which word may be meant."""
    words = [f"{key}: {value}" for key, value in {**_selector(flavor), **flavor.get("limits", {})}.items()]
    hints = [did_you_mean(value, values_known(key)) for key, value in _selector(flavor).items() if value not in values_known(key)]
    hint = next(filter(None, hints), " Where it is newer than this release, set llmaz_check_flavors to false.")
    return f"no instance type that this collection knows has {' and '.join(words)}.{hint}"


def _obstacle(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    """What keeps a pool from provisioning the flavour; empty when nothing does."""
    return next(filter(None, (check(flavor, types, pool) for check in _CHECKS)), "")


def _by_requirement(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    """A requirement of the pool that excludes what the flavour selects, such as an architecture or a capacity type."""
    selected = _selector(flavor)
    if types and not _names_unknown(pool) and not any(meets(labels_of_type(each), pool.requirements) for each in types):
        return blocker(types, pool.requirements)
    for requirement in pool.requirements:
        if requirement.key in selected and not requirement.allows({requirement.key: selected[requirement.key]}):
            return f"the flavour selects {requirement.key} {selected[requirement.key]}, and {requirement.describe()}"
    return ""


def _names_unknown(pool: Pool) -> bool:
    """Whether the pool names families or types outside the table, of which nothing can be said."""
    named = ("karpenter.k8s.aws/instance-family", "node.kubernetes.io/instance-type")
    return any(
        not types_of_family(value.partition(".")[0])
        for item in pool.stated
        if item.key in named and item.operator == "In" and pool.accelerator
        for value in item.values
    )


def _by_accelerator(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    del types
    resource = next(iter(_wanted(flavor)), "")
    if resource and (pool.accelerator is None or pool.accelerator.resource != resource):
        return f"the flavour asks for {resource}, and the pool's accelerator is {pool.accelerator.kind if pool.accelerator else 'none'}"
    return ""


def _by_label(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    del types
    labels = {**(pool.accelerator.labels if pool.accelerator else {}), **pool.description.get("labels", {})}
    required = {requirement.key for requirement in pool.requirements}
    for key, value in _selector(flavor).items():
        if key in labels and labels[key] != value:
            return f"the flavour selects {key} {value}, and labels gives its nodes {labels[key]}"
        if key not in labels and key not in required and not key.startswith(_WELL_KNOWN):
            return f"the flavour selects {key} {value}, and neither labels nor requirements gives its nodes that label"
    return ""


def _by_taint(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    """A taint that the pods of a Playground do not tolerate: EKS adds a toleration for the resources that they ask for, and no other."""
    del types
    for taint in pool.description.get("taints", []):
        if taint["effect"] == "NoExecute" or (taint["effect"] == "NoSchedule" and taint["key"] not in flavor.get("limits", {})):
            return (
                f"its taint {taint['key']}:{taint['effect']} is not tolerated, as a Playground cannot give its pods tolerations and EKS adds"
                " one, with NoSchedule, for the resources that they ask for"
            )
    return ""


def _by_limit(flavor: Flavor, types: list[InstanceType], pool: Pool) -> str:
    del types
    limits = {**pool.description.get("limits", {}), **(pool.description.get("node_pool_spec", {}).get("limits") or {})}
    for resource, count in _wanted(flavor).items():
        limit = parse_quantity(limits.get(resource, ""))
        if limit is not None and limit < count:
            return f"the flavour asks for {count} {resource}, and limits['{resource}'] is {limits[resource]}"
    return ""


_CHECKS: tuple[Callable[[Flavor, list[InstanceType], Pool], str], ...] = (
    _by_accelerator,
    _by_requirement,
    _by_label,
    _by_taint,
    _by_limit,
)
