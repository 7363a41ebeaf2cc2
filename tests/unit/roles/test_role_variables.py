"""What roles make of their inputs in vars/main.yml, as Ansible evaluates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests.trust import template, templates

ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"
ROLES = Path(__file__).resolve().parents[3] / "roles"


def evaluate(role: str, name: str, **given: Any) -> Any:
    """The value of a variable of a role, for a user who gives these."""
    files = [ROLES / role / folder / "main.yml" for folder in ("defaults", "vars")]
    variables = {"eks_cluster_name": "demo", "eks_region": "us-west-2"}
    for path in files:
        variables |= yaml.safe_load(path.read_text()) or {}
    return Templar(DataLoader(), variables=templates(variables | given)).template(template("{{ " + name + " }}"))


def prerequisites(
    name: str, mode: str = "API", partition: str = "aws", stack: str = "", entry: str = "", provider: Any = None, **given: Any
) -> Any:
    """A variable of eks_prerequisites, on a cluster as the role reads it."""
    cluster = {"arn": f"arn:{partition}:eks:x:111122223333:cluster/demo", "authentication_mode": mode, "oidc_issuer": ISSUER}
    cluster |= {"node_access_entry": {"type": entry} if entry else None, "oidc_provider": provider}
    stacks = {"accelerated-nodes-demo": {"stack_outputs": {"NodeAccess": stack} if stack else {}}}
    read = {"__eks_prerequisites_eks": {"cluster": cluster}, "__eks_prerequisites_stacks": {"cloudformation": stacks}}
    return evaluate("eks_prerequisites", name, **read, **given)


@pytest.mark.parametrize(
    ("mode", "wanted", "access"),
    [
        ("API", "auto", "access_entry"),
        ("API_AND_CONFIG_MAP", "auto", "access_entry"),
        ("CONFIG_MAP", "auto", "aws_auth"),
        ("API_AND_CONFIG_MAP", "aws_auth", "aws_auth"),
    ],
)
def test_node_access_is_what_the_cluster_knows_or_the_user_wants(mode: str, wanted: str, access: str) -> None:
    assert prerequisites("__eks_prerequisites_node_access", mode, eks_prerequisites_node_access=wanted) == access


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_node_role_is_named_in_the_clusters_partition(partition: str) -> None:
    arn = prerequisites("__eks_prerequisites_node_role_arn", partition=partition)
    assert arn == f"arn:{partition}:iam::111122223333:role/KarpenterNodeRole-demo"


@pytest.mark.parametrize(("partition", "known"), [("aws", True), ("aws-cn", True), ("aws-us-gov", True), ("aws-iso-b", False)])
def test_partitions_whose_services_have_other_names_are_not_known(partition: str, known: bool) -> None:
    assert prerequisites("__eks_prerequisites_partition in __eks_prerequisites_partitions", partition=partition) is known


@pytest.mark.parametrize("stack", ["", "aws_auth", "access_entry"])
def test_former_node_access_is_what_the_stack_says(stack: str) -> None:
    assert prerequisites("__eks_prerequisites_former_access", stack=stack) == stack


DELETE = "`aws eks delete-access-entry --cluster-name demo --region us-west-2 --principal-arn arn:aws:iam::111122223333:role/KarpenterNodeRole-demo`"
PROBLEM = "__eks_prerequisites_entry_problem | default('', true) | trim"


@pytest.mark.parametrize(
    ("entry", "stack", "access"),
    [
        ("", "", "access_entry"),
        ("", "access_entry", "access_entry"),
        ("EC2_LINUX", "access_entry", "access_entry"),
        ("EC2_LINUX", "", "aws_auth"),
    ],
)
def test_access_entry_that_lets_nodes_in_is_no_problem(entry: str, stack: str, access: str) -> None:
    given = {"mode": "API_AND_CONFIG_MAP", "entry": entry, "stack": stack, "eks_prerequisites_node_access": access}
    assert prerequisites(PROBLEM, **given) == ""


@pytest.mark.parametrize("access", ["access_entry", "aws_auth"])
def test_access_entry_of_another_type_is_explained(access: str) -> None:
    """It decides before aws-auth does."""
    said = prerequisites(PROBLEM, "API_AND_CONFIG_MAP", entry="STANDARD", eks_prerequisites_node_access=access)
    assert "access entry of type STANDARD for the node role 'KarpenterNodeRole-demo' (eks_prerequisites_node_role_name)" in said
    assert said.endswith(f"Delete it by {DELETE}, and run this again.")
    assert "  " not in said


def test_access_entry_of_another_type_in_place_of_the_stacks_own_is_made_again_by_hand() -> None:
    """The stack takes it to be there, and would not make it."""
    said = prerequisites(PROBLEM, entry="STANDARD", stack="access_entry")
    assert "make the right one by `aws eks create-access-entry --type EC2_LINUX --cluster-name demo" in said
    assert "  " not in said


def test_access_entry_of_somebody_else_is_in_the_stacks_way() -> None:
    said = prerequisites(PROBLEM, entry="EC2_LINUX")
    assert "that the stack 'accelerated-nodes-demo' did not make" in said and DELETE in said
    assert "  " not in said


OWN_ROLE = "arn:aws:iam::111122223333:role/KarpenterController-demo"
ANNOTATION_PROBLEM = "__eks_prerequisites_annotation_problem | default('', true) | trim"


def annotated(role: str) -> dict[str, str]:
    return {"eks.amazonaws.com/role-arn": role} if role else {}


@pytest.mark.parametrize(
    ("identity", "role"), [("pod_identity", ""), ("irsa", OWN_ROLE), ("external", ""), ("external", "arn:aws:iam::1:role/mine")]
)
def test_annotation_that_fits_the_identity_is_no_problem(identity: str, role: str) -> None:
    given = {"eks_prerequisites_controller_identity": identity, "karpenter_service_account_annotations": annotated(role)}
    assert prerequisites(ANNOTATION_PROBLEM, **given) == ""


@pytest.mark.parametrize(
    ("identity", "role", "says"),
    [
        ("pod_identity", OWN_ROLE, "whose credentials the controller would take before those of Pod Identity"),
        (
            "irsa",
            "",
            f"names no role (eks.amazonaws.com/role-arn), so the controller would not get the credentials that the stack makes for it. Set it to {OWN_ROLE}.",
        ),
        ("irsa", "arn:aws:iam::1:role/other", "names the role arn:aws:iam::1:role/other (eks.amazonaws.com/role-arn)"),
    ],
)
def test_annotation_that_asks_for_other_credentials_is_a_problem(identity: str, role: str, says: str) -> None:
    given = {"eks_prerequisites_controller_identity": identity, "karpenter_service_account_annotations": annotated(role)}
    said = prerequisites(ANNOTATION_PROBLEM, **given)
    assert says in said and "  " not in said


def test_annotation_by_the_charts_values_counts_too() -> None:
    given = {"karpenter_service_account_annotations": {}, "karpenter_values": {"serviceAccount": {"annotations": annotated(OWN_ROLE)}}}
    assert prerequisites(ANNOTATION_PROBLEM, eks_prerequisites_controller_identity="irsa", **given) == ""


def test_queue_by_its_arn_is_refused() -> None:
    said = prerequisites("__eks_prerequisites_name_problems", eks_prerequisites_queue_name="arn:aws:sqs:us-west-2:111122223333:demo")
    assert "eks_prerequisites_queue_name is 'arn:aws:sqs:us-west-2:111122223333:demo', which AWS does not take as a name" in said


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("ROLLBACK_COMPLETE", "can only be deleted. See in its events why, and delete it by `aws cloudformation delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue by `aws cloudformation continue-update-rollback"),
    ],
)
def test_way_out_of_a_stuck_stack_is_a_command(state: str, command: str) -> None:
    step = prerequisites(f"__eks_prerequisites_stuck['{state}']")
    assert f"{command} --stack-name accelerated-nodes-demo --region us-west-2`" in step


@pytest.mark.parametrize(
    ("state", "says"), [("", "would be made, with what Karpenter 1.14 needs"), ("CREATE_COMPLETE", "outputs or tags alone")]
)
def test_check_mode_tells_a_new_stack_from_one_without_changes(state: str, says: str) -> None:
    assert says in prerequisites("__eks_prerequisites_no_resource_changes", __eks_prerequisites_stack_state=state)


def test_trust_keys_have_no_https() -> None:
    assert prerequisites("__eks_prerequisites_oidc") == "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"


def test_oidc_provider_is_made_or_gets_its_audience() -> None:
    assert prerequisites("__eks_prerequisites_oidc_step").startswith(
        "Make it by `eksctl utils associate-iam-oidc-provider --approve --cluster demo"
    )
    step = prerequisites("__eks_prerequisites_oidc_step", provider={"arn": "arn:x", "audiences": []})
    assert step.startswith("Add it by `aws iam add-client-id-to-open-id-connect-provider") and step.endswith("arn:x`")


@pytest.mark.parametrize(("version", "minor"), [("1.14.3", "1.14"), ("v1.0.5", "1.0"), ("1.9", "1.9")])
def test_stack_is_told_the_minor_version(version: str, minor: str) -> None:
    assert evaluate("eks_prerequisites", "__eks_prerequisites_karpenter_minor", eks_prerequisites_karpenter_version=version) == minor


def test_version_of_the_policies_follows_the_charts() -> None:
    assert evaluate("eks_prerequisites", "eks_prerequisites_karpenter_version", karpenter_chart_version="1.9.0") == "1.9.0"
    usual = yaml.safe_load((ROLES / "karpenter" / "defaults" / "main.yml").read_text())["karpenter_chart_version"]
    assert evaluate("eks_prerequisites", "eks_prerequisites_karpenter_version") == usual


@pytest.mark.parametrize(("identity", "account"), [("pod_identity", True), ("irsa", True), ("external", False)])
def test_template_gets_the_parameters_that_it_has(identity: str, account: bool) -> None:
    """CloudFormation refuses one that the template does not declare."""
    given = evaluate("eks_prerequisites", "__eks_prerequisites_parameters", eks_prerequisites_controller_identity=identity)
    assert ({"Namespace", "ServiceAccount"} <= set(given)) is account
    assert given["ControllerRoleName"] == "KarpenterController-demo"


def test_service_account_follows_karpenters() -> None:
    given = {"karpenter_namespace": "karpenter", "karpenter_service_account": "other"}
    assert evaluate("eks_prerequisites", "eks_prerequisites_namespace", **given) == "karpenter"
    assert evaluate("eks_prerequisites", "eks_prerequisites_service_account", **given) == "other"
    assert evaluate("eks_prerequisites", "eks_prerequisites_namespace") == "kube-system"


def controller(**given: Any) -> dict[str, Any]:
    """The values of Karpenter's chart that are about its controller."""
    return evaluate("karpenter", "__karpenter_merged", **given)["controller"]


