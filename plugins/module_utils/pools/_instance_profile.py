# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As which role a pool's instances come: by a role, of which Karpenter makes an instance profile, or by a profile that exists. Pure.

This file is internal to the collection and may change in any release. An isolated VPC has no way to IAM, which has no endpoint there, so that
Karpenter cannot make one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

PROFILE, ROLE = "instanceProfile", "role"


def identity(pool: Pool, defaults: Mapping[str, Any]) -> dict[str, str]:
    """Return the class's field that says as which role its instances come; none where nobody says.

    What the pool says goes first; of the defaults, the profile does.
    """
    given, raw = pool.description, pool.description.get("node_class_spec", {})
    sources = (
        {name: raw.get(name) for name in (PROFILE, ROLE)},
        {PROFILE: given.get("instance_profile"), ROLE: given.get("node_role")},
        {PROFILE: defaults.get("instance_profile")},
        {ROLE: defaults.get("node_role")},
    )
    said = ({name: value for name, value in source.items() if value} for source in sources)
    return next((each for each in said if each), {})


def profile_rule(pool: Pool) -> Iterator[str]:
    """Two identities for one class."""
    given = pool.description
    raw = given.get("node_class_spec", {})
    if "instance_profile" not in given:
        return
    said = f"instance_profile is '{given['instance_profile']}'"
    if "node_role" in given:
        yield f"{said}, and node_role is '{given['node_role']}': the profile has a role already. Leave one of the two out."
    for name in (PROFILE, ROLE):
        if name in raw:
            yield f"{said}, and node_class_spec has {name}: leave one of the two out."


def isolation_problems(pool: Pool, defaults: Mapping[str, Any]) -> Iterator[str]:
    """Yield that Karpenter would have to ask IAM, which it cannot reach in an isolated VPC."""
    if not defaults.get("isolated_vpc") or pool.auto_mode or "node_class" in pool.description:
        return
    role = identity(pool, defaults).get(ROLE)
    if role:
        yield (
            f"its class would have role '{role}', and the VPC is isolated (karpenter_isolated_vpc): Karpenter asks IAM for an instance profile"
            " of it, and IAM has no endpoint there. Name a profile that exists with instance_profile, or with node_pools_instance_profile for"
            " all pools."
        )
