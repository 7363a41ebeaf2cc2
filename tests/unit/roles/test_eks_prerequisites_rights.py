"""What a preflight asks of the controller's rights is what the stack allows: in every partition, and nothing of it without its statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._rights import Question, questions

from tests.lab.aws.iam_policies import decision
from tests.unit.plugins.module_utils.preflight.preflight_objects import a_plan
from tests.unit.roles.test_eks_prerequisites_template import NOW, PARTITIONS, VERSIONS, of_type, resources

PLAN = a_plan(node_role="node", interruption_queue="queue")


def policies(version: str, partition: str) -> list[dict[str, Any]]:
    """The documents of the controller's policies, with the names that CloudFormation would fill in."""
    documents = [each["PolicyDocument"] for each in of_type(resources(version, partition=partition), "AWS::IAM::ManagedPolicy").values()]
    region = PARTITIONS[partition]["AWS::Region"]
    text = json.dumps(documents).replace("<NodeRole.Arn>", f"arn:{partition}:iam::123456789012:role/node")
    return json.loads(text.replace("<InterruptionQueue.Arn>", f"arn:{partition}:sqs:{region}:123456789012:queue"))


def asked(partition: str) -> Iterator[tuple[str, Question]]:
    arn = f"arn:{partition}:eks:{PARTITIONS[partition]['AWS::Region']}:123456789012:cluster/demo"
    return ((action, each) for each in questions(PLAN, arn) for action in each.actions)


def denied(documents: list[dict[str, Any]], partition: str) -> list[str]:
    def decided(action: str, each: Question) -> str:
        return decision(documents, action, each.resource, {key: [value] for key, value in each.context.items()})

    return [action for action, each in asked(partition) if decided(action, each) != "allowed"]


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_stack_allows_all_that_is_asked(version: str, partition: str) -> None:
    assert denied(policies(version, partition), partition) == []


@pytest.mark.parametrize("action", sorted({action for action, _question in asked("aws")}))
def test_an_action_that_is_taken_away_is_found(action: str) -> None:
    documents = policies(NOW, "aws")
    for document in documents:
        for statement in document["Statement"]:
            given = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            statement["Action"] = [each for each in given if each != action]
    assert set(denied(documents, "aws")) == {action}
