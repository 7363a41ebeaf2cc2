# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why the pods of a Deployment or DaemonSet are not ready, and what to do about it: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten

LOGS = "Read 'kubectl -n {namespace} logs {pod} -c {container} --previous', and correct what it names."
IMAGE = "Check that the image '{image}' exists and that the nodes may pull it (registry, tag, digest, pull secret)."
DESCRIBE = "Read 'kubectl -n {namespace} describe {kind} {pod}'."

# Reason, as kubelet, scheduler and controllers write it -> what the user can do.
NEXT_STEPS = {
    "ImagePullBackOff": IMAGE,
    "ErrImagePull": IMAGE,
    "InvalidImageName": IMAGE,
    "CrashLoopBackOff": LOGS,
    "Error": LOGS,
    "OOMKilled": "Give the container '{container}' a higher memory limit in the chart's values.",
    "CreateContainerConfigError": "Create the ConfigMap or Secret that the message names, or correct the chart's values.",
    "CreateContainerError": DESCRIBE,
    "FailedMount": "Create the volume's source that the message names, or correct the chart's values.",
    "FailedCreatePodSandBox": "Check the network plugin (aws-node) on the pod's node.",
    "FailedCreate": "Lift what the message names: a quota, an admission policy, or a missing service account or priority class.",
    "NotReady": "Read 'kubectl -n {namespace} logs {pod} -c {container}': the container runs but does not pass its readiness probe.",
    "ContainersPending": DESCRIBE,
    "NoPods": "Read 'kubectl -n {namespace} describe {kind} {workload}': its controller has not made the pods.",
}

# What the scheduler says -> what the user can do; the first match counts, so the most telling stands first.
SCHEDULING_STEPS = (
    (
        r"anti-affinity",
        "Each of the {replicas} replicas needs a node of its own that Karpenter did not make: lower the number of replicas, or add nodes.",
    ),
    (
        r"topology spread",
        "The {replicas} replicas must spread over zones or nodes: add nodes in another zone, or lower the number of replicas.",
    ),
    (r"[Ii]nsufficient|[Tt]oo many pods", "Add nodes with room for the pod, or lower what it requests."),
    (r"untolerated taint", "Add a toleration for the taint to the chart's values, or nodes without it."),
    (
        r"affinity|selector",
        "Add nodes with the labels that the pod asks for; {workload} does not run on nodes that Karpenter made for itself.",
    ),
    (r"no nodes available", "Add nodes to the cluster: Karpenter itself needs a node group or Fargate to run on."),
)
SCHEDULING_DEFAULT = DESCRIBE


