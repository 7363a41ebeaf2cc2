"""The stack of eks_prerequisites: valid for CloudFormation, and no right wider than what Karpenter needs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._karpenter_rights import DIFFERENCES, rights
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import NEWEST, OLDEST
from cfnlint import decode
from cfnlint.api import lint
from jinja2 import Environment, StrictUndefined

TEMPLATE = (Path(__file__).resolve().parents[3] / "roles" / "eks_prerequisites" / "templates" / "stack.yml.j2").read_text()
# The first of those that need the same; every other is like the one before it.
TURNS = sorted({OLDEST, *(each.since for each in DIFFERENCES), *(each.before for each in DIFFERENCES if each.before)})
VERSIONS = [f"{major}.{minor}" for major, minor in TURNS]
NOW = f"{NEWEST[0]}.{NEWEST[1]}"
LONGEST_CLUSTER_NAME = "c" * 100
# Characters of a managed policy, white space apart: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY = 6144
# What CloudFormation says of itself, by partition.
PARTITIONS = {
    "aws": {"AWS::Partition": "aws", "AWS::Region": "us-west-2", "AWS::URLSuffix": "amazonaws.com"},
    "aws-cn": {"AWS::Partition": "aws-cn", "AWS::Region": "cn-north-1", "AWS::URLSuffix": "amazonaws.com.cn"},
    "aws-us-gov": {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1", "AWS::URLSuffix": "amazonaws.com"},
}
ISSUER = "oidc.eks.us-gov-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
# What the role renders by: how nodes are let in, and how the controller gets its credentials.
USUAL = {"__eks_prerequisites_node_access": "access_entry", "eks_prerequisites_controller_identity": "pod_identity"}
OTHER = {"__eks_prerequisites_node_access": "aws_auth", "eks_prerequisites_controller_identity": "irsa"}
GIVEN = {"__eks_prerequisites_node_access": "access_entry", "eks_prerequisites_controller_identity": "external"}
# Actions that AWS offers for no single resource, or only before the resource has a name; each is read-only.
UNSCOPED_ACTIONS = ("ec2:Describe", "pricing:GetProducts", "iam:ListInstanceProfiles", "arc-zonal-shift:GetManagedResource")


def render(version: str, cluster: str = "demo", **chosen: str) -> str:
    """As ansible.builtin.template renders it."""
    environment = Environment(trim_blocks=True, undefined=StrictUndefined, autoescape=False)
    environment.filters |= {"accelerated.nodes.karpenter_rights": rights, "to_json": json.dumps}
    named = {"eks_prerequisites_cluster_name": cluster, "__eks_prerequisites_oidc": ISSUER}
    versions = {"eks_prerequisites_karpenter_version": version, "__eks_prerequisites_karpenter_minor": version}
    return environment.from_string(TEMPLATE).render({**named, **versions, **USUAL, **chosen})


def resolve(node: Any, values: dict[str, str]) -> Any:
    """``node`` with its intrinsic functions replaced by values; GetAtt and Ref of resources stay readable texts."""
    if isinstance(node, dict) and len(node) == 1:
        function, argument = next(iter(node.items()))
        if function == "Ref":
            return values.get(argument, f"<{argument}>")
        if function == "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        if function == "Fn::Sub":
            for name, value in values.items():
                argument = argument.replace("${" + name + "}", value)
            return argument
    if isinstance(node, dict):
        return {key: resolve(value, values) for key, value in node.items()}
    return [resolve(each, values) for each in node] if isinstance(node, list) else node


def resources(version: str, cluster: str = "demo", partition: str = "aws-us-gov", **chosen: str) -> dict[str, Any]:
    """Logical name -> resource, as CloudFormation would see it for ``cluster``."""
    template, errors = decode.decode_str(render(version, cluster, **chosen))
    assert not errors
    given = {
        "ClusterName": cluster,
        "NodeRoleName": "node",
        "ControllerRoleName": "controller",
        "QueueName": "queue",
        "Namespace": "kube-system",
        "ServiceAccount": "karpenter",
    }
    return resolve(json.loads(json.dumps(template))["Resources"], given | PARTITIONS[partition] | {"AWS::AccountId": "123456789012"})


def of_type(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in found.items() if each["Type"] == kind}


def statements(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement of the controller's policies."""
    policies = of_type(found, "AWS::IAM::ManagedPolicy").values()
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


