"""Pods as a kubelet plays them: which ones, what they print, and the status at each step. Pure.

kwok plays what a DaemonSet, ReplicaSet or StatefulSet owns; here are the others: Jobs' pods and bare pods.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from . import commands
from .facts import Device
from .tools.output import Conditions, Output

Pod = Mapping[str, Any]
Status = dict[str, Any]

#: Plugins by kind of accelerator, and how the pods that are one show it: in a container's name or image.
PLUGINS = {"nvidia": "nvidia-device-plugin", "neuron": "neuron-device-plugin"}

#: Owners whose pods kwok plays.
_KWOKS = {"DaemonSet", "ReplicaSet", "StatefulSet"}

#: Resources whose limits hand devices to a container, by kind of accelerator.
_DEVICE_RESOURCES = {"nvidia": "nvidia.com/gpu", "neuron": "aws.amazon.com/neuron"}

#: How the stand-in chart tells its plugin's configurations, and how a node chooses one of them.
_CONFIGS, _DEFAULT_CONFIG, _CONFIG_LABEL = "lab/device-plugin-configs", "lab/device-plugin-default", "nvidia.com/device-plugin.config"

#: Why a container waits that a fault of this side holds up.
BACK_OFFS = ("CrashLoopBackOff", "ImagePullBackOff")

#: The most that the kubelet keeps of a log as termination message (FallbackToLogsOnError).
_MESSAGE_BYTES = 2048


def owner(pod: Pod) -> str | None:
    """The kind of the pod's controller."""
    return next((each["kind"] for each in pod["metadata"].get("ownerReferences") or [] if each.get("controller")), None)


def ours(pod: Pod) -> bool:
    """Whether this side plays the pod."""
    return owner(pod) not in _KWOKS and not pod["metadata"].get("deletionTimestamp")


def plugin_kind(pod: Pod) -> str | None:
    """The accelerator whose device plugin the pod is, by DaemonSet; None for any other pod."""
    if owner(pod) != "DaemonSet":
        return None
    words = [word for each in pod["spec"]["containers"] for word in (each["name"], each.get("image", ""))]
    return next((kind for kind, name in PLUGINS.items() if any(name in word for word in words)), None)


def shares(plugin: Pod, labels: Mapping[str, str]) -> int:
    """Into how many shares NVIDIA's plugin divides each GPU of a node with these labels: as the configuration says that the node chooses."""
    notes = plugin["metadata"].get("annotations") or {}
    configs = json.loads(notes.get(_CONFIGS, "{}"))
    chosen = configs.get(labels.get(_CONFIG_LABEL) or notes.get(_DEFAULT_CONFIG, ""), "")
    sharing = ((yaml.safe_load(chosen) or {}).get("sharing") or {}).get("timeSlicing") or {}
    return next((each["replicas"] for each in sharing.get("resources", ()) if each["name"] == _DEVICE_RESOURCES["nvidia"]), 1)


def is_karpenter(pod: Pod) -> bool:
    """Whether the pod is one of Karpenter's chart."""
    return (pod["metadata"].get("labels") or {}).get("app.kubernetes.io/name") == "karpenter"


def is_ready(pod: Pod) -> bool:
    """Whether the pod runs and all its containers do."""
    status = pod.get("status") or {}
    ready = [each.get("status") for each in status.get("conditions") or [] if each["type"] == "Ready"]
    return status.get("phase") == "Running" and ready == ["True"]


def finishes(pod: Pod) -> bool:
    """Whether the pod's command ends by itself: a Job's always does, a bare pod's when it runs one of the tools."""
    return owner(pod) == "Job" or any(commands.uses_a_tool(commands.command_of(each)) for each in pod["spec"]["containers"])


def devices_wanted(pod: Pod, kind: str) -> int:
    """How many devices of a kind the pod's containers request."""
    limits = [(each.get("resources") or {}).get("limits") or {} for each in pod["spec"]["containers"]]
    return sum(int(limit.get(_DEVICE_RESOURCES[kind], 0)) for limit in limits)


def sees_everything(pod: Pod) -> bool:
    """Whether the pod sees the node's devices without requesting any: it is privileged."""
    return any((each.get("securityContext") or {}).get("privileged") for each in pod["spec"]["containers"])


