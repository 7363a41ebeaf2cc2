# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the account's quotas of vCPUs let the pools grow to their limits, and its Spot role: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import INSTANCE_TYPES
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import parse_quantity
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._gpu_shares import shares_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    NOT_CHECKED,
    WARNING,
    Check,
    Facts,
    Finding,
    Judgement,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan, PlannedPool


class Quota(NamedTuple):
    """The codes of a class of families in Service Quotas (service ec2), of vCPUs each; empty where there is none."""

    families: str
    on_demand: str
    spot: str


# What an instance type's name begins with -> its quotas; the first that fits counts.
# Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html, which `aws service-quotas list-service-quotas
# --service-code ec2` answers alike. The message of a finding has the name that AWS itself gives with the quota.
QUOTAS: Mapping[str, Quota] = {
    "dl": Quota("DL", "L-6E869C2A", "L-85EED4F7"),
    "inf": Quota("Inf", "L-1945791B", "L-B5D1601B"),
    "trn": Quota("Trn", "L-2C3B7624", "L-6B0D517C"),
    "hpc": Quota("HPC", "L-F7808C92", ""),
    "vt": Quota("G and VT", "L-DB2E81BA", "L-3819A6DF"),
    "u": Quota("High Memory", "L-43DA4232", ""),
    "f": Quota("F", "L-74FC7D96", "L-88CF9481"),
    # Before the quota of Spot was one for all of P, P5 and later had one of their own.
    "p5": Quota("P", "L-417A185B", "L-C4BD4855"),
    "p6": Quota("P", "L-417A185B", "L-C4BD4855"),
    "g": Quota("G and VT", "L-DB2E81BA", "L-3819A6DF"),
    "p": Quota("P", "L-417A185B", "L-7212CCBC"),
    "x": Quota("X", "L-7295265B", "L-E3A00192"),
    **dict.fromkeys("acdhimrtz", Quota("Standard (A, C, D, H, I, M, R, T, Z)", "L-1216C47A", "L-34B43A08")),
}
# A quota that some accounts no longer have -> the one that counts there instead.
SUCCESSORS = {"L-C4BD4855": "L-7212CCBC"}
CAPACITY_TYPES = {"on-demand": "on_demand", "spot": "spot"}

# The least that an instance of a family outside the table has; the smallest sizes of most families have more.
SMALLEST = 1


class Need(NamedTuple):
    """What a pool needs of one quota: vCPUs of the smallest instance, and of all that its limits allow (None: not known)."""

    pool: str
    capacity_type: str
    code: str
    families: str
    smallest: int
    whole: Optional[Decimal]


def needs(plan: Plan) -> list[Need]:
    """What the pools need of the quotas, by pool and capacity type."""
    return [need for pool in plan.pools for need in _needs_of(pool)]


def quota_of(name: str) -> Optional[Quota]:
    """The quotas of an instance type or family; None where it belongs to none that is known."""
    letters = re.match(r"[a-z]+", name)
    family = name.partition(".")[0]
    fits = (quota for prefix, quota in QUOTAS.items() if letters and (letters.group().startswith(prefix) or _is_generation(family, prefix)))
    return next(fits, None)


def _is_generation(family: str, prefix: str) -> bool:
    """Whether a family such as p5en is of the generation p5, and not of p50."""
    return prefix[-1].isdigit() and re.match(rf"{prefix}(?![0-9])", family) is not None


def vcpu_quotas(plan: Plan, facts: Facts) -> Judgement:
    """Whether an instance of each pool fits its quota, and whether all that their limits allow do."""
    quotas, wanted = facts["quotas"], needs(plan)
    findings = [*_too_small_for_one(wanted, quotas), *_too_small_for_all(wanted, quotas), *_without_quota(plan, wanted)]
    shown = {
        need.code: f"{need.families.partition(' (')[0]} {need.capacity_type} {as_number(quotas[need.code]['value'])}" for need in wanted
    }
    return Judgement("vCPUs: " + (", ".join(shown.values()) or "none needed"), findings)


def spot_role(plan: Plan, facts: Facts) -> Judgement:
    """Whether the account has the Spot service-linked role, where pools use Spot."""
    using = [pool.name for pool in plan.pools if "spot" in pool.capacity_types]
    if not using or facts["spot_role"]:
        return Judgement("no pool uses Spot" if not using else "there", [])
    if plan.spot_role:
        return Judgement("made by the install", [])
    what = "The account has no role AWSServiceRoleForEC2Spot, without which no Spot instance can be launched."
    step = "Set eks_prerequisites_spot_role to true, or run `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`."
    return Judgement("missing", [Finding(ERROR, what, f"node pool {', '.join(using)}", step)])


def _needs_of(pool: PlannedPool) -> Iterator[Need]:
    sizes = _sizes(pool)
    for capacity_type, field in CAPACITY_TYPES.items():
        if capacity_type not in pool.capacity_types:
            continue
        codes = {code: quota.families for quota in map(quota_of, sizes) if quota for code in [getattr(quota, field)] if code}
        for code, families in codes.items():
            of_quota = {name: size for name, size in sizes.items() if getattr(quota_of(name) or Quota("", "", ""), field) == code}
            smallest = min(of_quota.values())
            yield Need(pool.name, capacity_type, code, families, smallest, _whole(pool, of_quota))