each_version = pytest.mark.parametrize("version", VERSIONS)
each_choice = pytest.mark.parametrize("chosen", [USUAL, OTHER, GIVEN], ids=lambda chosen: "-".join(chosen.values()))
each_partition = pytest.mark.parametrize("partition", PARTITIONS)


def problems(text: str) -> list[str]:
    """What cfn-lint says in a region of each partition; what it calls information is advice for templates that a person fills in."""
    matches = lint(text, regions=[known["AWS::Region"] for known in PARTITIONS.values()])
    return [str(match) for match in matches if match.rule.id[0] != "I"]


def test_versions_are_all_that_differ() -> None:
    all_minors = [f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    rendered = {json.dumps(rights(version, "demo"), sort_keys=True) for version in all_minors}
    assert len(rendered) == len({json.dumps(rights(version, "demo"), sort_keys=True) for version in VERSIONS}) == len(VERSIONS)


@each_version
def test_template_is_clean_for_cfn_lint(version: str) -> None:
    assert problems(render(version)) == []


@each_choice
def test_template_of_every_choice_is_clean_for_cfn_lint(chosen: dict[str, str]) -> None:
    assert problems(render(NOW, **chosen)) == []


def test_cfn_lint_looks_at_the_region() -> None:
    """Or a template that no region of a partition takes would be called clean."""
    template = "Resources:\n  Queue:\n    Type: AWS::AppStream::Fleet\n    Properties: {InstanceType: x, Name: x}\n"
    assert any("cn-north-1" in str(match) for match in lint(template, regions=["cn-north-1"]))


@each_version
@each_partition
def test_arns_and_names_of_services_are_the_partitions_own(version: str, partition: str) -> None:
    text = json.dumps(resources(version, partition=partition))
    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {partition}
    assert "${" not in text


@each_version
@pytest.mark.parametrize(
    ("partition", "service"),
    [("aws", "ec2.amazonaws.com"), ("aws-cn", "ec2.amazonaws.com.cn"), ("aws-us-gov", "ec2.amazonaws.com")],
)
def test_node_role_trusts_ec2_by_its_name_in_the_partition(version: str, partition: str, service: str) -> None:
    (statement,) = resources(version, partition=partition)["NodeRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": service}


@each_version
def test_policies_fit_iam_with_the_longest_cluster_name(version: str) -> None:
    policies = of_type(resources(version, LONGEST_CLUSTER_NAME), "AWS::IAM::ManagedPolicy")
    sizes = {name: len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) for name, policy in policies.items()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_POLICY} == {}


@each_version
def test_controller_role_has_every_policy_of_the_stack(version: str) -> None:
    found = resources(version)
    attached = set(found["ControllerRole"]["Properties"]["ManagedPolicyArns"])
    assert attached == {f"<{name}>" for name in of_type(found, "AWS::IAM::ManagedPolicy")}


@each_version
def test_no_statement_allows_a_wildcard_action(version: str) -> None:
    assert [
        statement["Sid"] for statement in statements(resources(version)) for action in as_list(statement["Action"]) if "*" in action
    ] == []


@each_version
def test_only_reads_are_allowed_on_every_resource(version: str) -> None:
    open_actions = [
        action for statement in statements(resources(version)) if statement["Resource"] == "*" for action in as_list(statement["Action"])
    ]
    assert [action for action in open_actions if not action.startswith(UNSCOPED_ACTIONS)] == []


@each_version
def test_every_right_to_delete_or_tag_is_bound_to_this_cluster(version: str) -> None:
    """By a tag with the cluster's name in its key or its value."""
    bound = (
        "Terminate",
        "Reboot",
        "Delete",
        "CreateTags",
        "TagInstanceProfile",
        "AddRole",
        "RemoveRole",
        "CreateInstanceProfile",
        "CreateLaunchTemplate",
    )
    free = [
        statement["Sid"]
        for statement in statements(resources(version))
        if any(word in action for action in as_list(statement["Action"]) for word in bound)
        and not action_is_on_own_queue(statement)
        and statement.get("Condition", {}).get("StringEquals", {}).keys()
        & {"aws:ResourceTag/kubernetes.io/cluster/demo", "aws:RequestTag/kubernetes.io/cluster/demo"}
        == set()
    ]
    assert free == []


def action_is_on_own_queue(statement: dict[str, Any]) -> bool:
    """sqs:DeleteMessage deletes a message of the one queue that the statement names."""
    return statement["Resource"] == "<InterruptionQueue.Arn>"


