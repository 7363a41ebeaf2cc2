"""Plans and facts for the tests of the preflight: a cluster on which nothing is wrong, and what differs from it."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import Check, Facts, Outcome, outcome_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan, plan_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import CHECKS
from ansible_collections.accelerated.nodes.plugins.modules.preflight_info import ARGUMENTS

DEFAULTS = {name: option.get("default") for name, option in ARGUMENTS.items()}
GPU = {"name": "gpu", "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 8}}
NEURON = {"name": "neuron", "instance_types": ["trn1.2xlarge"], "limits": {"aws.amazon.com/neuron": 2}}
CPU = {"name": "cpu", "instance_families": ["c5", "m5"], "limits": {"cpu": 64}}
VPC = "vpc-1"
ARN = "arn:aws:eks:us-west-2:111122223333:cluster/demo"
CLUSTER = {
    "name": "demo",
    "arn": ARN,
    "status": "ACTIVE",
    "version": "1.36",
    "authentication_mode": "API_AND_CONFIG_MAP",
    "endpoint": "https://ABC.gr7.us-west-2.eks.amazonaws.com",
    "auto_mode": False,
    "vpc_id": VPC,
    "subnets": [{"subnet_id": "subnet-a", "public": False}, {"subnet_id": "subnet-p", "public": True}],
    "security_group_ids": [],
    "cluster_security_group_id": "sg-1",
}


def a_plan(*pools: dict[str, Any], **options: Any) -> Plan:
    """The plan of a module's options."""
    named = {"cluster_name": "demo", "karpenter_version": "1.14.3", "interruption_queue": "demo", "node_role": "nodes"}
    return plan_of({**DEFAULTS, **named, "node_pools": list(pools), **options}, "us-west-2")


def a_subnet(name: str = "subnet-a", zone: str = "us-west-2a", free: int = 1000, vpc: str = VPC, **tags: str) -> dict[str, Any]:
    """One of ``Subnets`` of ec2:DescribeSubnets."""
    listed = [{"Key": key.replace("__", "/"), "Value": value} for key, value in tags.items()]
    return {"SubnetId": name, "AvailabilityZone": zone, "VpcId": vpc, "AvailableIpAddressCount": free, "Tags": listed}


def a_node(name: str, zone: str = "us-west-2a", ready: str = "True", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A Node."""
    marks = {"topology.kubernetes.io/zone": zone, "kubernetes.io/os": "linux", **(labels or {})}
    return {"metadata": {"name": name, "labels": marks}, "spec": spec, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


VALUES: dict[str, Any] = {
    "cluster": CLUSTER,
    "server": {"host": "https://abc.gr7.us-west-2.eks.amazonaws.com:443", "version": "1.36.3", "problem": ""},
    "nodes": [a_node("one"), a_node("two", "us-west-2b")],
    "objects": [],
    "node_classes": {},
    "route_tables": [
        {
            "Associations": [{"Main": True}],
            "Routes": [{"DestinationCidrBlock": "10.0.0.0/16"}, {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}],
        }
    ],
    "subnets": [a_subnet(), a_subnet("subnet-p", "us-west-2b")],
    "security_groups": [{"GroupId": "sg-1", "GroupName": "cluster", "VpcId": VPC}],
    "endpoints": [],
    "offerings": {"us-west-2a": ["g5.xlarge", "g5.48xlarge", "m5.large", "c5.large", "trn1.2xlarge"], "us-west-2b": ["m5.large"]},
    "quotas": {},
    "instances": [],
    "spot_role": True,
    "simulation": [],
}


def facts(**values: Any) -> Facts:
    """Those of the cluster on which nothing is wrong, with what differs."""
    return Facts({**VALUES, **values})


def the_check(name: str) -> Check:
    """The row of that name."""
    return next(check for check in CHECKS if check.name == name)


def outcome(name: str, plan: Plan, **values: Any) -> Outcome:
    """What the check makes of the plan and the facts."""
    return outcome_of(the_check(name), plan, facts(**values))


def only(found: Outcome) -> tuple[str, str, str, str]:
    """The one finding, without its severity's name twice: state, what, where, next step."""
    (finding,) = found.findings
    assert found.state == finding.severity
    return found.state, finding.what, finding.where, finding.next_step
