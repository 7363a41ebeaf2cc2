# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether somebody else keeps a NodePool or class that is to be made: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._owners import owner_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import ERROR, Check, Facts, Finding, Judgement, of_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan


def owners(plan: Plan, facts: Facts) -> Judgement:
    """Whether the objects of these names, where there are any, are nobody else's."""
    live = {(each["kind"], each["metadata"]["name"]): each for each in facts["objects"]}
    found = list(_others(plan, live))
    return Judgement(f"{sum(key in live for _pool, key in _made(plan))} of the pools and classes are there", found)


def _made(plan: Plan) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each object that the pools make, by kind and name, with the pool's name; classes of EKS Auto Mode are told by its role."""
    for pool in plan.pools:
        yield pool.name, ("NodePool", pool.name)
        if pool.class_spec is not None:
            kind, _slash, name = pool.class_key.partition("/")
            yield pool.name, (kind, name)


def _others(plan: Plan, live: dict[tuple[str, str], dict]) -> Iterator[Finding]:
    for pool, (kind, name) in _made(plan):
        owner = owner_of(live.get((kind, name), {}))
        if owner:
            what = f"{kind} {name} is managed by {owner}, and a second owner would undo its changes and have its own undone."
            yield of_pool(pool, ERROR, what, "Take it out there, or choose another name in node_pools_definitions.")


CHECKS = (
    Check(
        "owners",
        "Are the pools and their classes, where they exist, nobody else's?",
        ("objects",),
        "Helm, Argo CD, Flux or another owner keeps one of that name",
        "",
        ("list nodepools.karpenter.sh and ec2nodeclasses.karpenter.k8s.aws",),
        owners,
    ),
)
