"""Every request that the modules make of AWS, refused in every way: each ends in one sentence with the call, AWS' reason and the next step.

The modules run whole, with boto3's own clients; botocore's sending is what stands in for AWS. That no request is missing here, and that
no module of amazon.aws runs in a role without such a sentence, is checked against the sources.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import KINDS
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

ROOT = Path(__file__).resolve().parents[4]
MODULES = "ansible_collections.accelerated.nodes.plugins.modules"
REGION = "us-west-2"
KEYS = {"access_key": "KEY-OF-A-UNIT-TEST-0", "secret_key": "secret-of-a-unit-test-0", "region": REGION}
ARN = f"arn:aws:eks:{REGION}:111122223333:cluster/demo"
CLUSTER = {
    "name": "demo",
    "arn": ARN,
    "version": "1.36",
    "status": "ACTIVE",
    "endpoint": "https://demo",
    "identity": {"oidc": {"issuer": "https://oidc.eks.us-west-2.amazonaws.com/id/A"}},
    "accessConfig": {"authenticationMode": "API"},
    "resourcesVpcConfig": {"subnetIds": ["subnet-a"], "clusterSecurityGroupId": "sg-1"},
}
MARKED = [{"ResourceId": "subnet-b", "Key": key, "Value": "demo"} for key in ("accelerated.nodes/stack", "karpenter.sh/discovery")]
# What AWS answers where nothing is refused, by operation; of what is not here, nothing.
ANSWERS: dict[str, Any] = {
    "DescribeCluster": {"cluster": CLUSTER},
    "ListAddons": {"addons": []},
    "DescribeSubnets": {
        "Subnets": [{"SubnetId": "subnet-a", "VpcId": "vpc-1", "AvailabilityZone": "us-west-2a", "AvailableIpAddressCount": 99, "Tags": []}]
    },
    "DescribeRouteTables": {"RouteTables": []},
    "DescribeSecurityGroups": {"SecurityGroups": []},
    "DescribeVpcEndpoints": {"VpcEndpoints": []},
    "DescribeInstanceTypeOfferings": {"InstanceTypeOfferings": []},
    "DescribeAccessEntry": {"accessEntry": {"type": "EC2_LINUX", "username": "nodes", "kubernetesGroups": []}},
    "GetOpenIDConnectProvider": {"ClientIDList": ["sts.amazonaws.com"]},
    "GetParameter": {"Parameter": {"Value": "ami-1"}},
    "DescribeImages": {"Images": [{"ImageId": "ami-1", "Name": "amazon-eks-node-al2023-x86_64-standard-1.36-v20261105"}]},
    "GetServiceQuota": ClientError({"Error": {"Code": "NoSuchResourceException", "Message": "never raised"}}, "GetServiceQuota"),
    "GetAWSDefaultServiceQuota": {"Quota": {"QuotaName": "vCPUs", "Value": 100.0}},
    "ListRoles": {"Roles": []},
    "CreateServiceLinkedRole": {"Role": {"RoleName": "spot", "Arn": "arn:aws:iam::1:role/spot"}},
    "SimulatePrincipalPolicy": {"EvaluationResults": []},
    "DescribeTags": {"Tags": MARKED},
    "GetQueueUrl": {"QueueUrl": "https://queue"},
    "GetCallerIdentity": {"Arn": "arn:aws:iam::111122223333:user/me", "Account": "111122223333"},
}


@dataclass(frozen=True, eq=False)
class Run:
    """A module, its arguments, and what it asks with them; ``findings``: refusals do not fail it but are told in its result."""

    module: str
    arguments: dict[str, Any]
    asks: tuple[str, ...]
    findings: bool = False


POOL = {"name": "gpu", "instance_families": ["g5"], "capacity_types": ["on-demand", "spot"], "limits": {"nvidia.com/gpu": 1}}
RUNS = (
    Run(
        "eks_cluster_info",
        {"name": "demo", "node_role_name": "nodes", "oidc_provider": True},
        (
            "eks:DescribeCluster",
            "eks:ListAddons",
            "ec2:DescribeSubnets",
            "ec2:DescribeRouteTables",
            "eks:DescribeAccessEntry",
            "iam:GetOpenIDConnectProvider",
        ),
    ),
    Run("eks_ami_info", {"kubernetes_version": "1.36"}, ("ssm:GetParameter", "ec2:DescribeImages")),
    Run(
        "ec2_discovery_tags",
        {"resources": ["subnet-a"], "value": "demo", "owner": "demo"},
        ("ec2:DescribeTags", "ec2:CreateTags", "ec2:DeleteTags"),
    ),
    Run("iam_service_linked_role", {"service": "spot.amazonaws.com"}, ("iam:ListRoles", "iam:CreateServiceLinkedRole")),
    Run(
        "cluster_leftovers_info",
        {"cluster_name": "demo", "node_role_name": "nodes", "queue_name": "demo", "stack_name": "demo"},
        (
            "ec2:DescribeInstances",
            "ec2:DescribeVolumes",
            "ec2:DescribeLaunchTemplates",
            "iam:ListInstanceProfiles",
            "iam:ListInstanceProfilesForRole",
            "sqs:GetQueueUrl",
            "sts:GetCallerIdentity",
            "events:ListRuleNamesByTarget",
            "cloudformation:DescribeStacks",
        ),
    ),
    Run(
        "preflight_info",
        {
            "cluster_name": "demo",
            "karpenter_version": "1.14.3",
            "controller_role": "controller",
            "node_pools": [POOL],
            "kubeconfig": {},
        },
        (
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeInstanceTypeOfferings",
            "ssm:GetParameter",
            "servicequotas:GetServiceQuota",
            "servicequotas:GetAWSDefaultServiceQuota",
            "ec2:DescribeInstances",
            "iam:ListRoles",
            "iam:SimulatePrincipalPolicy",
        ),
        findings=True,
    ),
)
# A code of each kind, one that none has, and no answer at all -> what of the sentence is this kind's alone.
REFUSALS = {
    "ExpiredToken": ("AWS refused the credentials in region '", "AWS_PROFILE"),
    "AccessDenied": ("The AWS credentials lack the right to", "Allow that action"),
    "Throttling": ("AWS limits how often", "Run this again in a minute"),
    "ServiceUnavailable": ("AWS failed to answer", "run this again"),
    "OptInRequired": ("The AWS account may not use", "Enable the region"),
    "SomethingNew": ("AWS refused", "Correct what it names"),
    "no answer": ("AWS gave no answer to", "the network"),
    "no credentials": ("There are no usable AWS credentials for", "AWS_PROFILE"),
}
WORDS = "the words of AWS"
# Asked where a cluster is unknown, to name the others; not to be told of a refusal.
QUIET = {"eks:ListClusters"}
# Asked by a wait that has failed, which says what it could not ask in the same sentences (test_join_evidence.py).
BESIDE = {"iam:GetInstanceProfile", "eks:ListAccessEntries"}


@functools.cache
def client_of(service: str) -> Any:
    """boto3's client, with keys that open nothing."""
    return boto3.client(service, region_name=REGION, aws_access_key_id=KEYS["access_key"], aws_secret_access_key=KEYS["secret_key"])


