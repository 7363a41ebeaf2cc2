"""Of module_utils/preflight/_usage.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._usage import filters, running

from tests.unit.plugins.module_utils.preflight.preflight_objects import CPU, GPU, a_plan, only, outcome

G, G_SPOT, P_SPOT, P5_SPOT = "L-DB2E81BA", "L-3819A6DF", "L-7212CCBC", "L-C4BD4855"
MINE = {"kubernetes.io/cluster/demo": "owned", "karpenter.sh/nodepool": "gpu"}


def instance(name: str, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """One of ``Instances`` of ec2:DescribeInstances."""
    options = {"CoreCount": 2, "ThreadsPerCore": 1}
    listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    return {"InstanceType": name, "Placement": {"Tenancy": "default"}, "CpuOptions": options, "Tags": listed, **more}


def usage(*instances: dict[str, Any], quota: float = 32, pools: tuple = (GPU,), code: str = G, **effective: str) -> Any:
    quotas = {code: {"name": "vCPUs", "value": quota, "code": effective.get("code_in_effect", code)}}
    return outcome("vcpu_usage", a_plan(*pools), quotas=quotas, instances=list(instances))


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        # The type's vCPUs, whatever CPU options the instance was started with.
        (instance("g5.xlarge"), (G, 4, "")),
        (instance("g5.xlarge", InstanceLifecycle="spot"), (G_SPOT, 4, "")),
        (instance("g5.xlarge", MINE), (G, 4, "gpu")),
        (instance("g5.xlarge", {**MINE, "kubernetes.io/cluster/demo": ""}), (G, 4, "")),
        (instance("g5.xlarge", {"kubernetes.io/cluster/other": "owned", "karpenter.sh/nodepool": "gpu"}), (G, 4, "")),
        # Not in the table: what the instance has.
        (instance("m5.large"), ("L-1216C47A", 2, "")),
        (instance("m5.large", CpuOptions={}), ("L-1216C47A", 1, "")),
        (instance("p5.48xlarge", InstanceLifecycle="capacity-block"), None),
        (instance("g5.xlarge", Placement={"Tenancy": "dedicated"}), None),
        (instance("mac2.metal", Placement={"Tenancy": "host"}), None),
        (instance("hpc7a.12xlarge", InstanceLifecycle="spot"), None),
    ],
)
def test_what_an_instance_counts(given: dict[str, Any], counted: tuple | None) -> None:
    assert [tuple(each) for each in running([given], "demo")] == ([counted] if counted else [])


def test_only_families_that_are_asked_for_are_looked_for() -> None:
    state, types = filters(a_plan({"name": "p", "instance_types": ["p5.48xlarge"], "limits": {"nvidia.com/gpu": 8}}))
    assert state["Values"] == ["pending", "running"]
    assert types["Values"] == ["p5*", "p6*", "p*"]
    assert filters(a_plan()) == []


def test_room_is_room() -> None:
    found = usage(instance("g5.xlarge"), quota=36)
    assert (found.state, found.saw) == ("passed", "vCPUs in use: G and VT on-demand 4 of 36")


def test_others_leave_less_than_the_limits() -> None:
    state, what, where, step = only(usage(instance("g5.2xlarge"), quota=36))
    assert (state, where) == ("warning", "node pool gpu")
    assert "8 of 36 vCPUs are in use by what is not of these pools, whose limits allow for 32 at least: 28 are left for them." in what
    assert "--quota-code L-DB2E81BA --desired-value 40`" in step


def test_nodes_of_the_pools_are_within_their_limits() -> None:
    assert [usage(*[instance("g5.xlarge", MINE)] * count).state for count in (6, 8)] == ["passed", "passed"]
    assert usage(*[instance("g5.xlarge", {**MINE, "karpenter.sh/nodepool": "former"})] * 4).state == "warning"


def test_others_leave_not_even_one() -> None:
    state, what, _where, step = only(usage(instance("g5.8xlarge")))
    assert state == "warning"
    assert "32 of 32 vCPUs are in use, and the pool's smallest on-demand instance has 4: until others end, EC2 refuses its launch" in what
    assert "--desired-value 64`" in step


def test_a_pool_with_a_node_is_not_told_that_none_fits() -> None:
    found = usage(instance("g5.xlarge", MINE), instance("g5.xlarge"), quota=8, pools=({**GPU, "limits": {"nvidia.com/gpu": 1}},))
    assert found.state == "passed"


def test_what_the_quota_itself_does_not_let_through_is_said_once() -> None:
    """By the check vcpu_quotas."""
    assert usage(instance("g5.xlarge"), quota=0).state == "passed"
    assert usage(instance("g5.xlarge"), quota=31).state == "passed"


def test_another_market_is_another_quota() -> None:
    assert usage(*[instance("g5.xlarge", InstanceLifecycle="spot")] * 8).state == "passed"


def test_a_quota_in_the_place_of_another_has_what_counts_against_both() -> None:
    pool = {"name": "p5", "instance_families": ["p5"], "capacity_types": ["spot"], "limits": {"nvidia.com/gpu": 8}}
    others = instance("p4d.24xlarge", InstanceLifecycle="spot")
    assert usage(others, quota=192, pools=(pool,), code=P5_SPOT, code_in_effect=P_SPOT).state == "warning"
    assert usage(others, quota=192, pools=(pool,), code=P5_SPOT).state == "passed"


def test_a_pool_without_limits_is_told_of_its_first_instance_only() -> None:
    pool = {"name": "cpu", "instance_categories": ["m"]}
    assert usage(instance("m5.large"), quota=3, pools=(pool,), code="L-1216C47A").state == "passed"
    assert usage(instance("m5.large"), quota=2, pools=(pool,), code="L-1216C47A").state == "warning"


def test_without_the_right_to_look_the_quotas_are_still_checked() -> None:
    from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import Facts, outcome_of

    from tests.unit.plugins.module_utils.preflight.preflight_objects import VALUES, the_check

    values = {**VALUES, "quotas": {G: {"name": "vCPUs", "value": 0, "code": G}}}
    facts = Facts({name: value for name, value in values.items() if name != "instances"}, {"instances": "no right"})
    states = {name: outcome_of(the_check(name), a_plan(GPU, CPU | {"capacity_types": ["reserved"]}), facts).state for name in CHECKS}
    assert states == {"vcpu_quotas": "error", "vcpu_usage": "not_checked"}


CHECKS = ("vcpu_quotas", "vcpu_usage")
