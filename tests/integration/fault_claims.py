"""NodeClaims of a test's own NodePool, written straight to the API server: no Karpenter is there to change them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.lab.nodes.api import MERGE, Api

NODECLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
FINALIZER = "karpenter.sh/termination"
READY, UNREADY, TERMINATING = "ready", "unready", "terminating"
NODELESS = "nodeless"  # Ready by its conditions; its Node is not there.
NODE = "fault-node"
PODS = "/api/v1/namespaces/default/pods"
JOB_LABEL = "batch.kubernetes.io/job-name"
WAITING = ("ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered')


class Claims:
    """The NodeClaims of one pool."""

    def __init__(self, api: Api, pool: str) -> None:
        self._api = api
        self.pool = pool

    def create(self, name: str, kind: str) -> None:
        """A claim named after the pool, in the state ``kind``."""
        self._api.request("POST", NODECLAIMS, self.object(name, kind))
        self.become(name, kind)
        if kind == TERMINATING:
            self._api.request("DELETE", self._path(name))

    def become(self, name: str, kind: str) -> None:
        """Change a claim's status."""
        self._api.request("PATCH", self._path(name) + "/status", {"status": status(kind)}, MERGE)

    def delete(self, name: str) -> None:
        """Delete a claim for good."""
        self._api.request("PATCH", self._path(name), {"metadata": {"finalizers": None}}, MERGE)
        if self._api.get(self._path(name)):
            self._api.request("DELETE", self._path(name))

    def create_pod(self, phase: str) -> None:
        """A pod named after the pool, of a Job of that name, for which no node is found."""
        make_pod(self._api, self.pool, phase, job=self.pool)

    def end_pod(self) -> None:
        """Have that pod end well."""
        self._api.request("PATCH", f"{PODS}/{self.pool}/status", {"status": {"phase": "Succeeded"}}, MERGE)

    def all(self) -> dict[str, dict[str, Any]]:
        """The claims as they are now, by name."""
        selector = quote(f"karpenter.sh/nodepool={self.pool}")
        return {item["metadata"]["name"]: item for item in self._api.request("GET", f"{NODECLAIMS}?labelSelector={selector}")["items"]}

    def full(self, name: str) -> str:
        return f"{self.pool}-{name}"

    def object(self, name: str, kind: str = UNREADY) -> dict[str, Any]:
        """A claim as Karpenter makes it."""
        labels = {
            "karpenter.sh/nodepool": self.pool,
            "karpenter.sh/capacity-type": "on-demand",
            "node.kubernetes.io/instance-type": "g4dn.xlarge",
            "topology.kubernetes.io/zone": "us-west-2a",
        }
        return {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodeClaim",
            "metadata": {"name": self.full(name), "labels": labels, "finalizers": [FINALIZER] if kind == TERMINATING else []},
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
                "requirements": [{"key": "karpenter.sh/nodepool", "operator": "In", "values": [self.pool]}],
                "resources": {"requests": {"nvidia.com/gpu": "1"}},
            },
        }

    def _path(self, name: str) -> str:
        return f"{NODECLAIMS}/{self.full(name)}"


def make_pod(api: Api, name: str, phase: str = "", job: str = "", **spec: Any) -> None:
    """A pod in namespace default, of a Job or none, that has come so far."""
    container = {"name": "main", "image": "example.invalid/none"}
    meta = {"name": name, "labels": {JOB_LABEL: job} if job else {}}
    api.request("POST", PODS, {"metadata": meta, "spec": {"containers": [container], **spec}})
    if phase:
        api.request("PATCH", f"{PODS}/{name}/status", {"status": {"phase": phase}}, MERGE)


def status(kind: str) -> dict[str, Any]:
    """A NodeClaim's status when it is ready, or held up by its device plugin."""
    done = kind != UNREADY
    reason, message = ("", "") if done else WAITING
    conditions = [condition("Launched"), condition("Registered")]
    conditions += [condition("Initialized", done, reason, message), condition("Ready", done, reason, message)]
    return {
        "nodeName": NODE if kind != NODELESS else "no-such-node",
        "providerID": "aws:///us-west-2a/i-0123456789abcdef0",
        "capacity": {"cpu": "4", "nvidia.com/gpu": "1"},
        "allocatable": {"cpu": "4", "nvidia.com/gpu": "1"},
        "conditions": conditions,
    }


def condition(kind: str, done: bool = True, reason: str = "", message: str = "") -> dict[str, str]:
    """A condition as Karpenter writes it: Unknown, not False, while it waits."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = "True" if done else "Unknown"
    return {"type": kind, "status": status, "reason": reason or kind, "message": message, "lastTransitionTime": now}


def node(name: str = NODE, gpus: int = 1) -> dict[str, Any]:
    """The Node behind the claims, with what its device plugin has registered."""
    resources = {"cpu": "4", "memory": "16Gi", "pods": "58", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "",
        "lastTransitionTime": now,
        "lastHeartbeatTime": now,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"node.kubernetes.io/instance-type": "g4dn.xlarge", "kubernetes.io/hostname": name}},
        "spec": {"providerID": "aws:///us-west-2a/i-0123456789abcdef0", "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]},
        "status": {"capacity": resources, "allocatable": resources, "conditions": [ready]},
    }
