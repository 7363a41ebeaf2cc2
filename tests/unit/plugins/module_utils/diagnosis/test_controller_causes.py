# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._controller_causes import missing, stopped
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence


def deployment(available=None, replicas=2) -> dict:
    status = {} if available is None else {"availableReplicas": available}
    return {"metadata": {"name": "karpenter", "namespace": "kube-system"}, "spec": {"replicas": replicas}, "status": status}


CRASHING = {"status": {"containerStatuses": [{"name": "controller", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}
PENDING = {
    "status": {
        "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 node(s)."}
        ]
    }
}


def test_stopped_when_no_pod_is_available_quotes_the_pods_once():
    found = stopped(Evidence(controllers=[deployment()], controller_pods=[CRASHING, CRASHING]))
    assert (found.object, found.reason) == ("Deployment kube-system/karpenter", "ControllerNotRunning")
    assert found.message == "0 of 2 pods are available; controller CrashLoopBackOff"


def test_stopped_when_its_pods_find_no_node():
    found = stopped(Evidence(controllers=[deployment()], controller_pods=[PENDING]))
    assert found.message == "0 of 2 pods are available; Unschedulable: 0/1 nodes are available: 1 node(s)."


def test_stopped_when_scaled_to_nothing():
    assert stopped(Evidence(controllers=[deployment(replicas=0)])).message == "0 of 0 pods are available"


def test_stopped_not_while_one_pod_is_available():
    assert stopped(Evidence(controllers=[deployment(available=1)])) is None


def test_missing_only_when_it_was_looked_for():
    assert missing(Evidence(controllers=[])).reason == "ControllerNotRunning"
    assert missing(Evidence(controllers=None)) is None
    assert missing(Evidence(controllers=[deployment()])) is None
