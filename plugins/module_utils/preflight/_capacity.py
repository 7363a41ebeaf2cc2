# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether AWS has the pools' images, and offers their instance types where their subnets are: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import INSTANCE_TYPES
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import FAMILIES, RECOMMENDED, Image, images_of, parameter
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import meets
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    NOT_CHECKED,
    WARNING,
    Check,
    Facts,
    Finding,
    Judgement,
    of_pool,
    of_pools,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._network import subnets_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan, PlannedPool


class Wanted(NamedTuple):
    """An image that a pool boots, and the SSM parameter that names it."""

    pool: str
    image: Image
    release: str
    parameter: str


def wanted_images(plan: Plan, kubernetes: str, live: Mapping[str, Mapping[str, Any]]) -> list[Wanted]:
    """The images of the pools whose class goes by an alias; those that name images by id, name or tag have none."""
    return [
        each
        for pool in plan.pools
        for alias in _aliases(pool, live)
        for each in _wanted(pool, alias, plan.kubernetes_version or kubernetes)
    ]


def images(plan: Plan, facts: Facts) -> Judgement:
    """Whether AWS publishes the image that each pool boots."""
    published = facts["images"]
    wanted = wanted_images(plan, facts["cluster"]["version"], facts["node_classes"])
    findings: list[Finding] = []
    for each in wanted:
        if not published[each.parameter]:
            what = (
                f"AWS publishes no {each.release} image {each.image.words} of that family and Kubernetes version in {plan.region} (SSM parameter"
                f" {each.parameter}); Karpenter would say nothing of it, and launch no node."
            )
            step = "Correct the pool's architectures, its ami_alias or node_pools_ami_version."
            findings.append(of_pool(each.pool, ERROR, what, step))
    # EKS Auto Mode chooses its images itself.
    unknown = sorted({pool.name for pool in plan.pools if not pool.pool.auto_mode} - {each.pool for each in wanted})
    if unknown:
        what = "The class goes by no alias of al2023 or Bottlerocket, so that what its images are for is not known."
        step = "See yourself that they have the driver of the pool's accelerator and are of its architecture."
        findings.append(of_pool(", ".join(unknown), NOT_CHECKED, what, step))
    return Judgement(f"{len({each.parameter for each in wanted})} images", of_pools(findings))


def _aliases(pool: PlannedPool, live: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The aliases of a pool's class; one that is looked up at install stays what the live class has."""
    terms = (pool.class_in(live) or {}).get("amiSelectorTerms") or []
    existing = (live.get(pool.class_key) or {}).get("amiSelectorTerms") or []
    for term in terms:
        alias = term.get("alias") or ""
        if alias.endswith(f"@{RECOMMENDED}"):
            alias = next((each["alias"] for each in existing if each.get("alias")), alias)
        if alias:
            yield alias


def _wanted(pool: PlannedPool, alias: str, kubernetes: str) -> Iterator[Wanted]:
    name, _at, release = alias.partition("@")
    if name not in FAMILIES:
        return
    release = RECOMMENDED if release == "latest" else release
    for image in images_of([pool.pool.description]):
        yield Wanted(pool.name, image, release, parameter(FAMILIES[name], kubernetes, image, release))


def offerings(plan: Plan, facts: Facts) -> Judgement:
    """Whether an instance type of each pool is offered in a zone in which the pool has a subnet."""
    offered = facts["offerings"]
    findings: list[Finding] = []
    seen: set[str] = set()
    for pool in plan.pools:
        zones = sorted({each["AvailabilityZone"] for each in subnets_of(pool, plan, facts)})
        if not zones:
            findings.append(
                of_pool(pool.name, NOT_CHECKED, "Without subnets there are no zones to look in.", "Mend what the check subnets tells.")
            )
            continue
        there = {zone: set(types_of(pool, offered.get(zone, ()))) for zone in zones}
        seen |= set().union(*there.values())
        findings += _offering_problems(pool, there, offered)
    return Judgement(f"{len(seen)} instance types in the subnets' zones", of_pools(findings))


def types_of(pool: PlannedPool, names: Iterable[str]) -> list[str]:
    """Those of the instance types that meet the pool's requirements, the zone's left out."""
    wanted = [each for each in pool.pool.requirements if each.key not in (label.ZONE, label.CAPACITY_TYPE)]
    accelerated = {each.name for each in pool.pool.types}
    if pool.pool.kinds:
        return sorted(name for name in names if name in accelerated)
    return sorted(name for name in names if (name in accelerated if name in INSTANCE_TYPES else meets(label.labels_of_name(name), wanted)))


def _offering_problems(pool: PlannedPool, there: Mapping[str, set[str]], offered: Mapping[str, Iterable[str]]) -> Iterator[Finding]:
    zones = ", ".join(there)
    if not any(there.values()):
        elsewhere = sorted(zone for zone, names in offered.items() if types_of(pool, names))
        known = f"In this region they are offered in {', '.join(elsewhere)} alone." if elsewhere else "No zone of this region offers one."
        what = f"None of its instance types is offered in the zones of its subnets ({zones}). {known}"
        step = (
            "Choose other instance types or another region."
            if not elsewhere
            else "Give the cluster a subnet there, or choose other instance types."
        )
        yield of_pool(pool.name, ERROR, what, step)
        return
    named = pool.values(label.INSTANCE_TYPE)
    nowhere = [name for name in named if not any(name in names for names in there.values())]
    if nowhere:
        what = f"The instance types {', '.join(nowhere)} are not offered in the zones of its subnets ({zones}); the others are."
        yield of_pool(pool.name, WARNING, what, "Leave them out, or add a subnet in a zone that has them.")


CHECKS = (
    Check(
        "images",
        "Does AWS publish the image of each pool's family, architecture and accelerator?",
        ("cluster", "node_classes", "images"),
        "there is no such image",
        "",
        ("ssm:GetParameter",),
        images,
    ),
    Check(
        "offerings",
        "Are the pool's instance types offered in the zones of its subnets?",
        ("cluster", "subnets", "node_classes", "offerings"),
        "none is, in any of the zones",
        "a type that the pool names is offered in none of them",
        ("ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSubnets"),
        offerings,
    ),
)
