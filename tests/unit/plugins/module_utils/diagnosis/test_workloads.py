# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a Deployment's or DaemonSet's pods are not ready."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._workloads import explain, owned, rollout_complete

NAMESPACE = "kube-system"
# Recorded: kube-scheduler v1.36.3 with three replicas for two nodes.
ANTI_AFFINITY = (
    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, "
    "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
)


def deployment(replicas: int = 2, **status) -> dict:
    return {
        "kind": "Deployment",
        "metadata": {"name": "karpenter", "namespace": NAMESPACE, "generation": 1},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": 0} | status,
    }


def daemonset(desired: int, available: int, **status) -> dict:
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "plugin", "namespace": NAMESPACE, "generation": 1},
        "spec": {},
        "status": {
            "observedGeneration": 1,
            "desiredNumberScheduled": desired,
            "updatedNumberScheduled": desired,
            "numberAvailable": available,
        }
        | status,
    }


def pod(name: str = "karpenter-5d8f-a", ready: bool = False, container: dict | None = None, **condition) -> dict:
    conditions = [{"type": "Ready", "status": str(ready)}, *([condition] if condition else [])]
    statuses = [{"name": "controller", "ready": ready, **container}] if container else []
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [{"kind": "ReplicaSet", "name": "karpenter-5d8f"}]},
        "spec": {"containers": [{"name": "controller", "image": "registry.example/controller:1"}]},
        "status": {"phase": "Pending", "conditions": conditions, "containerStatuses": statuses},
    }


def event(name: str, reason: str, message: str, time: str = "2026-11-22T10:00:00Z") -> dict:
    return {"involvedObject": {"name": name}, "reason": reason, "message": message, "lastTimestamp": time}


@pytest.mark.parametrize(
    ("workload", "complete"),
    [
        (deployment(availableReplicas=2), True),
        (deployment(availableReplicas=1), False),
        (deployment(availableReplicas=2, updatedReplicas=1), False),
        (deployment(availableReplicas=2, replicas=3), False),
        (deployment(availableReplicas=2, observedGeneration=0), False),
        (deployment(replicas=0), True),
        (daemonset(0, 0), True),
        (daemonset(2, 2), True),
        (daemonset(2, 1), False),
        (daemonset(2, 2, updatedNumberScheduled=1), False),
        ({"kind": "DaemonSet", "metadata": {"name": "new", "generation": 1}, "spec": {}, "status": {}}, False),
    ],
)
def test_rollout_complete(workload: dict, complete: bool) -> None:
    assert rollout_complete(workload) is complete


def test_explain_is_empty_once_the_rollout_is_complete() -> None:
    assert explain(deployment(availableReplicas=2), [pod()], []) == []


def test_explain_a_replica_without_a_node_of_its_own() -> None:
    unscheduled = pod(type="PodScheduled", status="False", reason="Unschedulable", message=ANTI_AFFINITY)
    assert explain(deployment(), [pod("karpenter-5d8f-b", ready=True), unscheduled], []) == [
        {
            "object": "pod kube-system/karpenter-5d8f-a",
            "reason": "FailedScheduling",
            "message": "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. no new claims to deallocate",
            "next_step": "Each of the 2 replicas needs a node of its own that Karpenter did not make: lower the number of replicas, or add nodes.",
        }
    ]


@pytest.mark.parametrize(
    ("message", "step"),
    [
        ("0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.", "another zone"),
        ("0/2 nodes are available: 2 Insufficient cpu.", "lower what it requests"),
        ("0/2 nodes are available: 2 node(s) had untolerated taint(s).", "toleration"),
        ("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", "labels"),
        ("no nodes available to schedule pods", "Add nodes to the cluster"),
        ("0/2 nodes are available: something new.", "describe pod karpenter-5d8f-a"),
    ],
)
def test_explain_what_the_scheduler_says(message: str, step: str) -> None:
    unscheduled = pod(type="PodScheduled", status="False", message=message)
    assert step in explain(deployment(), [unscheduled], [])[0]["next_step"]


