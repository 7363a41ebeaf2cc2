"""What CloudFormation says of a stack, in the user's words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._stack import refused_credentials, stack_changes, stack_failure

EXPIRED = (
    "An error occurred (ExpiredToken) when calling the DescribeStacks operation: The security token included in the request is expired"
)


def change(action: str, kind: str, name: str, *touched: str, **more: Any) -> dict[str, Any]:
    """One of ``Changes``, in the fields of
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
    """
    details = [{"Target": {"Attribute": "Properties", "Name": each}} for each in touched]
    return {
        "Type": "Resource",
        "ResourceChange": {"Action": action, "ResourceType": kind, "LogicalResourceId": name, "Details": details, **more},
    }


def failure(**result: Any) -> str:
    return stack_failure(result, "demo", "us-west-2")


def test_changes_name_what_is_touched_and_what_becomes_of_it() -> None:
    policy = change(
        "Modify",
        "AWS::IAM::ManagedPolicy",
        "NodeLifecyclePolicy",
        "PolicyDocument",
        "PolicyDocument",
        Replacement="False",
        PhysicalResourceId="arn:p",
    )
    assert stack_changes(
        [policy, change("Add", "AWS::Events::Rule", "Rule"), change("Remove", "AWS::IAM::Role", "Role", PhysicalResourceId="r")]
    ) == [
        "Modify AWS::IAM::ManagedPolicy NodeLifecyclePolicy (arn:p): PolicyDocument.",
        "Add AWS::Events::Rule Rule.",
        "Remove AWS::IAM::Role Role (r).",
    ]


@pytest.mark.parametrize(
    ("replacement", "says"),
    [("True", "QueueName; it is replaced: a new one is made"), ("Conditional", "QueueName; it may be replaced"), ("False", "QueueName.")],
)
def test_changes_tell_a_replacement(replacement: str, says: str) -> None:
    (sentence,) = stack_changes([change("Modify", "AWS::SQS::Queue", "Queue", "QueueName", Replacement=replacement)])
    assert says in sentence


def test_changes_of_what_is_no_property() -> None:
    tags = {
        "ResourceChange": {
            "Action": "Modify",
            "ResourceType": "T",
            "LogicalResourceId": "L",
            "Details": [{"Target": {"Attribute": "Tags"}}],
        }
    }
    bare = {"ResourceChange": {"Action": "Modify", "ResourceType": "T", "LogicalResourceId": "L"}}
    assert stack_changes([tags, bare]) == ["Modify T L: Tags.", "Modify T L: what it refers to."]


@pytest.mark.parametrize("meta", ["The submitted information didn't contain changes.", [], None, [{"Type": "Hook"}]])
def test_changes_are_none_where_nothing_of_a_resource_changes(meta: Any) -> None:
    assert stack_changes(meta) == []


def test_failure_gives_causes_and_not_what_they_took_along() -> None:
    log = [
        "AWS::SQS::Queue InterruptionQueue CREATE_FAILED: Resource creation cancelled",
        "AWS::IAM::Role NodeRole CREATE_FAILED: nodes already exists",
    ]
    assert failure(log=log) == (
        "Stack 'demo' (eks_prerequisites_stack_name) in region 'us-west-2' could not be changed: AWS::IAM::Role NodeRole CREATE_FAILED: nodes already"
        " exists. Remove that cause and run this again."
    )


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "Failed to create stack demo: no rights."}, "Failed to create stack demo: no rights. Remove"),
        ({"output": "Stack Not Found"}, "Stack Not Found. Remove"),
        ({"log": ["X CREATE_FAILED: Resource creation cancelled"]}, "Resource creation cancelled. Remove"),
        ({}, "no reason was given. Remove"),
    ],
)
def test_failure_without_events_gives_what_there_is(result: dict[str, Any], reason: str) -> None:
    assert reason in failure(**result)


# amazon.aws' own words: while it waits for the stack, the error is in the log, and then its next request fails.
@pytest.mark.parametrize("result", [{"msg": f"Failed to describe stack: {EXPIRED}"}, {"log": [f"Unknown error: {EXPIRED}"]}])
def test_failure_of_credentials_that_expire_says_that_nothing_is_lost(result: dict[str, Any]) -> None:
    said = failure(**result)
    assert said.startswith(
        "Stack 'demo' (eks_prerequisites_stack_name) in region 'us-west-2': AWS refused the credentials (ExpiredToken): "
    )
    assert "AWS_PROFILE" in said
    assert said.endswith("What was begun is not lost: CloudFormation goes on with it by itself. Run this again, and it goes on from there.")


@pytest.mark.parametrize("text", ["AccessDenied", "the ExpiredTokenizer", "ThrottlingException"])
def test_other_errors_are_no_refused_credentials(text: str) -> None:
    assert refused_credentials(text) == ""
