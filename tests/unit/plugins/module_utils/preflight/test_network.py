"""Of module_utils/preflight/_network.py."""

from __future__ import annotations

import pytest

from tests.unit.plugins.module_utils.preflight.preflight_objects import CLUSTER, CPU, GPU, VPC, a_plan, a_subnet, only, outcome

TAG = {"karpenter.sh__discovery": "demo"}
ELSEWHERE = [{"tags": {"Name": "nowhere"}}]
NO_WAY_OUT = [{"Associations": [{"Main": True}], "Routes": [{"DestinationCidrBlock": "10.0.0.0/16"}]}]
SERVICES = ("ec2", "ecr.api", "ecr.dkr", "s3", "sts", "ssm", "sqs", "eks", "eks-auth")


def an_endpoint(service: str, **fields: object) -> dict:
    return {
        "ServiceName": f"com.amazonaws.us-west-2.{service}",
        "VpcEndpointType": "Interface",
        "State": "available",
        "PrivateDnsEnabled": True,
        **fields,
    }


def test_subnets_that_the_install_tags_count_as_tagged():
    assert outcome("subnets", a_plan(GPU)).saw == "1 subnets, 1000 free addresses"
    assert outcome("subnets", a_plan(GPU, subnet_ids=["subnet-a", "subnet-p"])).saw.startswith("2 subnets")


def test_without_the_role_s_tags_only_those_that_are_there_count():
    plan = a_plan(GPU, CPU, discovery_tags=False)
    state, what, where, _step = only(outcome("subnets", plan, subnets=[a_subnet(**{"karpenter.sh__discovery": "other"})]))
    assert (state, where) == ("error", "node pool gpu, cpu")
    assert "No subnet in us-west-2 matches 'karpenter.sh/discovery=demo'" in what and "has the values other there" in what
    assert outcome("subnets", plan, subnets=[a_subnet()]).state == "error"
    assert outcome("subnets", plan, subnets=[a_subnet(**TAG)]).state == "passed"


@pytest.mark.parametrize(
    ("terms", "state"),
    [
        ([{"tags": {"Name": "*"}}], "passed"),
        ([{"tags": {"Name": "a"}}], "passed"),
        ([{"tags": {"Name": "b"}}], "error"),
        ([{"id": "subnet-x"}, {"id": "subnet-a"}], "passed"),
        ([{"tags": {"Name": "a", "Tier": "private"}}], "error"),
    ],
)
def test_selector_terms_match_as_karpenter_has_it(terms, state):
    assert outcome("subnets", a_plan({**GPU, "subnet_selector": terms}), subnets=[a_subnet(Name="a")]).state == state


def test_zones_of_the_pool_count():
    assert "zones us-west-2c" in only(outcome("subnets", a_plan({**GPU, "zones": ["us-west-2c"]})))[1]


def test_a_subnet_of_another_vpc():
    assert "another VPC" in only(outcome("subnets", a_plan(GPU, discovery_tags=False), subnets=[a_subnet(vpc="vpc-2", **TAG)]))[1]


def test_addresses_run_out():
    full, half = a_subnet("subnet-b", free=3, **TAG), a_subnet(**TAG)
    plan = a_plan(GPU, discovery_tags=False)
    state, what, _where, _step = only(outcome("subnets", plan, subnets=[full, half]))
    assert state == "warning" and "subnet-b (3 in us-west-2a)" in what
    assert outcome("subnets", plan, subnets=[full]).state == "error"