def hand_out(pod: Pod, devices: Sequence[Device], taken: set[int], open_to_all: bool = False) -> list[Device]:
    """The devices that the pod sees: the first free ones, as many as it requests; all of them for a privileged pod, or if they
    are open to all."""
    if not devices:
        return []
    wanted = devices_wanted(pod, devices[0].facts.accelerator)
    if not wanted and (open_to_all or sees_everything(pod)):
        return list(devices)
    return [device for device in devices if device.index not in taken][:wanted]


def play(pod: Pod, visible: Sequence[Device], conditions: Conditions, now: float = 0.0) -> dict[str, Output]:
    """What each container prints and how it ends, by container name; ``now`` in seconds since 1970."""
    machine = commands.Machine(visible, conditions, now)
    outputs = {each["name"]: commands.run(commands.command_of(each), machine) for each in pod["spec"]["containers"]}
    if not conditions.has("truncated-log"):
        return outputs
    kept = int(conditions.argument("truncated-log", "bytes", "400"))
    return {name: replace(output, text=output.text[:kept]) for name, output in outputs.items()}


def creating(pod: Pod, now: str, host_ip: str = "127.0.0.1") -> Status:
    """Scheduled and accepted; the containers are being made."""
    return _waiting(pod, now, "ContainerCreating", "") | {"hostIP": host_ip, "hostIPs": [{"ip": host_ip}], "startTime": now}


def image_pull(pod: Pod, now: str, reason: str = "ImagePullBackOff") -> Status:
    """The images cannot be pulled."""
    return _waiting(
        pod,
        now,
        reason,
        'Back-off pulling image "{image}": ErrImagePull: failed to pull and unpack image '
        '"{image}": failed to resolve reference: connection refused',
    )


def evicted(pod: Pod, now: str) -> Status:
    """The kubelet has ended the pod, as the node is short of memory. Words: kubernetes/kubernetes, pkg/kubelet/eviction/helpers.go."""
    message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. "
    target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": message, "lastTransitionTime": now}
    ends = _killed(pod, "Error", now)
    return {"phase": "Failed", "reason": "Evicted", "message": message, "conditions": [target], "containerStatuses": ends}


def oom_killed(pod: Pod, now: str) -> Status:
    """The kernel has killed the containers: they took more memory than their limit."""
    return {"phase": "Failed", "conditions": _conditions(now, "False", "PodFailed"), "containerStatuses": _killed(pod, "OOMKilled", now)}


def over_deadline(pod: Pod, now: str) -> Status:
    """The pod's activeDeadlineSeconds have passed. Words: kubernetes/kubernetes, pkg/kubelet/active_deadline.go."""
    message = "Pod was active on the node longer than the specified deadline"
    ends = _killed(pod, "Error", now)
    conditions = _conditions(now, "False", "PodFailed")
    return {"phase": "Failed", "reason": "DeadlineExceeded", "message": message, "conditions": conditions, "containerStatuses": ends}


def _killed(pod: Pod, reason: str, now: str) -> list[Status]:
    end = {"terminated": {"exitCode": 137, "reason": reason, "startedAt": now, "finishedAt": now}}
    return [_container(each, end) for each in pod["spec"]["containers"]]


def image_pull_event(pod: Pod, now: str) -> dict[str, Any]:
    """The kubelet's event that says so."""
    image = pod["spec"]["containers"][0].get("image", "")
    return event(pod, now, "Failed", f'Failed to pull image "{image}": failed to resolve reference "{image}": connection refused')


def sandbox_event(pod: Pod, now: str) -> dict[str, Any]:
    """The kubelet's event where the network plugin gives the pod no address."""
    words = 'Failed to create pod sandbox: plugin type="aws-cni" failed (add): failed to assign an IP address to container'
    return event(pod, now, "FailedCreatePodSandBox", words)


def event(pod: Pod, now: str, reason: str, message: str) -> dict[str, Any]:
    """A warning of the kubelet about a pod."""
    meta = pod["metadata"]
    about = {"kind": "Pod", "apiVersion": "v1", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "type": "Warning",
        "reason": reason,
        "count": 1,
        "metadata": {"generateName": f"{meta['name']}.", "namespace": meta["namespace"]},
        "involvedObject": about,
        "message": message,
        "source": {"component": "kubelet", "host": pod["spec"].get("nodeName", "")},
        "firstTimestamp": now,
        "lastTimestamp": now,
    }