def _sizes(pool: PlannedPool) -> dict[str, int]:
    """vCPUs by instance type; by family where the pool has no accelerator, as the table has no types of those."""
    known = {each.name: each.vcpu or SMALLEST for each in pool.pool.types}
    if known or pool.pool.kinds:
        return known
    named = [*pool.values("node.kubernetes.io/instance-type"), *pool.values("karpenter.k8s.aws/instance-family")]
    categories = pool.values("karpenter.k8s.aws/instance-category")
    return dict.fromkeys(named or categories or ("m",), SMALLEST)


def _whole(pool: PlannedPool, sizes: Mapping[str, int]) -> Optional[Decimal]:
    """The fewest vCPUs with which the pool reaches the first of its limits; None where none of them says so."""
    limits = pool.spec.get("limits") or {}
    # A pool of a fixed number of nodes has that many from the beginning.
    nodes = limits.get("nodes", pool.spec.get("replicas"))
    amounts = ((limits.get("cpu"), 1), (nodes, min(sizes.values())))
    parsed = [(parse_quantity(text), vcpus) for text, vcpus in amounts if text is not None]
    found = [amount * vcpus for amount, vcpus in parsed if amount is not None]
    return min([*found, *_of_accelerators(pool, limits, sizes)], default=None)


def _of_accelerators(pool: PlannedPool, limits: Mapping[str, Any], sizes: Mapping[str, int]) -> Iterator[Decimal]:
    """The vCPUs of as many accelerators as the limit has, of the types that have most of them for a vCPU; a shared GPU counts once."""
    accelerator = pool.pool.accelerator
    amount = parse_quantity(limits[accelerator.resource]) if accelerator and accelerator.resource in limits else None
    counts = [(size, INSTANCE_TYPES[name].resource_count or 0) for name, size in sizes.items() if name in INSTANCE_TYPES]
    ratios = [Decimal(size) / (count * shares_of(pool.pool)) for size, count in counts if count]
    if amount is not None and ratios:
        yield amount * min(ratios)


def _too_small_for_one(wanted: list[Need], quotas: Mapping[str, dict]) -> Iterator[Finding]:
    """Pools whose smallest instance does not fit; an error where no other quota of the pool takes one."""
    for need in wanted:
        quota = quotas[need.code]
        if quota["value"] >= need.smallest:
            continue
        others = [each for each in wanted if each.pool == need.pool and quotas[each.code]["value"] >= each.smallest]
        what = (
            f"The quota '{quota['name']}' ({need.code}) is {as_number(quota['value'])} vCPUs, and the pool's smallest {need.capacity_type} instance has"
            f" {need.smallest}: EC2 refuses every launch, which Karpenter tells like a lack of capacity."
        )
        yield Finding(WARNING if others else ERROR, what, f"node pool {need.pool}", _raise(need, max(need.smallest, need.whole or 0)))


def _too_small_for_all(wanted: list[Need], quotas: Mapping[str, dict]) -> Iterator[Finding]:
    """Quotas that one instance of each pool fits, and not all that the pools' limits allow together."""
    for code in dict.fromkeys(need.code for need in wanted):
        sharing = [need for need in wanted if need.code == code and need.whole is not None]
        quota, total = quotas[code], sum((need.whole or 0 for need in sharing), Decimal(0))
        if not sharing or quota["value"] >= total or any(quota["value"] < need.smallest for need in sharing):
            continue
        what = f"The quota '{quota['name']}' ({code}) is {as_number(quota['value'])} vCPUs, and the pools' limits allow for {as_number(total)} at least."
        pools = ", ".join(need.pool for need in sharing)
        yield Finding(WARNING, what, f"node pool {pools}", _raise(sharing[0], total))


def _without_quota(plan: Plan, wanted: list[Need]) -> Iterator[Finding]:
    """Pools of families whose quota is not known."""
    known = {(need.pool, need.capacity_type) for need in wanted}
    for pool in plan.pools:
        unknown = [each for each in CAPACITY_TYPES if each in pool.capacity_types and (pool.name, each) not in known]
        if unknown:
            what = f"The quota of its instance families, {' and '.join(unknown)}, is not known to this collection."
            yield Finding(NOT_CHECKED, what, f"node pool {pool.name}", "Look for it in Service Quotas, service ec2.")


def as_number(value: Decimal | float) -> str:
    """A number as AWS' command line takes it: 1000, and not 1E+3."""
    return f"{float(value):.12g}"


def _raise(need: Need, value: Decimal | float) -> str:
    return (
        f"Ask for more by `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {need.code} --desired-value"
        f" {as_number(value)}`, or choose other instance families, capacity types or limits."
    )


CHECKS = (
    Check(
        "vcpu_quotas",
        "Do the quotas of vCPUs, on-demand and Spot, let the pools grow to their limits?",
        ("quotas",),
        "no instance of a pool fits, such as with a quota of 0",
        "the limits of all pools together need more; one of several capacity types does not fit",
        ("servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"),
        vcpu_quotas,
    ),
    Check(
        "spot_role",
        "Has the account the Spot service-linked role, where a pool uses Spot?",
        ("spot_role",),
        "it has not, and eks_prerequisites_spot_role is false",
        "",
        ("iam:ListRoles",),
        spot_role,
    ),
)
