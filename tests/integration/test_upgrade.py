"""Another version of Karpenter, on a cluster that a cut-off Helm run and an old installation have left in disorder.

The lab has one Karpenter. Its charts are published a second time under the number of the next minor version, so what is simulated is that
the new version differs; charts, Helm, custom resource definitions and the stack's update are what they are.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import LATER
from tests.lab.state import BIN_DIR

pytestmark = pytest.mark.lab

FORMER = "1.14.3"
DEFINITION = "nodeoverlays.karpenter.sh"
# No node comes of it.
POOL = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "to-be-saved"},
    "spec": {
        "limits": {"cpu": 0},
        "template": {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "none"}, "requirements": []}},
    },
}

Program = Callable[..., str]


@pytest.fixture
def upgrade(automation: Program, tmp_path: Path) -> Program:
    """A function that runs the playbook for a version, as the least-privilege account."""

    def run_playbook(version: str, *options: str, fails: bool = False, **variables: object) -> str:
        given = {"karpenter_chart_version": version, "karpenter_backup_dir": str(tmp_path / "backups"), **variables}
        return " ".join(automation("accelerated.nodes.upgrade", "-e", json.dumps(given), *options, fails=fails).split())

    return run_playbook


@pytest.fixture
def disorder(installed: None, program: Program, registry: str, lab: dict[str, str], upgrade: Program) -> Iterator[None]:
    """A release that a Helm run was cut off in, a definition that no release owns, and a pool to lose; in order again after the test."""
    program("kubectl", "apply", "-f", "-", given=json.dumps(POOL))
    program("kubectl", "label", "crd", DEFINITION, "app.kubernetes.io/managed-by-")
    chart = (f"{registry}/karpenter/karpenter", f"--version={FORMER}", "--plain-http")
    words = ("-n", "kube-system", "upgrade", "karpenter", *chart, "--reuse-values", "--set", "replicas=3", "--wait")
    helm = subprocess.Popen([str(BIN_DIR / "helm"), *words], env=lab, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pending = ("-n", "kube-system", "get", "secrets", "-l", "owner=helm,name=karpenter,status=pending-upgrade", "-o", "name")
    # A third replica has no node, so Helm waits until it is killed.
    while not program("kubectl", *pending) and helm.poll() is None:
        time.sleep(0.2)
    helm.kill()
    helm.wait()
    assert program("kubectl", *pending), "Helm had ended before it was cut off"
    yield
    # Of AWS, a right more is left.
    upgrade(FORMER, "--tags", "karpenter", karpenter_mend_pending_release=True, karpenter_adopt_crds=True)
    program("kubectl", "delete", "nodepool", "to-be-saved")


def test_upgrade_mends_what_it_is_asked_to_and_saves_the_pools(
    disorder: None, later_charts: str, upgrade: Program, program: Program, tmp_path: Path
) -> None:
    refused = upgrade(LATER, "--tags", "karpenter", fails=True)
    assert "is in state pending-upgrade since" in refused and "set karpenter_mend_pending_release to true" in refused
    refused = upgrade(LATER, "--tags", "karpenter", karpenter_mend_pending_release=True, fails=True)
    assert f"No Helm release owns the CustomResourceDefinitions {DEFINITION}" in refused
    assert re.search(r"lab : ok=\d+ changed=0 ", refused)
    assert not (tmp_path / "backups").exists()

    done = upgrade(LATER, karpenter_mend_pending_release=True, karpenter_adopt_crds=True)
    assert "Adds ec2:RebootInstances (node repair by a reboot), which Karpenter needs since 1.15." in done
    controller = json.loads(program("kubectl", "-n", "kube-system", "get", "deployment", "karpenter", "-o", "json"))
    assert controller["metadata"]["labels"]["helm.sh/chart"] == f"karpenter-{LATER}"
    # What the run that was cut off had applied is gone.
    assert controller["spec"]["replicas"] == 2
    claims, pools = sorted((tmp_path / "backups").iterdir())
    assert (claims.stat().st_mode & 0o777, pools.stat().st_mode & 0o777) == (0o600, 0o600)
    assert re.search(rf"-karpenter-{FORMER}-\d{{8}}T\d{{6}}Z\.yml$", pools.name)
    saved = {item["metadata"]["name"]: item for item in yaml.safe_load(pools.read_text())["items"] if item["kind"] == "NodePool"}
    assert "to-be-saved" in saved
    assert not any("status" in item for item in saved.values())
    program("kubectl", "apply", "--dry-run=server", "-f", str(pools))
