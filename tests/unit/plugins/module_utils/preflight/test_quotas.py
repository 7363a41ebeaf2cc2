"""Of module_utils/preflight/_quotas.py."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import INSTANCE_TYPES
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._quotas import needs, quota_of

from tests.unit.plugins.module_utils.preflight.preflight_objects import CPU, GPU, NEURON, a_plan, only, outcome

G, G_SPOT, STANDARD, TRN = "L-DB2E81BA", "L-3819A6DF", "L-1216C47A", "L-2C3B7624"


def quotas(**values: float) -> dict:
    return {code.replace("_", "-"): {"name": "vCPUs", "value": value} for code, value in values.items()}


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("g5.xlarge", "G and VT"),
        ("gr6.4xlarge", "G and VT"),
        ("vt1.3xlarge", "G and VT"),
        ("p5en.48xlarge", "P"),
        ("inf2.xlarge", "Inf"),
        ("i4i.large", "Standard (A, C, D, H, I, M, R, T, Z)"),
        ("trn1n.32xlarge", "Trn"),
        ("t3.large", "Standard (A, C, D, H, I, M, R, T, Z)"),
        ("dl1.24xlarge", "DL"),
        ("d3.xlarge", "Standard (A, C, D, H, I, M, R, T, Z)"),
        ("hpc7a.12xlarge", "HPC"),
        ("h1.2xlarge", "Standard (A, C, D, H, I, M, R, T, Z)"),
        ("u-6tb1.metal", "High Memory"),
        ("x2idn.metal", "X"),
    ],
)
def test_families_have_their_quota(name, families):
    assert quota_of(name).families == families


@pytest.mark.parametrize(
    ("name", "code"), [("p4d.24xlarge", "L-7212CCBC"), ("p5en.48xlarge", "L-C4BD4855"), ("p6-b200.48xlarge", "L-C4BD4855")]
)
def test_spot_of_p_has_two_quotas(name, code):
    assert quota_of(name).spot == code
    assert quota_of("p50.xlarge").spot == "L-7212CCBC"


def test_every_accelerated_type_has_a_quota():
    assert [name for name in INSTANCE_TYPES if quota_of(name) is None] == []


def test_what_pools_need():
    gpu, cpu, neuron = needs(a_plan(GPU, CPU, NEURON))
    # The fewest vCPUs for eight GPUs: eight times a g5.xlarge, which has four for its one.
    assert (gpu.code, gpu.smallest, gpu.whole) == (G, 4, 32)
    assert (cpu.code, cpu.whole) == (STANDARD, 64)
    assert (neuron.code, neuron.smallest, neuron.whole) == (TRN, 8, 16)


def test_the_lower_of_two_limits_counts():
    (need,) = needs(a_plan({**GPU, "limits": {"nvidia.com/gpu": 8, "cpu": "10"}}))
    assert need.whole == 10


def test_enough_is_enough():
    found = outcome("vcpu_quotas", a_plan(GPU), quotas=quotas(L_DB2E81BA=32))
    assert (found.state, found.saw) == ("passed", "vCPUs: G and VT on-demand 32")


def test_a_quota_of_nothing_is_an_error():
    state, what, where, step = only(outcome("vcpu_quotas", a_plan(GPU), quotas=quotas(L_DB2E81BA=0)))
    assert (state, where) == ("error", "node pool gpu")
    assert "(L-DB2E81BA) is 0 vCPUs" in what and "smallest on-demand instance has 4" in what
    assert "--quota-code L-DB2E81BA --desired-value 32" in step


def test_another_capacity_type_that_fits_makes_it_a_warning():
    both = {**GPU, "capacity_types": ["spot", "on-demand"]}
    state, what, _where, _step = only(outcome("vcpu_quotas", a_plan(both), quotas=quotas(L_DB2E81BA=32, L_3819A6DF=0)))
    assert state == "warning" and "spot instance has 4" in what
    found = outcome("vcpu_quotas", a_plan(both), quotas=quotas(L_DB2E81BA=0, L_3819A6DF=0))
    assert [each.severity for each in found.findings] == ["error", "error"]


def test_pools_share_a_quota():
    other = {**GPU, "name": "other"}
    assert outcome("vcpu_quotas", a_plan(GPU, other), quotas=quotas(L_DB2E81BA=64)).state == "passed"
    state, what, where, _step = only(outcome("vcpu_quotas", a_plan(GPU, other), quotas=quotas(L_DB2E81BA=63)))
    assert (state, where) == ("warning", "node pool gpu, other")
    assert "is 63 vCPUs, and the pools' limits allow for 64" in what


def test_reserved_capacity_asks_for_no_quota():
    assert needs(a_plan({**GPU, "capacity_types": ["reserved"]})) == []
    assert outcome("vcpu_quotas", a_plan({**GPU, "capacity_types": ["reserved"]})).saw == "vCPUs: none needed"


def test_a_category_without_limit():
    (need,) = needs(a_plan({"name": "cpu", "instance_categories": ["m"]}))
    assert (need.code, need.whole) == (STANDARD, None)


def test_spot_role():
    spot = {**GPU, "capacity_types": ["spot"]}
    assert outcome("spot_role", a_plan(GPU), spot_role=False).state == "passed"
    assert outcome("spot_role", a_plan(spot), spot_role=True).saw == "there"
    assert outcome("spot_role", a_plan(spot), spot_role=False).saw == "made by the install"
    state, what, where, step = only(outcome("spot_role", a_plan(spot, spot_role=False), spot_role=False))
    assert (state, where) == ("error", "node pool gpu") and "AWSServiceRoleForEC2Spot" in what and "create-service-linked-role" in step


def test_a_quota_that_is_not_known_is_not_called_good():
    pool = {"name": "mac", "instance_families": ["hpc7a"], "capacity_types": ["spot", "on-demand"]}
    state, what, where, _step = only(outcome("vcpu_quotas", a_plan(pool), quotas=quotas(L_F7808C92=768)))
    assert (state, where) == ("not_checked", "node pool mac") and "spot, is not known" in what


def test_numbers_are_written_as_a_command_takes_them():
    found = outcome("vcpu_quotas", a_plan({**CPU, "limits": {"cpu": "2k"}}), quotas=quotas(L_1216C47A=1000000))
    assert found.saw == "vCPUs: Standard on-demand 1000000"
    assert "--desired-value 2000`" in only(outcome("vcpu_quotas", a_plan({**CPU, "limits": {"cpu": "2k"}}), quotas=quotas(L_1216C47A=5)))[3]


def test_a_fixed_number_of_nodes_needs_their_vcpus():
    static = {"name": "static", "instance_types": ["g5.xlarge"], "replicas": 3}
    assert needs(a_plan({**static, "limits": {"nodes": 5, "nvidia.com/gpu": 9}}))[0].whole == 20
    assert needs(a_plan({**static, "limits": {"nvidia.com/gpu": 99}}))[0].whole == 12


def test_shared_gpus_count_once():
    (need,) = needs(a_plan({**GPU, "gpu_shares": 4}))
    assert need.whole == 8