def refusal(kind: str, operation: str) -> Exception:
    if kind == "no answer":
        return EndpointConnectionError(endpoint_url="https://nowhere")
    if kind == "no credentials":
        return NoCredentialsError()
    return ClientError({"Error": {"Code": kind, "Message": WORDS}}, operation)


class Aws:
    """Answers from the table, except for one operation, which is refused."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.asked: list[str] = []

    def send(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        name = f"{client.meta.service_model.signing_name}:{operation}"
        self.asked.append(name)
        answer = refusal(self.refused[name], operation) if name in self.refused else ANSWERS.get(operation, {})
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    found = Aws()

    def call(client: BaseClient, operation: str, arguments: Any) -> Any:
        return found.send(client, operation, arguments)

    # Made once: a service's model takes a second to load.
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda module, service: client_of(service))
    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    for variable in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    return found


def result_of(run: Run, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the module prints; it ends as Ansible runs it."""
    module = importlib.import_module(f"{MODULES}.{run.module}")
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**run.arguments, **KEYS}}).encode()
    # As ansible.module_utils.testing does, which ansible-core 2.18 has not.
    given = mock.patch.multiple(basic, create=True, _ANSIBLE_ARGS=arguments, _ANSIBLE_PROFILE="legacy")
    with given, pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.module)
