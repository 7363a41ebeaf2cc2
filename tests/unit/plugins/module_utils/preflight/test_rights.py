"""Of module_utils/preflight/_rights.py."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._rights import questions

from tests.unit.plugins.module_utils.preflight.preflight_objects import ARN, GPU, a_plan, only, outcome

RUN = {"EvalActionName": "ec2:RunInstances", "EvalResourceName": "arn:aws:ec2:us-west-2:111122223333:instance/*"}
PASS = {"EvalActionName": "iam:PassRole", "EvalResourceName": "arn:aws:iam::111122223333:role/nodes"}


def test_questions_are_about_this_cluster():
    asked = {action: each for each in questions(a_plan(), ARN.replace("arn:aws:", "arn:aws-cn:")) for action in each.actions}
    assert asked["iam:PassRole"].resource == "arn:aws-cn:iam::111122223333:role/nodes"
    assert asked["sqs:ReceiveMessage"].resource == "arn:aws-cn:sqs:us-west-2:111122223333:demo"
    assert asked["ec2:RunInstances"].context["aws:RequestTag/kubernetes.io/cluster/demo"] == "owned"
    assert not [text for each in asked.values() for text in (each.resource, *each.context, *each.context.values()) if "{" in text]


def test_the_node_role_is_passed_to_ec2_by_each_of_its_names():
    def services(partition):
        asked = questions(a_plan(), ARN.replace("arn:aws:", f"arn:{partition}:"))
        return [each.context["iam:PassedToService"] for each in asked if each.actions == ("iam:PassRole",)]

    assert services("aws") == services("aws-us-gov") == ["ec2.amazonaws.com"]
    assert services("aws-cn") == ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]
    denied = {**PASS, "EvalDecision": "implicitDeny", "asked": {"iam:PassedToService": "ec2.amazonaws.com.cn"}}
    what = only(outcome("controller_rights", a_plan(controller_role="c"), simulation=[denied]))[1]
    assert what.endswith("iam:PassRole on arn:aws:iam::111122223333:role/nodes to ec2.amazonaws.com.cn.")


def test_what_is_not_there_is_not_asked():
    asked = {action for each in questions(a_plan(interruption_queue="", isolated_vpc=True, node_role=""), ARN) for action in each.actions}
    assert not asked & {"sqs:ReceiveMessage", "iam:PassRole", "iam:CreateInstanceProfile"}
    assert "ec2:RunInstances" in asked


def test_all_is_allowed():
    found = outcome("controller_rights", a_plan(controller_role="c"), simulation=[{**RUN, "EvalDecision": "allowed"}])
    assert (found.state, found.saw) == ("passed", "1 of 1 actions allowed")


@pytest.mark.parametrize(
    ("denial", "cause", "step"),
    [
        ({"EvalDecision": "implicitDeny"}, "No policy of the role allows", "eks_prerequisites"),
        ({"EvalDecision": "explicitDeny"}, "A policy of the role denies", "denial"),
        (
            {"EvalDecision": "implicitDeny", "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
            "permissions boundary refuses",
            "boundary",
        ),
        (
            {"EvalDecision": "explicitDeny", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "service control policy of the organization refuses",
            "administrators",
        ),
    ],
)
def test_refusals_say_who_refuses(denial, cause, step):
    state, what, where, next_step = only(
        outcome("controller_rights", a_plan(controller_role="c"), simulation=[{**RUN, **denial}, {**PASS, **denial}])
    )
    assert (state, where) == ("error", "IAM role c")
    assert cause in what and "ec2:RunInstances on" in what and "iam:PassRole on" in what and step in next_step


def test_two_causes_are_two_findings():
    denied = [{**RUN, "EvalDecision": "implicitDeny"}, {**PASS, "EvalDecision": "explicitDeny"}]
    assert len(outcome("controller_rights", a_plan(controller_role="c"), simulation=denied).findings) == 2


def test_a_role_that_is_not_there_yet_is_not_called_good():
    found = outcome("controller_rights", a_plan(controller_role="c"), simulation=None)
    assert found.state == "not_checked" and "after the install" in found.findings[0].next_step


def test_a_role_from_outside_has_to_be_named():
    state, _what, _where, step = only(outcome("controller_rights", a_plan(), simulation=None))
    assert state == "not_checked" and "preflight_controller_role" in step


def test_profiles_that_exist_need_not_be_made():
    def asked(*pools: dict) -> bool:
        return any("iam:CreateInstanceProfile" in each.actions for each in questions(a_plan(*pools), ARN))

    profile = {**GPU, "instance_profile": "mine"}
    assert (asked(), asked(GPU), asked(profile), asked(profile, {**GPU, "name": "other"})) == (True, True, False, True)
