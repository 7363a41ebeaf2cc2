# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._taint_removers import REMOVERS, of_startup_taint

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import NODE, TAINT, node, stuck, workload

TOLERANT = {"tolerations": [{"operator": "Exists"}]}
AGENT = workload("cilium", "quay.io/cilium/cilium:v1.18.0", **TOLERANT)
OPERATOR = workload("cilium-operator", "quay.io/cilium/operator-generic:v1.18.0", **TOLERANT)
CILIUM = 'StartupTaint "node.cilium.io/agent-not-ready=true:NoExecute" still exists'
OWN = 'StartupTaint "example.com/agent:NoSchedule" still exists'


@pytest.mark.parametrize(
    ("message", "evidence", "reason", "hopeless"),
    [
        (CILIUM, Evidence(deployments=[]), "StartupTaintRemoverMissing", True),
        (CILIUM, Evidence(deployments=[], daemon_sets=[workload()]), "StartupTaintRemoverMissing", True),
        (CILIUM, Evidence(deployments=[], daemon_sets=[AGENT]), "StartupTaintsExist", False),
        (CILIUM, Evidence(deployments=[OPERATOR]), "StartupTaintsExist", False),
        # Deployments could not be read, so that none removes it is not known.
        (CILIUM, Evidence(deployments=None), "StartupTaintsExist", False),
        (OWN, Evidence(deployments=[OPERATOR], daemon_sets=[AGENT]), "StartupTaintRemoverMissing", False),
    ],
)
def test_of_startup_taint_by_whether_its_remover_is_there(message, evidence, reason, hopeless):
    held = stuck("Initialized", "StartupTaintsExist", message)
    found = of_startup_taint(held, held.blocking, evidence)
    assert (found.reason, found.message, found.hopeless) == (reason, message, hopeless)


@pytest.mark.parametrize(
    ("message", "evidence", "words"),
    [
        (CILIUM, Evidence(deployments=[]), "Cilium, which removes it, is not installed"),
        (OWN, Evidence(deployments=[]), "this collection knows of nothing that removes it"),
        (CILIUM, Evidence(deployments=[OPERATOR]), "Cilium, which removes it, is installed but has not done so"),
    ],
)
def test_of_startup_taint_explains(message, evidence, words):
    held = stuck("Initialized", "StartupTaintsExist", message)
    assert words in of_startup_taint(held, held.blocking, evidence).explanation


def test_of_startup_taint_says_what_keeps_the_remover_off_the_node():
    held = stuck("Initialized", "StartupTaintsExist", CILIUM)
    evidence = Evidence(nodes={NODE: node(TAINT)}, deployments=[], daemon_sets=[workload("cilium", "quay.io/cilium/cilium:v1.18.0")])
    assert of_startup_taint(held, held.blocking, evidence).message == (
        f"{CILIUM}; DaemonSet nvidia/cilium places no pod there, because it does not tolerate the node's taint nvidia.com/gpu:NoSchedule"
    )


@pytest.mark.parametrize(
    ("taint", "images"),
    [
        ("ebs.csi.aws.com/agent-not-ready", ["public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.45.0"]),
        ("efs.csi.aws.com/agent-not-ready", ["public.ecr.aws/efs-csi-driver/amazon/aws-efs-csi-driver:v2.1.0"]),
        ("fsx.csi.aws.com/agent-not-ready", ["public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.5.0"]),
        ("s3.csi.aws.com/agent-not-ready", ["public.ecr.aws/mountpoint-s3-csi-driver/aws-mountpoint-s3-csi-driver:v2.0.0"]),
        ("cni.istio.io/not-ready", ["docker.io/istio/pilot:1.27.0"]),
        ("node.cilium.io/agent-not-ready", ["quay.io/cilium/cilium:v1.18.0", "quay.io/cilium/operator-aws:v1.18.0"]),
    ],
)
def test_removers_are_known_by_their_images(taint, images):
    held = stuck("Initialized", "StartupTaintsExist", f'StartupTaint "{taint}:NoExecute" still exists')
    for image in images:
        assert of_startup_taint(held, held.blocking, Evidence(deployments=[workload("x", image)])).reason == "StartupTaintsExist"
    assert taint in REMOVERS
