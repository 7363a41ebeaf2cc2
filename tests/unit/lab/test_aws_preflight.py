"""What the lab's AWS answers a preflight: quotas, and the simulation of a role's policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.aws.iam_policies import decision
from tests.lab.nodes import faults
from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]

TAG = "aws:RequestTag/team"
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Action": ["ec2:RunInstances", "ec2:Describe*"], "Resource": "arn:aws:ec2:*:*:instance/*"},
        {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringEquals": {TAG: ["a", "b"]}}},
        {"Effect": "Allow", "Action": "ec2:CreateFleet", "Resource": "*", "Condition": {"StringLike": {TAG: "*"}}},
        {
            "Effect": "Allow",
            "Action": "ec2:DeleteTags",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
        },
        {"Effect": "Deny", "Action": "ec2:DescribeImages", "Resource": "*"},
    ]
}
INSTANCE = "arn:aws:ec2:us-west-2:1:instance/i-1"


@pytest.mark.parametrize(
    ("action", "resource", "context", "wanted"),
    [
        ("ec2:RunInstances", INSTANCE, {}, "allowed"),
        ("ec2:runinstances", INSTANCE, {}, "allowed"),
        ("ec2:RunInstances", "arn:aws:ec2:us-west-2:1:subnet/s", {}, "implicitDeny"),
        ("ec2:DescribeSubnets", INSTANCE, {}, "allowed"),
        ("ec2:DescribeImages", INSTANCE, {}, "explicitDeny"),
        ("ec2:CreateTags", "*", {}, "implicitDeny"),
        ("ec2:CreateTags", "*", {TAG: ["b"]}, "allowed"),
        ("ec2:CreateTags", "*", {TAG: ["c"]}, "implicitDeny"),
        ("ec2:CreateFleet", "*", {TAG: ["anything"]}, "allowed"),
        ("ec2:DeleteTags", "*", {}, "allowed"),
        ("ec2:DeleteTags", "*", {"aws:TagKeys": ["a", "b"]}, "implicitDeny"),
        ("sqs:ReceiveMessage", "*", {}, "implicitDeny"),
    ],
)
def test_policies_decide_as_iam_does(action: str, resource: str, context: dict[str, list[str]], wanted: str) -> None:
    assert decision([POLICY], action, resource, context) == wanted


def test_a_condition_that_is_not_known_is_not_passed_over() -> None:
    unknown = {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}
    with pytest.raises(NotImplementedError, match="IpAddress"):
        decision([unknown], "ec2:RunInstances", "*", {})


def test_simulation_of_an_unknown_role(account: Emulated) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        account.client("iam").simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/nobody", ActionNames=["ec2:RunInstances"]
        )


@pytest.fixture
def lab_dir(account: Emulated) -> Iterator[Path]:
    """Where the account's faults are set; none is left."""
    directory = account.emulator.state.directory
    yield directory
    faults.clear_fault(lab_dir=directory)


def quota(account: Emulated, code: str) -> dict[str, Any]:
    return account.client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]


def test_quotas_have_ec2_s_names(account: Emulated) -> None:
    assert quota(account, "L-DB2E81BA")["QuotaName"] == "Running On-Demand G and VT instances"
    assert quota(account, "L-DB2E81BA")["Value"] > 0
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quota(account, "L-00000000")


@pytest.mark.parametrize(("fault", "code", "other"), [("quota", "L-DB2E81BA", "L-3819A6DF"), ("spot-quota", "L-3819A6DF", "L-DB2E81BA")])
def test_a_fault_that_refuses_launches_for_a_quota_shows_in_it(account: Emulated, lab_dir: Path, fault: str, code: str, other: str) -> None:
    faults.set_fault(fault, {}, lab_dir)
    assert quota(account, code)["Value"] == 0
    assert quota(account, other)["Value"] > 0


def test_a_way_out_leads_past_a_public_subnet(account: Emulated) -> None:
    ec2 = account.client("ec2")
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [account.facts["vpc_id"]]}])["RouteTables"]
    (main,) = [each for each in tables if any(one.get("Main") for one in each["Associations"])]
    assert any(route.get("NatGatewayId") for route in main["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0")
