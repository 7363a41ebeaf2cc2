"""Of modules/iam_service_linked_role.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError
from ansible_collections.accelerated.nodes.plugins.modules.iam_service_linked_role import ensure_role
from botocore.stub import Stubber

SPOT = "spot.amazonaws.com"
ROLE = {
    "Path": f"/aws-service-role/{SPOT}/",
    "RoleName": "AWSServiceRoleForEC2Spot",
    "RoleId": "AROA1234567890EXAMPLE",
    "Arn": f"arn:aws:iam::123456789012:role/aws-service-role/{SPOT}/AWSServiceRoleForEC2Spot",
    "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
}


@pytest.fixture
def iam():
    client = boto3.client("iam", region_name="us-west-2", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    with Stubber(client) as stubber:
        client.stubber = stubber
        yield client
        stubber.assert_no_pending_responses()


def listed(iam, *roles):
    iam.stubber.add_response("list_roles", {"Roles": list(roles)}, {"PathPrefix": f"/aws-service-role/{SPOT}/"})


def test_ensure_role_that_is_there_changes_nothing(iam):
    listed(iam, ROLE)
    outcome = ensure_role(iam, SPOT, check_mode=False)
    assert (outcome["changed"], outcome["role_arn"]) == (False, ROLE["Arn"])
    assert outcome["diff"]["before"] == outcome["diff"]["after"]


def test_ensure_role_that_is_missing_creates_it(iam):
    listed(iam)
    iam.stubber.add_response("create_service_linked_role", {"Role": ROLE}, {"AWSServiceName": SPOT})
    outcome = ensure_role(iam, SPOT, check_mode=False)
    assert (outcome["changed"], outcome["role_name"]) == (True, "AWSServiceRoleForEC2Spot")
    assert outcome["diff"]["before"] == {"role": None}


def test_ensure_role_in_check_mode_creates_nothing(iam):
    listed(iam)
    outcome = ensure_role(iam, SPOT, check_mode=True)
    assert (outcome["changed"], outcome["role_arn"]) == (True, None)


def test_ensure_role_made_meanwhile_by_another_host(iam):
    listed(iam)
    iam.stubber.add_client_error("create_service_linked_role", "InvalidInput", "Service role name has been taken in this account")
    listed(iam, ROLE)
    assert ensure_role(iam, SPOT, check_mode=False)["changed"] is False


def test_ensure_role_refused_says_which_right_is_missing(iam):
    listed(iam)
    iam.stubber.add_client_error("create_service_linked_role", "AccessDenied", "not authorized")
    listed(iam)
    with pytest.raises(AwsError, match="lack the right to iam:CreateServiceLinkedRole"):
        ensure_role(iam, SPOT, check_mode=False)