def waiting(reason: str, message: str = "") -> dict:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def test_explain_an_image_that_cannot_be_pulled() -> None:
    finding = explain(deployment(), [pod(container=waiting("ImagePullBackOff", 'Back-off pulling image "x"'))], [])[0]
    assert finding["reason"] == "ImagePullBackOff"
    assert "'registry.example/controller:1'" in finding["next_step"]


def test_explain_a_crash_by_its_exit_code() -> None:
    crashed = waiting("CrashLoopBackOff") | {"lastState": {"terminated": {"exitCode": 2, "message": "panic: no queue"}}}
    finding = explain(deployment(), [pod(container=crashed)], [])[0]
    assert (finding["reason"], finding["message"]) == ("CrashLoopBackOff", "container 'controller' ended with exit code 2: panic: no queue")
    assert "logs karpenter-5d8f-a -c controller --previous" in finding["next_step"]


def test_explain_a_crash_for_want_of_memory() -> None:
    crashed = waiting("CrashLoopBackOff") | {"lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    finding = explain(deployment(), [pod(container=crashed)], [])[0]
    assert finding["reason"] == "OOMKilled"
    assert "memory limit" in finding["next_step"]


def test_explain_a_running_container_that_is_not_ready() -> None:
    finding = explain(deployment(), [pod(container={"state": {"running": {}}})], [])[0]
    assert (finding["reason"], finding["message"]) == ("NotReady", "container 'controller' runs but is not ready")


def test_explain_takes_the_newest_event_of_the_pod_itself() -> None:
    events = [
        event("karpenter-5d8f-a", "FailedMount", "older"),
        event("karpenter-5d8f-a", "FailedMount", 'configmap "x" not found', "2026-11-22T10:05:00Z"),
        event("other", "FailedMount", "not this one", "2026-11-22T11:00:00Z"),
        event("karpenter-5d8f-a", "Nonsense", "no row in the table", "2026-11-22T11:00:00Z"),
    ]
    finding = explain(deployment(), [pod(container=waiting("ContainerCreating"))], events)[0]
    assert (finding["reason"], finding["message"]) == ("FailedMount", 'configmap "x" not found')


def test_explain_pods_that_cannot_be_made() -> None:
    events = [event("karpenter-5d8f", "FailedCreate", 'pods "karpenter-5d8f-" is forbidden: exceeded quota')]
    finding = explain(deployment(replicas=2, updatedReplicas=0), [], events)[0]
    assert finding["object"] == "Deployment kube-system/karpenter"
    assert "exceeded quota" in finding["message"]


def test_explain_without_pods_or_events() -> None:
    finding = explain(daemonset(1, 0), [], [])[0]
    assert (finding["reason"], finding["message"]) == ("NoPods", "0 of 1 pods exist")


def test_explain_reason_without_a_row_is_shown_as_it_is() -> None:
    finding = explain(deployment(), [pod()], [])[0]
    assert (finding["reason"], finding["message"]) == ("ContainersPending", "its phase is Pending")


@pytest.mark.parametrize(
    ("owner", "workload", "is_own"),
    [
        ({"kind": "ReplicaSet", "name": "karpenter-5d8f"}, deployment(), True),
        ({"kind": "ReplicaSet", "name": "karpenter-crd-5d8f"}, deployment(), False),
        ({"kind": "DaemonSet", "name": "plugin"}, daemonset(1, 0), True),
        ({"kind": "DaemonSet", "name": "plugin-mps-control-daemon"}, daemonset(1, 0), False),
        ({"kind": "ReplicaSet", "name": "plugin-5d8f"}, daemonset(1, 0), False),
    ],
)
def test_owned_goes_by_owner_and_not_by_labels(owner: dict, workload: dict, is_own: bool) -> None:
    assert owned({"metadata": {"name": "p", "ownerReferences": [owner]}}, workload) is is_own


def test_explain_text_of_the_cluster_is_not_a_template() -> None:
    unscheduled = pod(type="PodScheduled", status="False", message="{{ lookup('env', 'HOME') }} {container}")
    assert explain(deployment(), [unscheduled], [])[0]["message"] == "{{ lookup('env', 'HOME') }} {container}"
