# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pool may not say: each rule takes a pool and yields what is wrong, as a predicate after the pool's name.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_labels import (
    GPU_MANUFACTURER,
    GPU_NAME,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    accelerated_families,
    category_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._checks import did_you_mean
from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import parse_quantity
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._auto_mode import auto_mode_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._capacity_reservations import reservation_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._disruption import drift_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._efa_interfaces import efa_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._gpu_shares import shares_of, shares_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._instance_profile import profile_rule
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_options import CLASS_OPTIONS
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._reachability import (
    carries,
    unreachable_values,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import values_known
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._static_capacity import replicas_of, static_rule

# Option -> what it names, and the names of accelerated hardware in the table.
_KNOWN_NAMES = {
    "instance_types": ("instance types with an accelerator", tuple(INSTANCE_TYPES)),
    "instance_families": ("families with an accelerator", accelerated_families()),
    "instance_categories": (
        "categories with an accelerator",
        tuple(sorted({str(category_of(name)) for name in accelerated_families()})),
    ),
    "gpu_names": ("GPU names", values_known(GPU_NAME)),
    "gpu_manufacturers": ("GPU manufacturers", values_known(GPU_MANUFACTURER)),
}
_CATEGORIES = _KNOWN_NAMES["instance_categories"][1]
_GPU_OPTIONS = frozenset({"gpu_names", "gpu_manufacturers"})


def _one_accelerator(pool: Pool) -> Iterator[str]:
    if len(pool.kinds) > 1:
        yield (
            f"picks instances with different accelerators ({' and '.join(pool.kinds)}), which need different taints, limits and"
            " device plugins: make one pool for each, or say which one with accelerator."
        )


def _misplaced_names(pool: Pool) -> Iterator[str]:
    """A family among the types, and a type among the families."""
    for name in pool.description.get("instance_types", ()):
        if "." not in name:
            yield f"instance_types has '{name}', which is not an instance type such as g4dn.xlarge: a family belongs in instance_families."
    for name in pool.description.get("instance_families", ()):
        if "." in name:
            yield f"instance_families has '{name}', which is an instance type: it belongs in instance_types."


def _unknown_names(pool: Pool) -> Iterator[str]:
    """Names outside the table that look accelerated, or stand in a pool that wants accelerators.

    Other names are let through: EC2 has more families than the table, which holds the accelerated ones only.
    """
    for option, (noun, known) in _KNOWN_NAMES.items():
        for name in pool.description.get(option, ()):
            if name in known or not (pool.kinds or option in _GPU_OPTIONS or category_of(name) in _CATEGORIES):
                continue
            place = f", in a pool for {pool.kinds[0]}" if pool.kinds else ""
            hint = did_you_mean(name, known) or " Take it out; if it is newer than this release, name it under requirements."
            yield f"{option} has '{name}', which is none of the {noun} that this collection knows{place}.{hint}"


def _unserved_accelerators(pool: Pool) -> Iterator[str]:
    """Accelerators for which this collection has no device plugin and no check."""
    if pool.kinds or "accelerator" in pool.description:
        return
    for option in ("instance_families", "instance_types"):
        for name in pool.description.get(option, ()):
            types = [each for each in INSTANCE_TYPES.values() if name in (each.name, each.family)]
            if types:
                yield (
                    f"{option} has '{name}', which carries {carries(types)}: this collection neither installs nor verifies"
                    " these; set accelerator: none to have the pool all the same."
                )


def _neuron_architecture(pool: Pool) -> Iterator[str]:
    if pool.kinds == ("neuron",) and "arm64" in pool.description.get("architectures", ()):
        yield "architectures has 'arm64', and there is no Neuron instance and no Neuron image for arm64: leave amd64 alone."


def _reachable(pool: Pool) -> Iterator[str]:
    """Values that no instance type can meet together with the pool's other requirements."""
    yield from unreachable_values(pool)


def _accelerator_limit(pool: Pool) -> Iterator[str]:
    """An accelerator pool caps its accelerators, and the cap lets at least one node exist."""
    spec = pool.description.get("node_pool_spec", {})
    if not pool.accelerator or replicas_of(pool) is not None:  # a static pool's replicas are its cap
        return
    resource = pool.accelerator.resource
    limits = merged(pool.description.get("limits", {}), spec.get("limits") or {})
    if resource not in limits:
        if not pool.description.get("allow_unlimited_accelerators", False):
            yield (
                f"limits has no '{resource}', so that nothing caps what its accelerators cost: add it (such as {resource}: 8), or set"
                " allow_unlimited_accelerators: true."
            )
        return
    limit = parse_quantity(limits[resource])
    shares = shares_of(pool)
    smallest = min((each.resource_count or 0 for each in pool.types), default=0) * shares
    if limit and limit < smallest:
        counted = f" (each of its GPUs counts as {shares} shares)" if shares > 1 else ""
        yield (
            f"limits['{resource}'] is {limits[resource]}, and the smallest instance that its requirements allow has {smallest}{counted}:"
            " no node could ever be launched."
        )


def _latest_ami(pool: Pool) -> Iterator[str]:
    alias = pool.description.get("ami_alias", "")
    if alias.endswith("@latest") and not pool.description.get("allow_latest_ami", False):
        yield (
            f"ami_alias is '{alias}', with which each new image replaces every node of the pool (drift): pin a version"
            f" such as {alias.partition('@')[0]}@v20261110, leave ami_alias out to have today's pinned, or set allow_latest_ami: true."
        )


def _ami_alias(pool: Pool) -> Iterator[str]:
    alias = pool.description.get("ami_alias", "")
    family, at, version = alias.partition("@")
    if alias and not (family and at and version):
        yield f"ami_alias is '{alias}', and must be family@version, such as al2023@v20261110."


def _foreign_class(pool: Pool) -> Iterator[str]:
    if "node_class" not in pool.description:
        return
    for option in CLASS_OPTIONS:
        if option in pool.description:
            yield f"node_class is '{pool.node_class}', a class that exists already, so that {option} would have no effect: leave one of the two out."


RULES = (
    _one_accelerator,
    _misplaced_names,
    _unknown_names,
    _unserved_accelerators,
    _neuron_architecture,
    _accelerator_limit,
    _ami_alias,
    _latest_ami,
    _foreign_class,
    static_rule,
    reservation_rule,
    efa_rule,
    shares_rule,
    drift_rule,
    profile_rule,
    auto_mode_rule,
)


def rule_problems(pool: Pool) -> Iterator[str]:
    """Yield what is wrong with a pool whose options are right one by one.

    Whether its requirements can be met is asked last, since an unknown name or two accelerators answer it already.
    """
    wrong = [problem for rule in RULES for problem in rule(pool)]
    yield from wrong
    if not wrong:
        yield from _reachable(pool)
