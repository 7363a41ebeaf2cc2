# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of a cluster in the shapes that the API server gives, for the tests of the diagnosis."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Question
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal, NodeClaim

NODE = "ip-10-0-0-1.us-west-2.compute.internal"
TAINT = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
STEPS = ("Launched", "Registered", "Initialized")
READY = Goal("ready")
GPU_COUNT = "karpenter.k8s.aws/instance-gpu-count"
NEURON_COUNT = "karpenter.k8s.aws/instance-accelerator-count"


def condition(kind: str, status: str = "True", reason: str = "", message: str = "", since: str = "2026-11-22T10:00:00Z") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason or kind, "message": message, "lastTransitionTime": since}


def claim(*conditions: dict[str, Any], name: str = "gpu-x7k2p", promised: int = 0, **metadata: Any) -> NodeClaim:
    """A NodeClaim of pool and class gpu; the steps before the first condition's are done."""
    at = conditions[0]["type"] if conditions and conditions[0]["type"] in STEPS else ""
    done = [condition(step) for step in (STEPS[: STEPS.index(at)] if at else (*STEPS, "Ready"))]
    return NodeClaim.from_object(
        {
            "metadata": {"name": name, "uid": f"uid-{name}", "labels": {"karpenter.sh/nodepool": "gpu"}, **metadata},
            "spec": {"nodeClassRef": {"name": "gpu"}},
            "status": {
                "nodeName": NODE if len(done) >= 2 else "",
                "capacity": {"nvidia.com/gpu": str(promised)} if promised else {},
                "conditions": [*done, *conditions],
            },
        }
    )


def stuck(step: str, reason: str, message: str = "") -> NodeClaim:
    return claim(condition(step, "Unknown", reason, message))


def unregistered() -> NodeClaim:
    return stuck("Initialized", "ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered')


def node(*taints: dict[str, Any], gpus: int | None = None, **labels: str) -> dict[str, Any]:
    allocatable = {} if gpus is None else {"nvidia.com/gpu": str(gpus)}
    return {"metadata": {"name": NODE, "labels": labels}, "spec": {"taints": list(taints)}, "status": {"allocatable": allocatable}}


def workload(name: str = "nvidia-device-plugin", image: str = IMAGE, command: str = "", desired: int | None = None, **spec: Any) -> dict:
    container = {"name": "c", "image": image, **({"command": [command]} if command else {})}
    status = {} if desired is None else {"desiredNumberScheduled": desired}
    return {
        "metadata": {"name": name, "namespace": "nvidia"},
        "spec": {"template": {"spec": {"containers": [container], **spec}}},
        "status": status,
    }


def plugin_pod(ready: str = "True", name: str = "plugin-abc", command: str = "", **status: Any) -> dict[str, Any]:
    container = {"name": "c", "image": IMAGE, **({"command": [command]} if command else {})}
    return {
        "metadata": {"name": name, "namespace": "nvidia"},
        "spec": {"nodeName": NODE, "containers": [container]},
        "status": {"conditions": [condition("Ready", ready)], **status},
    }


def pool(*conditions: dict[str, Any], name: str = "gpu", limits: dict | None = None, used: dict | None = None, arch: str = "amd64") -> dict:
    """A ready NodePool for NVIDIA GPUs; given conditions replace its own."""
    own = [condition("ValidationSucceeded"), condition("NodeClassReady"), condition("Ready")]
    requirements = [
        {"key": "karpenter.k8s.aws/instance-gpu-manufacturer", "operator": "In", "values": ["nvidia"]},
        {"key": "kubernetes.io/arch", "operator": "In", "values": [arch]},
    ]
    template = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
        "requirements": requirements,
        "taints": [TAINT],
    }
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {"template": {"spec": template}, "limits": limits or {}},
        "status": {"conditions": list(conditions) or own, "resources": used or {}},
    }


def image(arch: str, *requirements: tuple[str, str]) -> dict[str, Any]:
    stated = [{"key": "kubernetes.io/arch", "operator": "In", "values": [arch]}]
    return {"id": "ami-1", "name": f"al2023-{arch}", "requirements": stated + [{"key": key, "operator": op} for key, op in requirements]}


STANDARD = image("amd64", (GPU_COUNT, "DoesNotExist"), (NEURON_COUNT, "DoesNotExist"))
NVIDIA = image("amd64", (GPU_COUNT, "Exists"))
NEURON = image("amd64", (NEURON_COUNT, "Exists"))


def node_class(*conditions: dict[str, Any], amis: tuple[dict, ...] = (STANDARD, NVIDIA, NEURON)) -> dict[str, Any]:
    return {
        "metadata": {"name": "gpu", "generation": 1},
        "spec": {"role": "KarpenterNodeRole-lab"},
        "status": {"amis": list(amis), "conditions": list(conditions) or [condition("AMIsReady"), condition("Ready")]},
    }


def pod(name: str = "train", gpus: int = 1, **spec: Any) -> dict[str, Any]:
    resources = {"limits": {"nvidia.com/gpu": str(gpus)}} if gpus else {}
    return {
        "metadata": {"name": name, "namespace": "ml", "uid": f"uid-{name}"},
        "spec": {"containers": [{"name": "c", "resources": resources}], **spec},
        "status": {"phase": "Pending"},
    }


def event(reason: str, message: str, of: str, kind: str = "NodeClaim", at: str = "2026-11-22T10:01:00Z") -> dict[str, Any]:
    return {
        "reason": reason,
        "message": message,
        "involvedObject": {"kind": kind, "name": of, "uid": f"uid-{of}", "namespace": "ml" if kind == "Pod" else ""},
        "lastTimestamp": at,
    }


def asked(*claims: NodeClaim, goal: Goal = READY, **more: Any) -> Question:
    """A question about the pool gpu."""
    return Question(**{"claims": claims, "goal": goal, "node_pools": ("gpu",), **more})