def rollout_complete(workload: dict) -> bool:
    """Return whether every pod of the Deployment's or DaemonSet's newest generation is available.

    A DaemonSet that no node asks for (0 desired) is complete: accelerator nodes come later.
    """
    status = workload.get("status") or {}
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 1):
        return False
    if workload["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return status.get("updatedNumberScheduled", 0) >= wanted and status.get("numberAvailable", 0) >= wanted
    wanted = replicas(workload)
    return (
        status.get("updatedReplicas", 0) >= wanted and status.get("availableReplicas", 0) >= wanted and status.get("replicas", 0) == wanted
    )


def replicas(workload: dict) -> int:
    """Return how many pods the workload wants now; a Deployment without a number wants 1 (Kubernetes' default)."""
    if workload["kind"] == "DaemonSet":
        return (workload.get("status") or {}).get("desiredNumberScheduled", 0)
    wanted = workload["spec"].get("replicas")
    return 1 if wanted is None else wanted


def explain(workload: dict, pods: list[dict], events: list[dict]) -> list[dict]:
    """Return why the workload is not ready, a finding per unready pod: object, reason, message, next_step.

    Empty when its rollout is complete. ``pods`` and ``events`` may hold those of other workloads: only its own count.
    """
    if rollout_complete(workload):
        return []
    own = [pod for pod in pods if owned(pod, workload)]
    findings = [_pod_finding(pod, workload, events) for pod in own if not pod_ready(pod)]
    return findings or [_workload_finding(workload, own, events)]


def owned(pod: dict, workload: dict) -> bool:
    """Return whether the pod is the workload's.

    By owner, not by selector: NVIDIA's chart gives its DaemonSets overlapping selectors.
    A Deployment's pods belong to a ReplicaSet that carries the Deployment's name and a hash.
    """
    name = workload["metadata"]["name"]
    for owner in pod["metadata"].get("ownerReferences") or []:
        if owner["kind"] == "ReplicaSet" and workload["kind"] == "Deployment":
            return owner["name"].rpartition("-")[0] == name
        if owner["kind"] == workload["kind"] and owner["name"] == name:
            return True
    return False


def pod_ready(pod: dict) -> bool:
    """Return whether the pod has its Ready condition and is not on its way out."""
    if "deletionTimestamp" in pod["metadata"]:
        return False
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _pod_finding(pod: dict, workload: dict, events: list[dict]) -> dict:
    reason, message, container = _pod_cause(pod, events)
    fields = {
        "container": container,
        "image": _image(pod, container),
        "kind": "pod",
        "namespace": pod["metadata"].get("namespace", "default"),
        "pod": pod["metadata"]["name"],
        "replicas": replicas(workload),
        "workload": workload["metadata"]["name"],
    }
    return _finding(f"pod {fields['namespace']}/{fields['pod']}", reason, message, fields)


def _workload_finding(workload: dict, pods: list[dict], events: list[dict]) -> dict:
    """Return the finding for a workload whose pods are all ready, too few, or absent."""
    metadata = workload["metadata"]
    namespace, name = metadata.get("namespace", "default"), metadata["name"]
    # A Deployment's FailedCreate is written on its ReplicaSet, whose name starts with the Deployment's.
    failed = _last_event(
        events, lambda event: event.get("reason") == "FailedCreate" and event["involvedObject"].get("name", "").startswith(name)
    )
    message = failed.get("message") or f"{len(pods)} of {replicas(workload)} pods exist"
    kind = workload["kind"].lower()
    fields = {
        "container": "",
        "image": "",
        "kind": kind,
        "namespace": namespace,
        "pod": name,
        "replicas": replicas(workload),
        "workload": name,
    }
    return _finding(f"{workload['kind']} {namespace}/{name}", failed.get("reason") or "NoPods", message, fields)


def _finding(subject: str, reason: str, message: str, fields: dict) -> dict:
    step = _scheduling_step(message) if reason in ("FailedScheduling", "Unschedulable") else NEXT_STEPS.get(reason, DESCRIBE)
    return {"object": subject, "reason": reason, "message": _gist(message), "next_step": step.format(**fields)}


def _gist(message: str) -> str:
    """Return the message without what the scheduler adds on preemption, which says the same a second time."""
    return shorten(message.partition(", preemption: ")[0]).rstrip(". ")


def _scheduling_step(message: str) -> str:
    return next((step for pattern, step in SCHEDULING_STEPS if re.search(pattern, message)), SCHEDULING_DEFAULT)


def _pod_cause(pod: dict, events: list[dict]) -> tuple[str, str, str]:
    """Return reason, message and container of what keeps the pod from being ready, the most telling source first."""
    return (
        _unscheduled(pod)
        or _blocked_container(pod)
        or _pod_event(pod, events)
        or _unready_container(pod)
        or ("ContainersPending", f"its phase is {(pod.get('status') or {}).get('phase', 'unknown')}", "")
    )


def _unscheduled(pod: dict) -> tuple[str, str, str] | None:
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return "FailedScheduling", condition.get("message", ""), ""
    return None


def _blocked_container(pod: dict) -> tuple[str, str, str] | None:
    """Return the first container that waits for a reason worth telling, or that has ended."""
    for status in _container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        ended = (status.get("state") or {}).get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
        if waiting.get("reason") == "CrashLoopBackOff" or (not waiting and ended.get("exitCode") and not status.get("ready")):
            return _crash(waiting, ended, status["name"])
        if waiting.get("reason") in NEXT_STEPS:
            return waiting["reason"], waiting.get("message", ""), status["name"]
    return None


def _crash(waiting: dict, ended: dict, container: str) -> tuple[str, str, str]:
    """Return the cause of a container that keeps ending: out of memory has its own reason, all else its exit code."""
    if ended.get("reason") == "OOMKilled":
        return "OOMKilled", f"container '{container}' ran out of memory", container
    said = f": {ended['message']}" if ended.get("message") else ""
    message = f"container '{container}' ended with exit code {ended.get('exitCode', 'unknown')}{said}"
    return waiting.get("reason") or ended.get("reason", "Error"), message, container


def _pod_event(pod: dict, events: list[dict]) -> tuple[str, str, str] | None:
    name = pod["metadata"]["name"]
    event = _last_event(events, lambda each: each["involvedObject"].get("name") == name and each.get("reason") in NEXT_STEPS)
    return (event["reason"], event.get("message", ""), "") if event else None


def _unready_container(pod: dict) -> tuple[str, str, str] | None:
    for status in _container_statuses(pod):
        if not status.get("ready") and "running" in (status.get("state") or {}):
            return "NotReady", f"container '{status['name']}' runs but is not ready", status["name"]
    return None


def _container_statuses(pod: dict) -> list[dict]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _image(pod: dict, container: str) -> str:
    spec = pod.get("spec") or {}
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    return next((each.get("image", "") for each in containers if each["name"] == container), "")


def _last_event(events: list[dict], wanted: Callable[[dict], bool]) -> dict:
    """Return the newest event that is wanted, {} when none is; lastTimestamp is empty on events of the newer API."""
    matching = [event for event in events if wanted(event)]
    return max(matching, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "", default={})


def explain_pods(name: str, pods: list[dict], events: list[dict]) -> list[dict]:
    """Return why pods of something that is neither Deployment nor DaemonSet are not ready, a finding for each, as L(explain)."""
    owner = {"kind": "", "metadata": {"name": name}, "spec": {"replicas": len(pods)}}
    return [_pod_finding(pod, owner, events) for pod in pods if not pod_ready(pod)]
