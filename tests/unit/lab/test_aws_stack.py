"""A CloudFormation stack's whole life against the lab's AWS."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.aws import interruption
from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]

BODY = (Path(__file__).parent / "aws_stack.yml").read_text(encoding="utf-8")
NAME = "accelerated-nodes-lab"
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


def parameters(**more: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in {"ClusterName": "lab", **more}.items()]


def propose(account: Emulated, name: str, body: str, **more: str) -> dict[str, Any]:
    cfn = account.client("cloudformation")
    made = cfn.create_change_set(
        StackName=NAME, ChangeSetName=name, TemplateBody=body, Parameters=parameters(**more), Capabilities=CAPABILITIES
    )
    found: dict[str, Any] = cfn.describe_change_set(ChangeSetName=made["Id"])
    cfn.delete_change_set(ChangeSetName=made["Id"])
    return found


@pytest.fixture
def stack(account: Emulated) -> Any:
    cfn = account.client("cloudformation")
    cfn.create_stack(StackName=NAME, TemplateBody=BODY, Parameters=parameters(), Capabilities=CAPABILITIES, ClientRequestToken="make")
    yield cfn
    cfn.update_termination_protection(StackName=NAME, EnableTerminationProtection=False)
    cfn.delete_stack(StackName=NAME)


def status(cfn: Any) -> str:
    return str(cfn.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"])


def events(cfn: Any, name: str) -> list[dict[str, Any]]:
    return [one for one in cfn.describe_stack_events(StackName=name)["StackEvents"] if one["ResourceStatus"].endswith("FAILED")]


def test_create_makes_every_resource(account: Emulated, stack: Any) -> None:
    assert status(stack) == "CREATE_COMPLETE"
    kinds = {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for one in stack.describe_stack_resources(StackName=NAME)["StackResources"]
    }
    assert len(kinds) == 12
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]}
    assert outputs == {"NodeRoleName": "KarpenterNodeRole-lab", "QueueName": "lab"}
    eks = account.client("eks")
    entry = eks.describe_access_entry(
        clusterName="lab", principalArn=account.client("iam").get_role(RoleName="KarpenterNodeRole-lab")["Role"]["Arn"]
    )
    assert entry["accessEntry"]["type"] == "EC2_LINUX"
    (association,) = eks.list_pod_identity_associations(clusterName="lab")["associations"]
    assert (association["namespace"], association["serviceAccount"]) == ("kube-system", "karpenter")


def test_create_attaches_policies_and_sets_the_queue_policy(account: Emulated, stack: Any) -> None:
    iam, sqs = account.client("iam"), account.client("sqs")
    (attached,) = iam.list_attached_role_policies(RoleName="KarpenterController-lab")["AttachedPolicies"]
    version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Resource"] == "arn:aws:sqs:us-west-2:123456789012:lab"
    attributes = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="lab")["QueueUrl"], AttributeNames=["All"])["Attributes"]
    assert "sqs:SendMessage" in attributes["Policy"]
    assert attributes["MessageRetentionPeriod"] == "300"
    assert len(account.client("events").list_rules()["Rules"]) == 5


def test_spot_warning_reaches_the_queue_as_karpenter_reads_it(account: Emulated, stack: Any) -> None:
    interruption.warn(account.client("events"), "i-0123456789abcdef0", "us-west-2a")
    sqs = account.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="lab")["QueueUrl"])["Messages"]
    body = json.loads(message["Body"])
    assert (body["source"], body["detail-type"]) == ("aws.ec2", "EC2 Spot Instance Interruption Warning")
    assert body["detail"] == {"instance-id": "i-0123456789abcdef0", "instance-action": "terminate"}
    assert body["version"] == "0", "the parser's key"
    assert datetime.fromisoformat(body["time"]).tzinfo is not None


def test_update_without_changes_is_refused(stack: Any) -> None:
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update_stack(StackName=NAME, TemplateBody=BODY + "\n# a comment\n", Parameters=parameters(), Capabilities=CAPABILITIES)


def test_change_set_without_changes_fails_as_empty(account: Emulated, stack: Any) -> None:
    found = propose(account, "none", BODY)
    assert (found["Status"], found["ExecutionStatus"], found["Changes"]) == ("FAILED", "UNAVAILABLE", [])
    assert "didn't contain changes" in found["StatusReason"]


def test_change_set_lists_just_the_change(account: Emulated, stack: Any) -> None:
    found = propose(account, "retention", BODY.replace("MessageRetentionPeriod: 300", "MessageRetentionPeriod: 600"))
    (change,) = [one["ResourceChange"] for one in found["Changes"]]
    assert (change["Action"], change["LogicalResourceId"], change["Replacement"]) == ("Modify", "Queue", "False")
    assert [one["Target"]["Name"] for one in change["Details"]] == ["MessageRetentionPeriod"]


def test_change_set_of_a_parameter_that_a_condition_reads(account: Emulated, stack: Any) -> None:
    found = propose(account, "entry", BODY, AccessEntry="false")
    assert [(one["ResourceChange"]["Action"], one["ResourceChange"]["LogicalResourceId"]) for one in found["Changes"]] == [
        ("Remove", "NodeAccess")
    ]


def test_update_changes_adds_and_removes(account: Emulated, stack: Any) -> None:
    body = BODY.replace("MessageRetentionPeriod: 300", "MessageRetentionPeriod: 600").replace("sqs:ReceiveMessage", "sqs:DeleteMessage")
    stack.update_stack(StackName=NAME, TemplateBody=body, Parameters=parameters(AccessEntry="false"), Capabilities=CAPABILITIES)
    assert status(stack) == "UPDATE_COMPLETE"
    sqs, iam = account.client("sqs"), account.client("iam")
    url = sqs.get_queue_url(QueueName="lab")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["MessageRetentionPeriod"] == "600"
    assert account.client("eks").list_access_entries(clusterName="lab")["accessEntries"] == []
    (attached,) = iam.list_attached_role_policies(RoleName="KarpenterController-lab")["AttachedPolicies"]
    assert iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"] == "v2"


def test_delete_leaves_nothing(account: Emulated, stack: Any) -> None:
    stack.delete_stack(StackName=NAME)
    with pytest.raises(ClientError, match="does not exist"):
        stack.describe_stacks(StackName=NAME)
    roles = {one["RoleName"] for one in account.client("iam").list_roles()["Roles"]}
    assert roles == {"lab-cluster"}
    assert account.client("iam").list_policies(Scope="Local")["Policies"] == []
    assert account.client("eks").list_pod_identity_associations(clusterName="lab")["associations"] == []
    assert "QueueUrls" not in account.client("sqs").list_queues()
    assert account.client("events").list_rules()["Rules"] == []
    stack.create_stack(StackName=NAME, TemplateBody=BODY, Parameters=parameters(), Capabilities=CAPABILITIES)


def test_delete_fails_while_a_role_is_in_an_instance_profile(account: Emulated, stack: Any) -> None:
    iam = account.client("iam")
    iam.create_instance_profile(InstanceProfileName="lab_1")
    iam.add_role_to_instance_profile(InstanceProfileName="lab_1", RoleName="KarpenterNodeRole-lab")
    stack.delete_stack(StackName=NAME, ClientRequestToken="first")
    assert status(stack) == "DELETE_FAILED"
    (failure,) = [one for one in events(stack, NAME) if one["ClientRequestToken"] == "first" and one["LogicalResourceId"] == "NodeRole"]
    assert "must remove roles from instance profile first" in failure["ResourceStatusReason"]
    iam.remove_role_from_instance_profile(InstanceProfileName="lab_1", RoleName="KarpenterNodeRole-lab")
    stack.delete_stack(StackName=NAME)
    assert "KarpenterNodeRole-lab" not in {one["RoleName"] for one in iam.list_roles()["Roles"]}
    stack.create_stack(StackName=NAME, TemplateBody=BODY, Parameters=parameters(), Capabilities=CAPABILITIES)


def test_create_for_an_unknown_cluster_rolls_back(account: Emulated) -> None:
    cfn = account.client("cloudformation")
    cfn.create_stack(StackName="astray", TemplateBody=BODY, Parameters=parameters(ClusterName="nope"), Capabilities=CAPABILITIES)
    assert cfn.describe_stacks(StackName="astray")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "No cluster found for name: nope." in {one["ResourceStatusReason"] for one in events(cfn, "astray")}.pop()
    assert "KarpenterNodeRole-nope" not in {one["RoleName"] for one in account.client("iam").list_roles()["Roles"]}
    cfn.delete_stack(StackName="astray")


def test_update_that_fails_goes_back(account: Emulated, stack: Any) -> None:
    body = BODY.replace("MessageRetentionPeriod: 300", "MessageRetentionPeriod: 600").replace("Type: EC2_LINUX", "Type: EC2_NONSENSE")
    stack.update_stack(StackName=NAME, TemplateBody=body, Parameters=parameters(), Capabilities=CAPABILITIES)
    assert status(stack) == "UPDATE_ROLLBACK_COMPLETE"
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName="lab")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["MessageRetentionPeriod"] == "300"


@pytest.mark.parametrize(
    ("more", "message"),
    [({"AccessEntry": "maybe"}, "AllowedValues"), ({"Typo": "x"}, r"Parameters: \[Typo\] do not exist")],
)
def test_create_refuses_wrong_parameters(account: Emulated, more: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        account.client("cloudformation").create_stack(StackName="wrong", TemplateBody=BODY, Parameters=parameters(**more))


def test_termination_protection_refuses_deletion(stack: Any) -> None:
    stack.update_termination_protection(StackName=NAME, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stack.delete_stack(StackName=NAME)


def test_policy_over_the_quota_is_refused(account: Emulated) -> None:
    body = BODY.replace('"sqs:ReceiveMessage"', ", ".join(f'"sqs:ReceiveMessage{index:0500}"' for index in range(13)))
    cfn = account.client("cloudformation")
    cfn.create_stack(StackName="big", TemplateBody=body, Parameters=parameters(), Capabilities=CAPABILITIES)
    assert "Cannot exceed quota for PolicySize: 6144" in events(cfn, "big")[0]["ResourceStatusReason"]
    cfn.delete_stack(StackName="big")