@each_version
@each_partition
def test_controller_may_pass_the_node_role_alone_and_to_ec2_alone(version: str, partition: str) -> None:
    """In China EC2 goes by either name."""
    passing = [
        statement for statement in statements(resources(version, partition=partition)) if "iam:PassRole" in as_list(statement["Action"])
    ]
    assert [statement["Resource"] for statement in passing] == ["<NodeRole.Arn>"]
    assert set(passing[0]["Condition"]["StringEquals"]["iam:PassedToService"]) == {"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}


@each_version
def test_controller_role_trusts_one_service_account_of_one_cluster(version: str) -> None:
    (statement,) = resources(version)["ControllerRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(statement["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": "arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/demo",
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "karpenter",
    }


@each_version
def test_nodes_are_let_in_as_ec2_linux(version: str) -> None:
    entry = resources(version)["NodeAccessEntry"]["Properties"]
    assert entry == {"ClusterName": "demo", "PrincipalArn": "<NodeRole.Arn>", "Type": "EC2_LINUX"}


@each_version
@each_partition
def test_controller_role_trusts_the_same_service_account_by_irsa(version: str, partition: str) -> None:
    found = resources(version, partition=partition, eks_prerequisites_controller_identity="irsa")
    (statement,) = found["ControllerRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": f"arn:{partition}:iam::123456789012:oidc-provider/{ISSUER}"}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "system:serviceaccount:kube-system:karpenter"}
    }
    assert of_type(found, "AWS::EKS::PodIdentityAssociation") == {}


@each_version
def test_nodes_let_in_by_aws_auth_have_no_access_entry(version: str) -> None:
    """AWS refuses one where the cluster's authentication mode is CONFIG_MAP."""
    assert of_type(resources(version, __eks_prerequisites_node_access="aws_auth"), "AWS::EKS::AccessEntry") == {}


@each_version
def test_controller_that_comes_from_elsewhere_has_policies_and_no_role(version: str) -> None:
    template, _errors = decode.decode_str(render(version, **GIVEN))
    policies = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::IAM::ManagedPolicy"]
    assert {"ControllerRole", "ControllerPodIdentity"} & set(template["Resources"]) == set()
    assert template["Outputs"]["ControllerPolicyArns"]["Value"] == {"Fn::Join": [",", [{"Ref": name} for name in policies]]}
    assert "ControllerRoleArn" not in template["Outputs"]


@each_version
def test_stack_remembers_which_version_it_is_for(version: str) -> None:
    template, _errors = decode.decode_str(render(version))
    assert template["Outputs"]["KarpenterVersion"]["Value"] == version


@each_version
@pytest.mark.parametrize("access", ["access_entry", "aws_auth"])
def test_stack_remembers_how_nodes_were_let_in(version: str, access: str) -> None:
    template, _errors = decode.decode_str(render(version, __eks_prerequisites_node_access=access))
    assert template["Outputs"]["NodeAccess"]["Value"] == access


@each_version
def test_queue_takes_messages_of_the_stacks_own_rules_alone(version: str) -> None:
    found = resources(version)
    rules = of_type(found, "AWS::Events::Rule")
    allow, deny = found["InterruptionQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert set(allow["Condition"]["ArnEquals"]["aws:SourceArn"]) == {f"<{name}.Arn>" for name in rules}
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@each_version
def test_rules_send_karpenters_events_to_the_queue(version: str) -> None:
    rules = of_type(resources(version), "AWS::Events::Rule").values()
    reserved = [("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning")]
    events = [
        ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        ("aws.health", "AWS Health Event"),
    ]
    wanted = events if version in ("1.0", "1.1", "1.3", "1.7") else reserved + events
    assert sorted((*rule["EventPattern"]["source"], *rule["EventPattern"]["detail-type"]) for rule in rules) == wanted
    assert {rule["Targets"][0]["Arn"] for rule in rules} == {"<InterruptionQueue.Arn>"}


@each_version
def test_queue_is_encrypted_without_a_key_of_kms(version: str) -> None:
    queue = resources(version)["InterruptionQueue"]["Properties"]
    assert queue == {"QueueName": "queue", "MessageRetentionPeriod": 300, "SqsManagedSseEnabled": True}


@each_version
def test_nothing_names_a_partition(version: str) -> None:
    assert "arn:aws:" not in render(version)