def _waiting(pod: Pod, now: str, reason: str, message: str) -> Status:
    def state(container: Mapping[str, Any]) -> Status:
        text = message.replace("{image}", container.get("image", ""))
        return {"waiting": {"reason": reason, **({"message": text} if text else {})}}

    statuses = [_container(each, state(each)) for each in pod["spec"]["containers"]]
    names = ", ".join(each["name"] for each in pod["spec"]["containers"])
    unready = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}
    return {
        "phase": "Pending",
        "conditions": _conditions(now, ready="False", **unready),
        "containerStatuses": statuses,
    }


def running(pod: Pod, now: str, pod_ip: str) -> Status:
    """All containers run."""
    return {
        "phase": "Running",
        "podIP": pod_ip,
        "podIPs": [{"ip": pod_ip}],
        "conditions": _conditions(now, ready="True"),
        "initContainerStatuses": [
            _container(each, {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}})
            for each in pod["spec"].get("initContainers") or []
        ],
        "containerStatuses": [_container(each, {"running": {"startedAt": now}}, ready=True) for each in pod["spec"]["containers"]],
    }


def finished(pod: Pod, outputs: Mapping[str, Output], started: str, now: str) -> Status:
    """All containers ended; a pod that restarts them on failure goes back off instead of failing."""
    failed = any(output.exit_code for output in outputs.values())
    ends = {each["name"]: _terminated(each, outputs[each["name"]], started, now) for each in pod["spec"]["containers"]}
    if failed and pod["spec"].get("restartPolicy", "Always") != "Never":
        return _crash_loop(pod, ends, now)
    reason = {"reason": "PodFailed"} if failed else {"reason": "PodCompleted"}
    return {
        "phase": "Failed" if failed else "Succeeded",
        "conditions": _conditions(now, ready="False", **reason),
        "containerStatuses": [_container(each, ends[each["name"]]) for each in pod["spec"]["containers"]],
    }


def crashed(pod: Pod, now: str) -> Status:
    """A device plugin, or a controller, that ends as soon as it starts."""
    end = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now}}
    return _crash_loop(pod, {each["name"]: end for each in pod["spec"]["containers"]}, now)


def recovered(pod: Pod, now: str) -> Status:
    """The same once it runs again."""
    return {
        "phase": "Running",
        "conditions": _conditions(now, ready="True"),
        "containerStatuses": [
            _container(each, {"running": {"startedAt": now}}, ready=True, restarts=1) for each in pod["spec"]["containers"]
        ],
    }


def _crash_loop(pod: Pod, ends: Mapping[str, Status], now: str) -> Status:
    def status(container: Mapping[str, Any]) -> Status:
        name = container["name"]
        state = {
            "waiting": {
                "reason": "CrashLoopBackOff",
                "message": f"back-off 10s restarting failed container={name} pod={pod['metadata']['name']}",
            }
        }
        return _container(container, state, restarts=1) | {"lastState": ends[name]}

    return {
        "phase": "Running",
        "conditions": _conditions(now, ready="False", reason="ContainersNotReady"),
        "containerStatuses": [status(each) for each in pod["spec"]["containers"]],
    }


def _terminated(container: Mapping[str, Any], output: Output, started: str, now: str) -> Status:
    end: Status = {"exitCode": output.exit_code, "reason": "Error" if output.exit_code else "Completed"}
    if output.exit_code == 128:
        # The runtime could not start the command; a kubelet has no log then, only this message.
        message = f"failed to create containerd task: failed to start container: {output.text.strip()}"
        end |= {"reason": "StartError", "message": message}
    elif output.exit_code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
        end["message"] = output.text[-_MESSAGE_BYTES:]
    return {"terminated": {**end, "startedAt": started, "finishedAt": now}}


def _container(container: Mapping[str, Any], state: Status, ready: bool = False, restarts: int = 0) -> Status:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "containerID": "" if "waiting" in state else f"containerd://{container['name']}",
        "ready": ready,
        "started": ready,
        "restartCount": restarts,
        "state": state,
        "lastState": {},
    }


def _conditions(now: str, ready: str, reason: str = "", message: str = "") -> list[Status]:
    why = {key: value for key, value in (("reason", reason), ("message", message)) if value}
    return [
        {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": now},
        {"type": "Initialized", "status": "True", "lastTransitionTime": now},
        {"type": "Ready", "status": ready, "lastTransitionTime": now, **why},
        {"type": "ContainersReady", "status": ready, "lastTransitionTime": now, **why},
    ]
