"""What a template comes to, in which order, and what changes: the pure half of the lab's CloudFormation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.aws.cloudformation.changes import compare
from tests.lab.aws.cloudformation.document import parse
from tests.lab.aws.cloudformation.effective import effective, parameter_values, pseudo_parameters
from tests.lab.aws.cloudformation.intrinsics import Known, resolve
from tests.lab.aws.cloudformation.order import creation_order

TEMPLATE = """
Parameters:
  Name: {Type: String, AllowedPattern: "[a-z]+"}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Mode: {Type: String, Default: pod}
Mappings: {Sizes: {small: {Count: "1"}}}
Conditions:
  Pod: !Equals [!Ref Mode, pod]
  NotPod: !Not [!Condition Pod]
  Both: !And [!Condition Pod, !Equals [!Ref Name, lab]]
Resources:
  Role:
    Type: T
    Condition: Pod
    Properties:
      Name: !Sub "${Name}-${AWS::Region}-${!Literal}-${Queue.Arn}"
      Version: 2012-10-17
      Names: !Ref Names
      Count: !FindInMap [Sizes, small, Count]
      Both: !If [Both, "yes", !Ref "AWS::NoValue"]
      Path: !If [NotPod, /x/, !Ref "AWS::NoValue"]
      Arn: !Join [":", [arn, !Ref "AWS::Partition", !Select [1, !Split ["/", "a/b"]]]]
  Queue: {Type: Q}
  Never: {Type: N, Condition: NotPod}
"""


def plan(region: str = "us-west-2", **given: str) -> dict[str, Any]:
    template = parse(TEMPLATE)
    pseudo = pseudo_parameters(account="1", region=region, stack_id="id", stack_name="stack")
    return effective(template, parameter_values(template, {"Name": "lab", **given}), pseudo)


def test_effective_puts_in_what_is_known() -> None:
    resources = plan()["Resources"]
    assert set(resources) == {"Role", "Queue"}
    assert resources["Role"]["Properties"] == {
        "Name": {"Fn::Sub": "lab-us-west-2-${!Literal}-${Queue.Arn}"},
        "Version": "2012-10-17",
        "Names": ["a", "b"],
        "Count": "1",
        "Both": "yes",
        "Arn": "arn:aws:b",
    }


def test_effective_follows_partition_and_condition() -> None:
    resources = plan("cn-north-1", Mode="irsa")["Resources"]
    assert set(resources) == {"Queue", "Never"}
    assert plan("cn-north-1")["Resources"]["Role"]["Properties"]["Arn"] == "arn:aws-cn:b"


def test_resolve_finishes_what_effective_left() -> None:
    known = Known(attributes=lambda name, attribute: f"{name}:{attribute}")
    assert resolve(plan()["Resources"]["Role"]["Properties"]["Name"], known) == "lab-us-west-2-${Literal}-Queue:Arn"


def test_creation_order_puts_the_referred_first() -> None:
    resources = {
        "A": {"Properties": {"X": {"Fn::Sub": "${B.Arn}"}}},
        "B": {"DependsOn": "C"},
        "C": {"Properties": {"X": [{"Ref": "D"}]}},
        "D": {},
    }
    assert creation_order(resources) == ["D", "C", "B", "A"]


def test_creation_order_refuses_a_circle() -> None:
    with pytest.raises(ValueError, match="Circular dependency"):
        creation_order({"A": {"DependsOn": ["B"]}, "B": {"DependsOn": ["A"]}})


def test_compare_lists_added_modified_and_removed() -> None:
    old = {"Same": {"Type": "S"}, "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a"}}, "Gone": {"Type": "G"}}
    new = {"Same": {"Type": "S"}, "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "b"}}, "New": {"Type": "N"}}
    changes = compare(old, new)
    assert [(one.action, one.logical_id) for one in changes] == [("Add", "New"), ("Modify", "Role"), ("Remove", "Gone")]
    assert changes[1].replaces


@pytest.mark.parametrize("body", ["{", "Resources: {", "Parameters: {}"])
def test_parse_refuses_what_is_no_template(body: str) -> None:
    with pytest.raises(ValueError, match="Template format error"):
        parse(body)