@pytest.mark.parametrize(
    ("given", "image"),
    [
        ({}, {}),
        ({"karpenter_image_digest": "sha256:1"}, {"digest": "sha256:1"}),
        ({"accelerated_registry": "mirror.example.com/a"}, {"repository": "mirror.example.com/a/karpenter/controller"}),
        (
            {"karpenter_image_repository": "inftyai/karpenter-provider-aws", "karpenter_chart_version": "v1.5.0"},
            {"repository": "inftyai/karpenter-provider-aws", "tag": "1.5.0", "digest": ""},
        ),
        (
            {"karpenter_image_repository": "x/y", "accelerated_registry": "mirror.example.com", "karpenter_image_tag": "1.14.3-a"},
            {"repository": "x/y", "tag": "1.14.3-a", "digest": ""},
        ),
        ({"karpenter_image_tag": "1.14.3"}, {"repository": "public.ecr.aws/karpenter/controller", "tag": "1.14.3", "digest": ""}),
    ],
)
def test_image_is_the_charts_own_unless_customized(given: dict[str, str], image: dict[str, str]) -> None:
    assert controller(**given)["image"] == image


def test_environment_is_a_list_of_texts() -> None:
    assert controller(karpenter_environment={"A": 1, "B": "x"})["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "x"}]


def test_pull_secrets_are_named() -> None:
    assert evaluate("karpenter", "__karpenter_merged", karpenter_image_pull_secrets=["a"])["imagePullSecrets"] == [{"name": "a"}]


@pytest.mark.parametrize(
    ("given", "chart"),
    [
        ({}, "oci://public.ecr.aws/karpenter/karpenter"),
        ({"accelerated_registry": ""}, "oci://public.ecr.aws/karpenter/karpenter"),
        ({"accelerated_registry": "mirror.example.com/a"}, "oci://mirror.example.com/a/karpenter/karpenter"),
        ({"accelerated_registry": "mirror.example.com/a", "karpenter_chart_ref": "oci://b/c"}, "oci://b/c"),
    ],
)
def test_charts_come_from_the_mirror(given: dict[str, str], chart: str) -> None:
    charts = evaluate("karpenter", "__karpenter_charts", **given)
    assert charts[1]["chart_ref"] == chart


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, ["karpenter_crd_chart_ref", "karpenter_chart_ref"]),
        ({"accelerated_registry": "registry.example.com"}, ["accelerated_registry", "accelerated_registry"]),
        (
            {"accelerated_registry": "registry.example.com", "karpenter_chart_ref": "oci://own.example.com/karpenter"},
            ["accelerated_registry", "karpenter_chart_ref"],
        ),
    ],
)
def test_a_chart_is_told_by_the_option_that_says_where_it_is(given: dict[str, str], options: list[str]) -> None:
    assert [chart["chart_ref_option"] for chart in evaluate("karpenter", "__karpenter_charts", **given)] == options


