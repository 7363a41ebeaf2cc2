"""The AWS prerequisites against an emulated account alone, without a control plane: identity, change sets, and faults in the middle.

AWS is simulated (moto with the lab's CloudFormation and EKS), so what is shown is what the role makes of AWS' answers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import ServiceException

from tests.lab.aws.cloudformation.responses import LabCloudFormationResponse
from tests.lab.aws.eks.backend import lab_eks
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION
from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]

ROOT = Path(__file__).resolve().parents[2]
STACK = f"accelerated-nodes-{CLUSTER_NAME}"
NODE_ROLE = f"KarpenterNodeRole-{CLUSTER_NAME}"
PLAY = "- hosts: localhost\n  gather_facts: false\n  roles: [accelerated.nodes.eks_prerequisites]\n"

Prepare = Callable[..., str]


@pytest.fixture
def prepare(account: Emulated, tmp_path: Path) -> Iterator[Prepare]:
    """A function that runs the role and gives its output on one line; the stack is gone after the test."""
    playbook = tmp_path / "prepare.yml"
    playbook.write_text(PLAY)
    keys = {"AWS_ACCESS_KEY_ID": AWS_ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY}
    collections = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "collections"), "ANSIBLE_NOCOLOR": "1"}
    environment = os.environ | keys | collections | {"AWS_ENDPOINT_URL": account.emulator.url}
    given = {"eks_cluster_name": CLUSTER_NAME, "eks_region": REGION, "ansible_python_interpreter": sys.executable}

    def run_role(*options: str, fails: bool = False, **variables: Any) -> str:
        command = ["ansible-playbook", str(playbook), "-e", json.dumps(given | variables), *options]
        program = str(Path(sys.executable).parent / command[0])
        done = subprocess.run([program, *command[1:]], env=environment, text=True, capture_output=True, check=False)
        assert (done.returncode != 0) == fails, done.stdout
        assert "Traceback" not in done.stdout
        return " ".join(done.stdout.split())

    yield run_role
    account.client("cloudformation").delete_stack(StackName=STACK)


def stack_of(account: Emulated) -> dict[str, Any]:
    return account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]


def node_role(account: Emulated) -> str:
    """ARN of the node role."""
    return f"arn:aws:iam::{account.facts['account_id']}:role/{NODE_ROLE}"


@pytest.fixture
def provider(account: Emulated) -> Iterator[str]:
    """The OIDC provider of the cluster in IAM; its issuer without the scheme."""
    issuer = account.client("eks").describe_cluster(name=CLUSTER_NAME)["cluster"]["identity"]["oidc"]["issuer"]
    audience = {"ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["0" * 40]}
    made = account.client("iam").create_open_id_connect_provider(Url=issuer, **audience)
    yield issuer.removeprefix("https://")
    account.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


class ExpiredToken(ServiceException):
    """As STS says it, and every service after it."""

    code = "ExpiredToken"


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Credentials that AWS takes until a stack is made, and then again when the list is emptied."""
    create, describe, found = LabCloudFormationResponse.create_stack, LabCloudFormationResponse.describe_stacks, []

    def create_and_expire(response: LabCloudFormationResponse) -> Any:
        answer = create(response)
        found.append(True)
        return answer

    def describe_unless_expired(response: LabCloudFormationResponse) -> Any:
        if found:
            raise ExpiredToken("The security token included in the request is expired")
        return describe(response)

    monkeypatch.setattr(LabCloudFormationResponse, "create_stack", create_and_expire)
    monkeypatch.setattr(LabCloudFormationResponse, "describe_stacks", describe_unless_expired)
    return found


def test_irsa_is_refused_where_iam_has_no_provider(prepare: Prepare) -> None:
    said = prepare(fails=True, eks_prerequisites_controller_identity="irsa")
    assert "IAM has no OIDC provider for oidc.eks." in said and "changed=0" in said


