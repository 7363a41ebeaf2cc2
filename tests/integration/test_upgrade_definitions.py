"""Real definitions of former Karpenters on a real API server, brought to the present ones, with the pools that are there.

Charts and definitions of 1.0.8 and 1.13.0 are what these versions had. What is simulated: the definitions of before 1.0 are those of 1.0.8
that store v1beta1, the conversion webhook of 1.0 is the lab's (tests/lab/conversion.py), and no controller runs: of the two controllers of
an upgrade the lab has the later one alone.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import manifests

from tests.lab import bare, conversion, crds
from tests.lab.bare import ControlPlane
from tests.lab.cluster import run as run_program
from tests.lab.state import BIN_DIR

pytestmark = pytest.mark.lab

FORMER, BEFORE, PRESENT = "1.13.0", "1.0.8", "1.14.3"
OWNED = ("nodepools.karpenter.sh", "nodeclaims.karpenter.sh", "ec2nodeclasses.karpenter.k8s.aws")
SHARED = "capacitybuffers.autoscaling.x-k8s.io"
DEFAULTS = {"cluster_name": "lab", "node_role": "KarpenterNodeRole-lab", "ami_alias": "al2023@v20261105"}
POOLS = [
    {"name": "gpu", "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 8}, "weight": 10},
    {
        "name": "training",
        "instance_types": ["p4d.24xlarge"],
        "limits": {"nvidia.com/gpu": 8},
        "protect_from_drift": "always",
        "expire_after": "Never",
    },
]
HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "karpenter-crd", "meta.helm.sh/release-namespace": "kube-system"},
}
# As Karpenter before 1.0 wrote them.
OLD_NODE = {
    "nodeClassRef": {"apiVersion": "karpenter.k8s.aws/v1beta1", "kind": "EC2NodeClass", "name": "old"},
    "requirements": [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g5"]}],
}
OLD_POOL = {
    "apiVersion": "karpenter.sh/v1beta1",
    "kind": "NodePool",
    "metadata": {"name": "old"},
    "spec": {
        "limits": {"nvidia.com/gpu": 8},
        "template": {"spec": OLD_NODE},
    },
}
OLD_CLAIM = {
    "apiVersion": "karpenter.sh/v1beta1",
    "kind": "NodeClaim",
    "metadata": {"name": "old-x7k2p"},
    "spec": OLD_NODE,
}
OLD_CLASS = {
    "apiVersion": "karpenter.k8s.aws/v1beta1",
    "kind": "EC2NodeClass",
    "metadata": {"name": "old"},
    "spec": {
        "amiFamily": "AL2023",
        "amiSelectorTerms": [{"id": "ami-0123456789abcdef0"}],
        "role": "nodes",
        "subnetSelectorTerms": [{"id": "subnet-0123456789abcdef0"}],
        "securityGroupSelectorTerms": [{"id": "sg-0123456789abcdef0"}],
    },
}
DEFINITIONS = """
- hosts: lab
  gather_facts: false
  roles:
    - role: accelerated.nodes.helm_release
      helm_release_charts:
        - name: karpenter-crd
          namespace: kube-system
          chart_ref: "{{ karpenter_crd_chart_ref }}"
          chart_version: "{{ definitions_version }}"
          plain_http: true
          option: karpenter
"""


class Cluster:
    """A control plane with an API server alone, and the collection run against it."""

    def __init__(self, plane: ControlPlane, play: Callable[..., str], directory: Path) -> None:
        self.plane, self._play = plane, play
        self._playbook = directory / "definitions.yml"
        self._playbook.write_text(DEFINITIONS)

    def kubectl(self, *words: str, given: Any = None) -> str:
        return run_program([str(BIN_DIR / "kubectl"), f"--kubeconfig={self.plane.kubeconfig}", *words], stdin=given and json.dumps(given))

    def apply(self, *objects: dict[str, Any], manager: str = "kubectl") -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--server-side", f"--field-manager={manager}", "--force-conflicts", "-f", "-", given=listed)

    def define(self, *definitions: dict[str, Any], manager: str = "kubectl") -> None:
        self.apply(*definitions, manager=manager)
        names = [f"customresourcedefinition/{each['metadata']['name']}" for each in definitions]
        self.kubectl("wait", "--for=condition=Established", *names, "--timeout=60s")

    def stored(self, name: str) -> list[str]:
        return list(json.loads(self.kubectl("get", "crd", name, "-o", "json"))["status"]["storedVersions"])

    def spec(self, kind: str, name: str) -> dict[str, Any]:
        return dict(json.loads(self.kubectl("get", kind, name, "-o", "json"))["spec"])

    def run(self, playbook: str, *options: str, fails: bool = False, **variables: Any) -> str:
        given = json.dumps({"eks_kubeconfig": str(self.plane.kubeconfig), **variables})
        return " ".join(self._play(playbook, "-e", given, *options, fails=fails).split())

    def look(self, fails: bool = False, **variables: Any) -> str:
        """What the upgrade's checks say of the cluster; nothing is changed."""
        return self.run("accelerated.nodes.upgrade", "--tags", "karpenter", "--check", fails=fails, **variables)

    def bring(self, version: str) -> None:
        """The definitions of a version, by the collection."""
        self.run(str(self._playbook), definitions_version=version)