@pytest.mark.parametrize(("namespace", "own"), [("kube-system", False), ("karpenter", True)])
def test_a_namespace_of_its_own_is_made(namespace: str, own: bool) -> None:
    charts = evaluate("karpenter", "__karpenter_charts", karpenter_namespace=namespace)
    assert [chart["create_namespace"] for chart in charts] == [own, own]


def test_further_rights_are_bound_to_the_controllers_service_account() -> None:
    rules = [{"apiGroups": ["llmaz.io"], "resources": ["openmodels"], "verbs": ["get", "list", "watch"]}]
    given = {"karpenter_namespace": "karpenter", "karpenter_cluster_roles": [{"name": "karpenter-core-llmaz", "rules": rules}]}
    role, binding = evaluate("karpenter", "__karpenter_role_objects", **given)
    assert (role["kind"], role["metadata"]["name"], role["rules"]) == ("ClusterRole", "karpenter-core-llmaz", rules)
    assert (binding["kind"], binding["roleRef"]["name"]) == ("ClusterRoleBinding", "karpenter-core-llmaz")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "karpenter", "namespace": "karpenter"}]


def test_definitions_come_in_the_controllers_version_unless_said_otherwise() -> None:
    versions = [chart["chart_version"] for chart in evaluate("karpenter", "__karpenter_charts", karpenter_chart_version="1.9.0")]
    assert versions == ["1.9.0", "1.9.0"]
    newer = evaluate("karpenter", "__karpenter_charts", karpenter_crd_chart_version="1.15.0")
    assert newer[0]["chart_version"] == "1.15.0" != newer[1]["chart_version"]