def test_a_class_that_the_pool_only_uses():
    plan = a_plan({"name": "gpu", "node_class": "mine", "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 1}})
    assert "EC2NodeClass mine" in only(outcome("subnets", plan))[1]
    spec = {"subnetSelectorTerms": [{"id": "subnet-a"}], "securityGroupSelectorTerms": [{"name": "cluster"}]}
    assert outcome("subnets", plan, node_classes={"EC2NodeClass/mine": spec}).state == "passed"
    assert outcome("security_groups", plan, node_classes={"EC2NodeClass/mine": spec}).state == "passed"


def test_security_groups():
    assert outcome("security_groups", a_plan(GPU)).saw == "1 security groups"
    state, what, _where, step = only(outcome("security_groups", a_plan(GPU, discovery_tags=False)))
    assert state == "error" and "No security group" in what and "sg-1" in step
    other = {"GroupId": "sg-2", "GroupName": "maker's", "VpcId": VPC}
    older = {**CLUSTER, "cluster_security_group_id": None, "security_group_ids": ["sg-2"]}
    assert outcome("security_groups", a_plan(GPU), security_groups=[other], cluster=older).saw == "1 security groups"
    assert outcome("security_groups", a_plan(GPU, security_group_ids=["sg-2"]), security_groups=[other]).saw == "1 security groups"
    foreign = [{"GroupId": "sg-1", "GroupName": "cluster", "VpcId": "vpc-2"}]
    assert "another VPC" in only(outcome("security_groups", a_plan(GPU), security_groups=foreign))[1]


def test_endpoints_do_not_matter_where_there_is_a_way_out():
    assert outcome("endpoints", a_plan(GPU)).state == "passed"


def test_an_isolated_vpc_needs_its_endpoints():
    plan = a_plan(GPU, isolated_vpc=True)
    there = [an_endpoint(each) for each in SERVICES]
    assert outcome("endpoints", plan, route_tables=NO_WAY_OUT, endpoints=there).state == "passed"
    state, what, where, _step = only(outcome("endpoints", plan, route_tables=NO_WAY_OUT, endpoints=there[2:]))
    assert (state, where) == ("error", f"VPC {VPC}")
    assert "ec2 (" in what and "ecr.api (" in what and "ecr.dkr" not in what


def test_endpoints_that_are_not_used_are_not_missed():
    plan = a_plan(GPU, isolated_vpc=True, interruption_queue="", pod_identity=False)
    there = [an_endpoint(each) for each in SERVICES if each not in ("sqs", "eks-auth")]
    assert outcome("endpoints", plan, endpoints=there).state == "passed"


def test_an_endpoint_that_is_not_available_or_has_no_private_name():
    plan = a_plan(GPU, isolated_vpc=True)
    there = [an_endpoint(each) for each in SERVICES[1:]]
    assert "ec2 (" in only(outcome("endpoints", plan, endpoints=[*there, an_endpoint("ec2", State="failed")]))[1]
    state, what, _where, _step = only(outcome("endpoints", plan, endpoints=[*there, an_endpoint("ec2", PrivateDnsEnabled=False)]))
    assert state == "warning" and "Private DNS is off for the endpoints ec2" in what


def test_a_vpc_that_is_isolated_and_not_called_so():
    found = outcome("endpoints", a_plan(GPU), route_tables=NO_WAY_OUT)
    assert found.state == "warning"
    assert "subnet-a have no route out" in found.findings[0].what and "missing" in found.findings[1].what


def test_a_subnet_s_own_table_counts_before_the_main_one():
    own = {
        "Associations": [{"SubnetId": "subnet-a"}],
        "Routes": [{"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}],
    }
    assert outcome("endpoints", a_plan(GPU), route_tables=[*NO_WAY_OUT, own]).state == "passed"


def test_endpoints_of_china():
    plan = a_plan(GPU, isolated_vpc=True)
    there = [an_endpoint(each, ServiceName=f"cn.com.amazonaws.us-west-2.{each}") for each in SERVICES]
    assert outcome("endpoints", plan, endpoints=there, cluster=CLUSTER).state == "passed"


def test_classes_of_auto_mode_are_told_apart():
    """The built-in class is called default, and is no EC2NodeClass."""
    plan = a_plan({**GPU, "auto_mode": True})
    assert "NodeClass default, which the pool uses" in only(outcome("subnets", plan))[1]
    built_in = {"subnetSelectorTerms": [{"id": "subnet-a"}], "securityGroupSelectorTerms": [{"id": "sg-1"}]}
    assert outcome("subnets", plan, node_classes={"NodeClass/default": built_in}).state == "passed"
    assert outcome("subnets", plan, node_classes={"EC2NodeClass/default": built_in}).state == "error"
    own = a_plan({**GPU, "auto_mode": True, "node_role": "auto", "subnet_selector": [{"id": "subnet-a"}]})
    assert outcome("subnets", own).state == "passed"