@pytest.fixture(scope="module")
def former_charts(registry: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("former")
    for name in ("karpenter", "karpenter-crd"):
        chart = crds.former_chart(FORMER, directory, name)
        run_program([str(BIN_DIR / "helm"), "push", str(chart), f"{registry}/karpenter", "--plain-http"])


@pytest.fixture
def cluster(play: Callable[..., str], former_charts: None, tmp_path: Path) -> Iterator[Cluster]:
    with bare.control_plane(tmp_path / "plane", with_definitions=False) as plane:
        yield Cluster(plane, play, tmp_path)


def chart_definitions(chart: Path, *options: str) -> list[dict[str, Any]]:
    return list(filter(None, yaml.safe_load_all(run_program([str(BIN_DIR / "helm"), "template", "karpenter-crd", str(chart), *options]))))


def test_pools_of_the_former_version_are_kept_under_the_present_definitions(cluster: Cluster, tmp_path: Path) -> None:
    cluster.bring(FORMER)
    objects = manifests(POOLS, DEFAULTS)
    cluster.apply(*objects)
    before = {(each["kind"], each["metadata"]["name"]): cluster.spec(each["kind"], each["metadata"]["name"]) for each in objects}
    assert "CapacityBuffer" not in cluster.kubectl("api-resources", "-o", "name")

    refused = cluster.look(fails=True, karpenter_chart_version=PRESENT, karpenter_crd_chart_version=FORMER)
    assert f"karpenter_crd_chart_version is '{FORMER}', older than karpenter_chart_version '{PRESENT}'" in refused

    # Another autoscaler has brought the definition that the present chart brings for the first time.
    (shared,) = [each for each in present_definitions() if each["metadata"]["name"] == SHARED]
    cluster.define(shared)
    refused = cluster.look(fails=True, karpenter_chart_version=PRESENT)
    assert f"No Helm release owns the CustomResourceDefinitions {SHARED}" in refused and "karpenter_adopt_crds" in refused
    cluster.kubectl("label", "crd", SHARED, "app.kubernetes.io/managed-by=Helm")
    release = HELM["annotations"]
    cluster.kubectl("annotate", "crd", SHARED, *(f"{key}={value}" for key, value in release.items()))

    cluster.bring(PRESENT)
    assert {(kind, name): cluster.spec(kind, name) for kind, name in before} == before
    cluster.apply(*objects)
    assert {name: cluster.stored(name) for name in OWNED} == {name: ["v1"] for name in OWNED}


def present_definitions() -> list[dict[str, Any]]:
    from tests.lab import registry

    chart = next(chart for chart in registry.charts() if chart.name == "karpenter-crd")
    return chart_definitions(chart.package)


@pytest.fixture
def old(cluster: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that has come from before 1.0 to 1.0.8, with what was stored then."""
    chart = crds.former_chart(BEFORE, tmp_path)
    definitions = chart_definitions(chart, "--set", "webhook.enabled=false")
    with conversion.served(tmp_path) as webhook:
        for each in definitions:
            each["metadata"].update(HELM)
            each["spec"]["conversion"] = webhook
        # By Helm, which would not overwrite what it has not applied itself.
        cluster.define(*(storing(each, "v1beta1") for each in definitions), manager="helm")
        cluster.apply(OLD_CLASS, OLD_POOL, OLD_CLAIM)
        cluster.define(*definitions, manager="helm")
        yield cluster


def storing(definition: dict[str, Any], version: str) -> dict[str, Any]:
    """The definition as it was when another version was stored."""
    found = json.loads(json.dumps(definition))
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == version
    return dict(found)


def commands_of(said: str) -> list[str]:
    """The commands in the message, in their order; Ansible shows it twice, once as JSON, with other quotes."""
    found = re.findall(r"by '(kubectl .+?)'(?=, and only|; taken| -p|;|,)", said)
    return list(dict.fromkeys(command for command in found if '\\"' not in command))


def shell(cluster: Cluster, command: str) -> None:
    """As a person types it, with that kubeconfig."""
    environment = {"PATH": f"{BIN_DIR}:/usr/bin:/bin", "HOME": str(cluster.plane.directory), "KUBECONFIG": str(cluster.plane.kubeconfig)}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_what_is_stored_as_v1beta1_is_refused_and_mended_as_the_message_says(old: Cluster) -> None:
    assert old.stored("nodepools.karpenter.sh") == ["v1beta1", "v1"]
    said = old.look(fails=True, karpenter_chart_version=PRESENT)
    for name in OWNED:
        assert f"CustomResourceDefinition {name} still stores objects as v1beta1 (status.storedVersions: v1beta1, v1)" in said
    # Nothing of it was changed, and the API server would not have let it through either, one definition after another.
    assert old.stored("nodepools.karpenter.sh") == ["v1beta1", "v1"]
    with pytest.raises(Exception, match=r"storedVersions\[0\]"):
        old.apply(*(each for each in present_definitions() if each["metadata"]["name"] == "nodepools.karpenter.sh"))

    message = said[said.index("CustomResourceDefinition ") :]
    commands = commands_of(message)
    assert len(commands) == 2 * len(OWNED), commands
    for command in commands:
        shell(old, command)
    assert {name: old.stored(name) for name in OWNED} == {name: ["v1"] for name in OWNED}
    old.look(karpenter_chart_version=PRESENT)
    old.bring(PRESENT)
    reference = old.spec("nodepool", "old")["template"]["spec"]["nodeClassRef"]
    assert reference == {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "old"}
    assert old.spec("ec2nodeclass", "old")["role"] == "nodes"
