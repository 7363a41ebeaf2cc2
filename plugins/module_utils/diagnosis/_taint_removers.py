# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who removes a startup taint, and whether it is there: a row a taint. Pure.

Karpenter waits for a startup taint to be removed and never removes one itself. Sources: the installation guides of Cilium, Istio (ambient,
PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS), and AWS' CSI drivers for EBS, EFS, FSx and S3. NVIDIA's and Neuron's device plugins remove no taint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import repelled_by
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, NodeClaim


class Remover(NamedTuple):
    """The agent's name for a person, and parts of the names of images that its workloads run."""

    name: str
    images: tuple[str, ...]


REMOVERS = {
    "node.cilium.io/agent-not-ready": Remover("Cilium", ("cilium/cilium", "cilium/operator", "cilium-operator")),
    "ebs.csi.aws.com/agent-not-ready": Remover("the EBS CSI driver", ("aws-ebs-csi-driver",)),
    "efs.csi.aws.com/agent-not-ready": Remover("the EFS CSI driver", ("aws-efs-csi-driver",)),
    "fsx.csi.aws.com/agent-not-ready": Remover("the FSx for Lustre CSI driver", ("aws-fsx-csi-driver",)),
    "fsx.openzfs.csi.aws.com/agent-not-ready": Remover("the FSx for OpenZFS CSI driver", ("aws-fsx-openzfs-csi-driver",)),
    "s3.csi.aws.com/agent-not-ready": Remover("the Mountpoint for S3 CSI driver", ("aws-mountpoint-s3-csi-driver",)),
    "cni.istio.io/not-ready": Remover("istiod", ("istio/pilot", "/pilot:")),
}


def of_startup_taint(claim: NodeClaim, blocking: Condition, evidence: Evidence) -> Verdict:
    """Whether what removes the startup taint is there, and if so what keeps it from the node."""
    obj = f"NodeClaim {claim.name} (node {claim.node})"
    named = re.search(r'"([^"]+)"', blocking.message)
    key = re.split(r"[=:]", named.group(1))[0] if named else ""
    remover = REMOVERS.get(key)
    if remover is None:
        why = "this collection knows of nothing that removes it"
        # Not hopeless: an agent that the table does not have may do it.
        return replace(verdict(obj, "StartupTaintRemoverMissing", blocking.message, why=why), hopeless=False)
    if evidence.deployments is None:
        return verdict(obj, "StartupTaintsExist", blocking.message, remover=remover.name)
    daemon_sets = [item for item in evidence.daemon_sets if _runs(item, remover.images)]
    if not daemon_sets and not any(_runs(item, remover.images) for item in evidence.deployments):
        why = f"{remover.name}, which removes it, is not installed"
        return verdict(obj, "StartupTaintRemoverMissing", blocking.message, why=why)
    words = "; ".join(filter(None, (blocking.message, _kept_off(daemon_sets, evidence.nodes.get(claim.node, {})))))
    return verdict(obj, "StartupTaintsExist", words, remover=remover.name)


def _runs(workload: dict, images: Sequence[str]) -> bool:
    containers = workload["spec"]["template"]["spec"].get("containers") or []
    return any(part in str(each.get("image", "")) for each in containers for part in images)


def _kept_off(daemon_sets: Sequence[dict], node: dict) -> str:
    for item in daemon_sets:
        why = repelled_by(item["spec"]["template"]["spec"], node)
        if why:
            return f"DaemonSet {item['metadata'].get('namespace', '')}/{item['metadata']['name']} places no pod there, because {why}"
    return ""
