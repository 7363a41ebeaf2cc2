# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the controller's role is allowed what decides about its work: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import (
    ERROR,
    NOT_CHECKED,
    Check,
    Facts,
    Finding,
    Judgement,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import Plan


class Question(NamedTuple):
    """One question to iam:SimulatePrincipalPolicy: actions on a resource, with the context of Karpenter's own request."""

    actions: tuple[str, ...]
    resource: str
    context: Mapping[str, str]


ALLOWED = "allowed"
PASSED_TO = "iam:PassedToService"
# EC2 has a second name in China, and the node role is passed to it by either.
IN_CHINA = (Question(("iam:PassRole",), "{node_role}", {PASSED_TO: "ec2.amazonaws.com.cn"}),)
_OWNED = {"kubernetes.io/cluster/{cluster}": "owned", "karpenter.sh/nodepool": "preflight"}
_MADE = {**_OWNED, "eks:eks-cluster-name": "{cluster}"}
_PROFILE = {
    "kubernetes.io/cluster/{cluster}": "owned",
    "eks:eks-cluster-name": "{cluster}",
    "topology.kubernetes.io/region": "{region}",
    "karpenter.k8s.aws/ec2nodeclass": "preflight",
}


def _tags(kind: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {f"aws:{kind}Tag/{key}": value for key, value in tags.items()}


# Without one of these no node comes, goes or is let in. Source: Karpenter's own CloudFormation template, 1.14
# (getting-started/getting-started-with-karpenter/cloudformation.yaml), and the requests that its controller makes.
QUESTIONS = (
    Question(("ec2:RunInstances",), "arn:{partition}:ec2:{region}:{account}:instance/*", _tags("Request", _MADE)),
    Question(("ec2:CreateFleet",), "arn:{partition}:ec2:{region}:{account}:fleet/*", _tags("Request", _MADE)),
    Question(("ec2:CreateLaunchTemplate",), "arn:{partition}:ec2:{region}:{account}:launch-template/*", _tags("Request", _MADE)),
    Question(
        ("ec2:CreateTags",),
        "arn:{partition}:ec2:{region}:{account}:instance/*",
        {**_tags("Request", _MADE), "ec2:CreateAction": "RunInstances"},
    ),
    Question(("ec2:TerminateInstances",), "arn:{partition}:ec2:{region}:{account}:instance/*", _tags("Resource", _OWNED)),
    Question(
        (
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeSubnets",
            "ec2:DescribeImages",
        ),
        "*",
        {"aws:RequestedRegion": "{region}"},
    ),
    Question(("ssm:GetParameter",), "arn:{partition}:ssm:{region}::parameter/aws/service/eks/optimized-ami/any", {}),
    Question(("iam:PassRole",), "{node_role}", {PASSED_TO: "ec2.amazonaws.com"}),
    Question(("iam:CreateInstanceProfile",), "arn:{partition}:iam::{account}:instance-profile/*", _tags("Request", _PROFILE)),
    Question(("eks:DescribeCluster",), "arn:{partition}:eks:{region}:{account}:cluster/{cluster}", {}),
    Question(("sqs:ReceiveMessage", "sqs:DeleteMessage"), "arn:{partition}:sqs:{region}:{account}:{queue}", {}),
)


def questions(plan: Plan, cluster_arn: str) -> list[Question]:
    """The questions about this cluster; those about a queue or a node role that there is not are left out."""
    _arn, partition, _eks, region, account, _rest = cluster_arn.split(":", 5)
    words = {"partition": partition, "region": region, "account": account, "cluster": plan.cluster_name, "queue": plan.queue}
    words["node_role"] = f"arn:{partition}:iam::{account}:role/{plan.node_role}"
    left_out = {"sqs:": not plan.queue, "iam:PassRole": not plan.node_role, "iam:CreateInstanceProfile": not _makes_profiles(plan)}
    return [
        Question(
            each.actions, each.resource.format(**words), {key.format(**words): value.format(**words) for key, value in each.context.items()}
        )
        for each in (*QUESTIONS, *(IN_CHINA if partition == "aws-cn" else ()))
        if not any(absent and each.actions[0].startswith(prefix) for prefix, absent in left_out.items())
    ]


def _makes_profiles(plan: Plan) -> bool:
    """Whether Karpenter makes instance profiles: not where each class names one that exists."""
    specs = [pool.class_spec for pool in plan.pools if pool.class_spec is not None and not pool.pool.auto_mode]
    return not plan.isolated_vpc and not (specs and all("instanceProfile" in spec for spec in specs))


def controller_rights(plan: Plan, facts: Facts) -> Judgement:
    """Whether each decisive action of the controller is allowed to its role."""
    simulated = facts["simulation"]
    where = f"IAM role {plan.controller_role}"
    if not plan.controller_role:
        what = "The controller gets its credentials from outside, and the role is not named, so that there is nothing to simulate."
        step = "Name the role in preflight_controller_role, by name or ARN."
        return Judgement("no role named", [Finding(NOT_CHECKED, what, "the controller's IAM role", step)])
    if simulated is None:
        what = "The controller's role does not exist yet, so that there is nothing to simulate: the install makes it."
        return Judgement("no role yet", [Finding(NOT_CHECKED, what, where, "Run this again after the install.")])
    denied = [each for each in simulated if each["EvalDecision"] != ALLOWED]
    saw = f"{len(simulated) - len(denied)} of {len(simulated)} actions allowed"
    return Judgement(saw, list(_refusals(denied, where)))


def _refusals(denied: list[Mapping[str, Any]], where: str) -> Iterator[Finding]:
    """One finding for each cause, with all the actions that it refuses."""
    by_cause: dict[tuple[str, str], list[str]] = {}
    for each in denied:
        by_cause.setdefault(_cause(each), []).append(_asked(each))
    for (cause, step), actions in by_cause.items():
        yield Finding(ERROR, f"{cause}: {'; '.join(actions)}.", where, step)


def _asked(result: Mapping[str, Any]) -> str:
    """The action and the resource, and the service that a role is passed to."""
    service = result.get("asked", {}).get(PASSED_TO)
    return f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}" + (f" to {service}" if service else "")


def _cause(result: Mapping[str, Any]) -> tuple[str, str]:
    """Which policy refuses, and what to do about it."""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return "A service control policy of the organization refuses", "Have its administrators allow these to the role."
    if result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return "The role's permissions boundary refuses", "Add these to the boundary."
    if result["EvalDecision"] == "explicitDeny":
        return "A policy of the role denies", "Take the denial out of the role's policies, or make an exception for Karpenter in it."
    return "No policy of the role allows", "Run the role eks_prerequisites, which keeps the policies, or add these to the role by hand."


CHECKS = (
    Check(
        "controller_rights",
        "Is the controller's role allowed what decides about its work?",
        ("cluster", "simulation"),
        "a policy of the role, its boundary or the organization refuses an action, or none allows it",
        "",
        ("iam:SimulatePrincipalPolicy",),
        controller_rights,
    ),
)
