# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the quotas of vCPUs have room for the pools beside what runs in the account already: pure.

This file is internal to the collection and may change in any release. What counts: instances that are pending or running, of default tenancy,
with the vCPUs that their type has; those of capacity blocks do not. What EC2 counts and does not show with instances, such as a capacity
reservation that is not used, is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import INSTANCE_TYPES
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._leftovers import tag
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    WARNING,
    Check,
    Facts,
    Finding,
    Judgement,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._quotas import QUOTAS, SMALLEST, Need, as_number, needs, quota_of

STATES = ("pending", "running")
# Lifecycle of an instance, absent for on-demand -> which of a family's two quotas it counts against; others, such as a capacity block's, none.
MARKETS = {"": "on_demand", "spot": "spot"}
TENANCY = "default"


class Running(NamedTuple):
    """What one instance takes: of which quota, how much, and for which of the cluster's node pools (empty for all others)."""

    code: str
    vcpus: int
    pool: str


class Room(NamedTuple):
    """One quota: what it is, what everything takes of it, and what of that is not the plan's own pools'."""

    value: float
    taken: int
    others: int


def filters(plan: Plan) -> list[dict[str, Any]]:
    """Filters of ec2:DescribeInstances for what may count against the quotas that the pools need; none where they need none."""
    families = {need.families for need in needs(plan)}
    if not families:
        return []
    types = [f"{prefix}*" for prefix, quota in QUOTAS.items() if quota.families in families]
    return [{"Name": "instance-state-name", "Values": list(STATES)}, {"Name": "instance-type", "Values": types}]


def running(instances: Iterable[Mapping[str, Any]], cluster: str) -> Iterator[Running]:
    """What of the instances counts."""
    for each in instances:
        quota, market = quota_of(each["InstanceType"]), MARKETS.get(each.get("InstanceLifecycle") or "")
        tenancy = (each.get("Placement") or {}).get("Tenancy") or TENANCY
        code = getattr(quota, market) if quota and market and tenancy == TENANCY else ""
        if code:
            pool = tag(each, "karpenter.sh/nodepool") if tag(each, f"kubernetes.io/cluster/{cluster}") else ""
            yield Running(code, _vcpus(each), pool)


def _vcpus(instance: Mapping[str, Any]) -> int:
    """The vCPUs of its type; of types outside the table, what the instance itself has."""
    known = INSTANCE_TYPES.get(instance["InstanceType"])
    options = instance.get("CpuOptions") or {}
    return (known.vcpu if known else None) or options.get("CoreCount", 0) * options.get("ThreadsPerCore", 1) or SMALLEST


def vcpu_usage(plan: Plan, facts: Facts) -> Judgement:
    """Whether what runs already leaves room for the pools."""
    wanted, quotas = needs(plan), facts["quotas"]
    found = [each._replace(code=_effective(each.code, quotas)) for each in running(facts["instances"], plan.cluster_name)]
    rooms = {need.code: _room(need.code, wanted, quotas, found) for need in wanted}
    findings = [*_no_room_for_one(wanted, quotas, rooms, found), *_no_room_for_all(wanted, quotas, rooms)]
    shown = {need.code: f"{need.families.partition(' (')[0]} {need.capacity_type} {_taken(rooms[need.code])}" for need in wanted}
    return Judgement("vCPUs in use: " + (", ".join(shown.values()) or "no quota asked for"), findings)


def _effective(code: str, quotas: Mapping[str, dict]) -> str:
    """The quota that counts for ``code`` in the account, which may have another in its place."""
    effective: str = quotas.get(code, {}).get("code", code)
    return effective


def _taken(room: Room) -> str:
    return f"{room.taken} of {as_number(room.value)}"


def _room(code: str, wanted: list[Need], quotas: Mapping[str, dict], found: list[Running]) -> Room:
    counted = [each for each in found if each.code == _effective(code, quotas)]
    # Nodes of the plan's own pools are within the limits of these; what such a pool needs of another quota is not.
    own = {need.pool for need in wanted if _effective(need.code, quotas) == _effective(code, quotas)}
    others = sum(each.vcpus for each in counted if each.pool not in own)
    return Room(quotas[code]["value"], sum(each.vcpus for each in counted), others)


def _no_room_for_one(wanted: list[Need], quotas: Mapping[str, dict], rooms: Mapping[str, Room], found: list[Running]) -> Iterator[Finding]:
    """Pools without a node, of which an instance would fit the quota if nothing else ran."""
    started = {(each.pool, each.code) for each in found}
    for need in wanted:
        room = rooms[need.code]
        left = room.value - room.taken
        if room.value < need.smallest or left >= need.smallest or (need.pool, _effective(need.code, quotas)) in started:
            continue
        what = (
            f"Of the quota '{quotas[need.code]['name']}' ({need.code}), {_taken(room)} vCPUs are in use, and the pool's smallest"
            f" {need.capacity_type} instance has {need.smallest}: until others end, EC2 refuses its launch, which Karpenter tells like a lack of"
            " capacity."
        )
        yield Finding(WARNING, what, f"node pool {need.pool}", _more(need, room.taken + max(need.smallest, need.whole or 0)))


def _no_room_for_all(wanted: list[Need], quotas: Mapping[str, dict], rooms: Mapping[str, Room]) -> Iterator[Finding]:
    """Quotas that all of the pools' limits would fit, were it not for what else runs; one instance of each does."""
    for code, room in rooms.items():
        sharing = [need for need in wanted if need.code == code and need.whole is not None]
        total, left = sum((need.whole or 0 for need in sharing), Decimal(0)), room.value - room.others
        if not sharing or room.value < total or left >= total or any(left < need.smallest for need in sharing):
            continue
        what = (
            f"Of the quota '{quotas[code]['name']}' ({code}), {room.others} of {as_number(room.value)} vCPUs are in use by what is not of these"
            f" pools, whose limits allow for {as_number(total)} at least: {as_number(left)} are left for them."
        )
        yield Finding(WARNING, what, f"node pool {', '.join(need.pool for need in sharing)}", _more(sharing[0], room.others + total))


def _more(need: Need, value: Decimal | float) -> str:
    return (
        "End what is not needed, or ask for more by `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code"
        f" {need.code} --desired-value {as_number(value)}`."
    )


CHECKS = (
    Check(
        "vcpu_usage",
        "Do the instances that run already leave the pools room in these quotas?",
        ("quotas", "instances"),
        "",
        "no instance of a pool without nodes fits beside them; the limits of all pools together do not",
        ("ec2:DescribeInstances", "servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"),
        vcpu_usage,
    ),
)