# What Kubernetes says of itself; EKS adds a plus sign.
@pytest.mark.parametrize(("minor", "version"), [("36", "1.36"), ("30+", "1.30")])
def test_plan_has_kubernetes_own_version(minor: str, version: str) -> None:
    plan = evaluate("karpenter", "__karpenter_plan", __karpenter_kubernetes={"major": "1", "minor": minor})
    assert (plan["kubernetes"], plan["release"], plan["adopt"]) == (version, "karpenter-crd", False)


@pytest.mark.parametrize(
    ("chart", "version"), [("karpenter-1.14.3", "1.14.3"), ("my-karpenter-1.5.0-mine.2", "1.5.0-mine.2"), ("", ""), (None, "")]
)
def test_former_version_is_the_running_charts(chart: str | None, version: str) -> None:
    labels = {"app.kubernetes.io/name": "karpenter", **({"helm.sh/chart": chart} if chart else {})}
    controllers = [] if chart is None else [{"metadata": {"labels": labels}}]
    assert evaluate("karpenter", "__karpenter_version_found", __karpenter_controllers=controllers) == version


def test_what_is_in_a_namespace_is_not_taken_for_nothing_where_it_may_not_be_asked_for(tmp_path: Path) -> None:
    """Nothing in it is why a namespace is removed, so an answer that does not come must not look like that."""
    given = {"__helm_release_namespace_name": "mine", "eks_kubeconfig": str(tmp_path / "nowhere")}
    with pytest.raises(AnsibleError, match="Could not create API client"):
        evaluate("helm_release", "__helm_release_contents", **given)