def test_credentials_that_expire_in_the_middle_lose_nothing(
    account: Emulated, prepare: Prepare, provider: str, expired: list[bool]
) -> None:
    said = prepare(fails=True, eks_prerequisites_controller_identity="irsa")
    assert f"Stack '{STACK}' (eks_prerequisites_stack_name) in region '{REGION}': AWS refused the credentials (ExpiredToken)" in said
    assert "What was begun is not lost" in said
    expired.clear()
    assert "changed=0" in prepare(eks_prerequisites_controller_identity="irsa")
    role = account.client("iam").get_role(RoleName=f"KarpenterController-{CLUSTER_NAME}")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert set(statement["Condition"]["StringEquals"]) == {f"{provider}:aud", f"{provider}:sub"}


def test_check_mode_says_what_another_version_changes_and_changes_nothing(account: Emulated, prepare: Prepare) -> None:
    elsewhere = {"eks_prerequisites_controller_identity": "external"}
    prepare(karpenter_chart_version="1.13.2", **elsewhere)
    said = prepare("--check", "--diff", karpenter_chart_version="1.15.0", **elsewhere)
    assert f"Stack '{STACK}' goes from what Karpenter 1.13 needs to what 1.15 does. Adds ec2:RebootInstances" in said
    assert "Modify AWS::IAM::ManagedPolicy NodeLifecyclePolicy (arn:" in said and "PolicyDocument." in said
    assert account.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"] == []
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack_of(account)["Outputs"]}
    assert (outputs["KarpenterVersion"], "ControllerRoleArn" in outputs) == ("1.13", False)
    assert len(outputs["ControllerPolicyArns"].split(",")) == 6


def test_access_entry_of_type_standard_is_explained(account: Emulated, prepare: Prepare) -> None:
    target = {"clusterName": CLUSTER_NAME, "principalArn": node_role(account)}
    account.client("eks").create_access_entry(**target, type="STANDARD")
    said = prepare(fails=True)
    account.client("eks").delete_access_entry(**target)
    assert f"has an access entry of type STANDARD for the node role '{NODE_ROLE}'" in said
    assert "changed=0" in said


def test_instance_profiles_that_karpenter_left_are_removed_and_no_others(account: Emulated, prepare: Prepare) -> None:
    """Whatever is listed beside them; the node role could not be deleted with its stack while one holds it."""
    prepare(eks_prerequisites_controller_identity="external")
    iam = account.client("iam")
    paths = {"ours": f"/karpenter/{REGION}/{CLUSTER_NAME}/1/", "theirs": f"/karpenter/{REGION}/{CLUSTER_NAME}-2/1/"}
    for name, path in paths.items():
        iam.create_instance_profile(InstanceProfileName=name, Path=path)
    iam.add_role_to_instance_profile(InstanceProfileName="ours", RoleName=NODE_ROLE)
    prepare(eks_prerequisites_state="absent")
    assert [each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]] == ["theirs"]
    assert NODE_ROLE not in [each["RoleName"] for each in iam.list_roles()["Roles"]]


def test_partition_whose_services_have_other_names_is_refused(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = f"arn:aws-iso-b:eks:us-isob-east-1:{DEFAULT_ACCOUNT_ID}:cluster/{CLUSTER_NAME}"
    monkeypatch.setattr(lab_eks(DEFAULT_ACCOUNT_ID, REGION).cluster(CLUSTER_NAME), "arn", arn)
    said = prepare(fails=True)
    assert f"is in partition 'aws-iso-b' by its ARN {arn}, but this role knows" in said
    assert "only in aws, aws-cn, aws-us-gov." in said and "changed=0" in said


def test_stack_that_can_only_be_deleted_is_explained(account: Emulated, prepare: Prepare) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "there", "AssumeRolePolicyDocument": {"Statement": []}}}
    # IAM has no second role of a name.
    body = json.dumps({"Resources": {"One": role, "Two": {**role, "DependsOn": "One"}}})
    account.client("cloudformation").create_stack(StackName=STACK, TemplateBody=body)
    assert stack_of(account)["StackStatus"] == "ROLLBACK_COMPLETE"
    said = prepare(fails=True)
    assert "is in state ROLLBACK_COMPLETE, in which CloudFormation takes no update: its creation failed and was undone" in said
    assert f"`aws cloudformation delete-stack --stack-name {STACK} --region {REGION}`" in said and "changed=0" in said
