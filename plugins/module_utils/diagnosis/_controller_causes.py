# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether Karpenter's controller runs: its Deployment and pods. Pure."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._plugin_causes import waiting_words
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict

# Both charts, and those of forks, set it; EKS Auto Mode runs Karpenter outside the cluster and has no such Deployment.
CONTROLLER_SELECTOR = "app.kubernetes.io/name=karpenter"


def stopped(evidence: Evidence) -> Verdict | None:
    """That a Deployment of the controller is there and none of its pods is available; None otherwise."""
    for item in evidence.controllers or ():
        status, wanted = item.get("status") or {}, (item.get("spec") or {}).get("replicas", 1)
        if not status.get("availableReplicas"):
            name = f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
            words = [f"0 of {wanted} pods are available", *dict.fromkeys(filter(None, map(_pod_words, evidence.controller_pods)))]
            return verdict(f"Deployment {name}", "ControllerNotRunning", "; ".join(words))
    return None


def missing(evidence: Evidence) -> Verdict | None:
    """That the cluster has no Deployment of the controller; None when it has, or it is not known."""
    if evidence.controllers is None or evidence.controllers:
        return None
    return verdict("Karpenter", "ControllerNotRunning", f"no Deployment has the label {CONTROLLER_SELECTOR}")


def _pod_words(pod: dict) -> str:
    conditions = (pod.get("status") or {}).get("conditions") or []
    unscheduled = [item.get("message", "") for item in conditions if item.get("type") == "PodScheduled" and item.get("status") == "False"]
    return waiting_words(pod) or (f"Unschedulable: {unscheduled[0]}" if unscheduled else "")
