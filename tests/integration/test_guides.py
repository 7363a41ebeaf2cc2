"""Each guide, walked as its reader walks it: its own commands on the lab, and the output that it shows.

So a guide is at once the scenario of what it is about: installed, installed again without a change, looked at, and torn down.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.integration.guide_steps import LONG, Step, guides, missing, steps
from tests.lab.nodes.api import Api, ApiError
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION, State

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "guides"
CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
# What a cluster that knows no access entries has from its beginning; whoever changes a byte of it is told so below.
AWS_AUTH = {
    "mapUsers": "- userarn: arn:aws:iam::111122223333:user/ops # on call\n  groups: [ 'system:masters' ]\n",
    "mapRoles": (
        "# node group, by eksctl\n- groups:\n  - system:bootstrappers\n  - system:nodes\n"
        "  rolearn: arn:aws:iam::111122223333:role/eksctl-nodes\n  username: system:node:{{EC2PrivateDNSName}}\n"
    ),
}

pytestmark = pytest.mark.lab


class Walk:
    """One guide on the lab, from a folder in which the examples are."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment
        (folder / "examples").symlink_to(ROOT / "examples")

    def take(self, step: Step) -> None:
        """Do what a step says, and hold its output against what the page shows."""
        if step.file:
            self._edit(self._folder / step.file)
            return
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.command],
            cwd=self._folder,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"{step.command}ended with {done.returncode}\n{done.stdout}", pytrace=False)
        lacking = missing(step.shown, done.stdout)
        if lacking:
            pytest.fail(f"{step.command}does not print what the guide shows: {lacking}\n{done.stdout}", pytrace=False)

    def _edit(self, path: Path) -> None:
        """Put the lab into an inventory, under the name that the guide uses."""
        assert path.is_file(), f"the guide edits {path}, which is not there"
        (name,) = yaml.safe_load(path.read_text())["all"]["hosts"]
        lab = yaml.safe_load((Path(self._environment["LAB_DIR"]) / "inventory.yml").read_text())
        path.write_text(yaml.safe_dump({"all": {"hosts": {name: lab["all"]["hosts"]["lab"]}}}))


@pytest.fixture
def walk(lab: dict[str, str], tmp_path: Path) -> Iterator[Walk]:
    """A walk; what is left of one that ended early is torn down by the collection's own playbook."""
    yield Walk(tmp_path, lab)
    inventory = tmp_path / "my-inventory"
    if inventory.is_dir() and left(State.load()):
        command = ["ansible-playbook", "accelerated.nodes.teardown", "-i", str(inventory)]
        subprocess.run(command, cwd=tmp_path, env=lab, check=False, capture_output=True)


def left(state: State) -> list[str]:
    """What a teardown has to remove: stacks and instances in AWS, charts and Karpenter's definitions in the cluster."""
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    cloudformation, ec2 = (session.client(service, endpoint_url=state.aws_endpoint) for service in ("cloudformation", "ec2"))
    stacks = [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"] if CLUSTER_NAME in each["StackName"]]
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    instances = [each["InstanceId"] for group in ec2.describe_instances(Filters=[states])["Reservations"] for each in group["Instances"]]
    api = Api(state.kubeconfig)
    releases = api.request("GET", "/api/v1/secrets?fieldSelector=type%3Dhelm.sh%2Frelease.v1")["items"]
    definitions = api.request("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    ours = [*releases, *(each for each in definitions if "karpenter" in each["spec"]["group"])]
    return stacks + instances + [each["metadata"]["name"] for each in ours]


class AwsAuth:
    """The ConfigMap aws-auth of the lab's cluster."""

    def __init__(self) -> None:
        self._api = Api(State.load().kubeconfig)

    def make(self) -> None:
        """Have what others wrote."""
        self.remove()
        meta = {"name": "aws-auth", "namespace": "kube-system"}
        self._api.request("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": AWS_AUTH})

    def data(self) -> dict[str, Any]:
        """What it says."""
        found = self._api.get(f"{CONFIG_MAPS}/aws-auth")
        return dict(found["data"]) if found else {}

    def remove(self) -> None:
        """Have none."""
        try:
            self._api.request("DELETE", f"{CONFIG_MAPS}/aws-auth")
        except ApiError as error:
            if error.status != 404:
                raise


@pytest.fixture
def config_map_cluster(run: Callable[..., str]) -> Iterator[AwsAuth]:
    """The lab's cluster as one that knows nodes by aws-auth alone, in which others have written."""
    aws_auth = AwsAuth()
    aws_auth.make()
    run("python", "-m", "tests.lab", "fault", "authentication-mode", "on", "--mode", "CONFIG_MAP")
    yield aws_auth
    run("python", "-m", "tests.lab", "fault", "authentication-mode", "off")
    aws_auth.remove()


def _parameter(page: Path) -> object:
    return pytest.param(page, id=page.stem, marks=[pytest.mark.proof] if page.stem in LONG else [])


@pytest.mark.parametrize("page", [_parameter(page) for page in guides(GUIDES) if page.stem != "inferentia"])
def test_guide(page: Path, walk: Walk) -> None:
    for step in steps(page.read_text(encoding="utf-8")):
        walk.take(step)
    assert left(State.load()) == []


def test_guide_inferentia_on_a_cluster_without_access_entries(config_map_cluster: AwsAuth, walk: Walk) -> None:
    """Whose page is of a cluster of mode CONFIG_MAP; nodes join it only if aws-auth maps their role."""
    for step in steps((GUIDES / "inferentia.md").read_text(encoding="utf-8")):
        walk.take(step)
        assert config_map_cluster.data()["mapRoles"].startswith(AWS_AUTH["mapRoles"])
    assert config_map_cluster.data() == AWS_AUTH
    assert left(State.load()) == []