def test_what_a_module_asks(run: Run, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    result = result_of(run, capsys)
    assert not result.get("failed"), result["msg"]
    assert set(run.asks) <= set(aws.asked)


def cases() -> list[Any]:
    """Each request refused in one way, the ways in turn, and each module's first request in every way."""
    kinds = itertools.cycle(REFUSALS)
    in_turn = [(run, action, next(kinds)) for run in RUNS for action in run.asks]
    chosen = [*in_turn, *((run, run.asks[0], kind) for run in RUNS for kind in REFUSALS)]
    return [pytest.param(*each, id=f"{each[0].module}-{each[1]}-{each[2]}") for each in dict.fromkeys(chosen)]


@pytest.mark.parametrize(("run", "action", "kind"), cases())
def test_a_refusal_is_one_sentence(run: Run, action: str, kind: str, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.refused[action] = kind
    result = result_of(run, capsys)
    said = [each["what"] for each in result["findings"]] if run.findings else [result["msg"]]
    begins, next_step = REFUSALS[kind]
    found = [text for text in said if text.startswith(begins)]
    assert found, said
    assert action in found[0] and next_step in found[0]
    assert kind.startswith("no ") or (f"({kind})" in found[0] and f": {WORDS}." in found[0])
    assert "Traceback" not in json.dumps(result) and "\n" not in found[0]
    assert not result.get("changed")
    assert bool(result.get("failed")) is not run.findings


def test_no_kind_is_missing_here() -> None:
    assert all(any(code in kind.codes for code in REFUSALS) for kind in KINDS)
    codes = [code for kind in KINDS for code in kind.codes]
    assert len(codes) == len(set(codes))


def asked_in_sources() -> set[str]:
    """The operations, in boto3's names, that anything of the collection asks."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py")]
    calls = (re.findall(r'(?:fetch|fetch_or_none|found_or_none)\([^"]*?(?:"[a-z0-9-]+"\)?, )?"([a-z_]+)"', text) for text in texts)
    return {name for found in calls for name in found if "_" in name}


def test_no_request_is_missing_here() -> None:
    snake = {re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", action.partition(":")[2]).lower() for action in known_actions()}
    snake = {name.replace("open_idconnect", "open_id_connect").replace("get_awsdefault", "get_aws_default") for name in snake}
    assert len(asked_in_sources()) > 20
    assert asked_in_sources() - snake == set()


def known_actions() -> set[str]:
    return {action for run in RUNS for action in run.asks} | QUIET | BESIDE


def test_nothing_asks_aws_but_by_fetch() -> None:
    """Else its refusal would be a traceback."""
    methods = re.compile(r"\.(?:describe|list|get|create|delete|put|terminate)_[a-z_]+\(\s*[A-Z]\w+=")
    assert methods.search("ec2.describe_instances(Filters=[])")
    found = [str(path) for path in (ROOT / "plugins").rglob("*.py") if methods.search(path.read_text(encoding="utf-8"))]
    assert found == []


def tasks(block: list[dict[str, Any]], guarded: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each task, and whether it is in a block whose rescue says why."""
    for task in block:
        if "block" in task:
            says = any("aws_failure" in str(each) or "stack_failure" in str(each) for each in task.get("rescue", []))
            yield from tasks(task["block"], says)
            yield from tasks(task.get("rescue", []), guarded)
        else:
            yield task, guarded


def test_no_module_of_amazon_aws_fails_without_a_sentence() -> None:
    files = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
    found = [(path, task, guarded) for path in files for task, guarded in tasks(yaml.safe_load(path.read_text(encoding="utf-8")) or [])]
    asking = [(f"{path}: {task['name']}", guarded) for path, task, guarded in found if any(key.startswith("amazon.aws.") for key in task)]
    assert len(asking) >= 6
    assert [where for where, guarded in asking if not guarded] == []


def test_fetch_keeps_the_code(aws: Aws) -> None:
    aws.refused["eks:DescribeCluster"] = "Throttling"
    with pytest.raises(AwsError) as caught:
        fetch(client_of("eks"), "describe_cluster", name="demo")
    assert caught.value.code == "Throttling"
