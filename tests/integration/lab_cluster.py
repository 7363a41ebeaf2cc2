"""The lab's cluster as the tests of diagnosis arrange it: manifests in, conditions and events out."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import boto3

from tests.lab import process
from tests.lab.nodes.api import MERGE, Api, ApiError, Cache
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION, State

Json = dict[str, Any]

NODE_CLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
NODE_POOLS = "/apis/karpenter.sh/v1/nodepools"
NODE_CLASSES = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"
NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/default/pods"
EVENTS = "/api/v1/events"
DEPLOYMENTS = "/apis/apps/v1/deployments"
#: What the tests look at all the time.
WATCHED = (NODE_CLAIMS, NODE_POOLS, NODE_CLASSES, EVENTS, DEPLOYMENTS)

POOL_LABEL = "karpenter.sh/nodepool"
CHART_LABEL = "app.kubernetes.io/name"

#: Where objects of a kind are created, as far as the tests create any.
PATHS = {
    "NodePool": NODE_POOLS,
    "NodeClaim": NODE_CLAIMS,
    "EC2NodeClass": NODE_CLASSES,
    "Pod": PODS,
    "ReplicaSet": "/apis/apps/v1/namespaces/default/replicasets",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
}

#: The longest (seconds) that anything in the lab may take to come about, on a machine that does much else.
PATIENCE = 240.0


class LabCluster:
    """A connection to a lab as its administrator."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.api = Api(state.kubeconfig)
        self._stop, self._changed = threading.Event(), threading.Condition()
        self._caches = {path: Cache(self.api, path, self._notify, self._stop) for path in WATCHED}
        session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
        self._iam, self._eks = (session.client(service, endpoint_url=state.aws_endpoint) for service in ("iam", "eks"))

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Let the watches end."""
        self._stop.set()

    def eventually(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until something holds; looks at each change of what is watched, and every second for the rest.

        Raises:
            AssertionError: it did not within ``patience`` seconds; says what.
        """
        deadline = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < deadline, f"within {patience:.0f} s it did not come about that {what}"
            with self._changed:
                self._changed.wait(1.0)

    def apply(self, *manifests: Json) -> None:
        """Create objects."""
        for each in manifests:
            self.api.request("POST", PATHS[each["kind"]], each)

    def delete(self, path: str) -> None:
        """Delete an object, or do nothing if it is gone."""
        try:
            self.api.request("DELETE", path, {"gracePeriodSeconds": 0})
        except ApiError as error:
            if error.status != 404:
                raise

    def _seen(self, path: str) -> list[Json]:
        """The objects at a watched path."""
        return self._caches[path].all()

    def claims(self, pool: str) -> list[Json]:
        """The NodeClaims of a pool."""
        return [each for each in self._seen(NODE_CLAIMS) if (each["metadata"].get("labels") or {}).get(POOL_LABEL) == pool]

    def node_pool(self, name: str) -> Json | None:
        """A NodePool."""
        return next((each for each in self._seen(NODE_POOLS) if each["metadata"]["name"] == name), None)

    def is_ready(self, pool: str) -> bool:
        """Whether a NodePool is Ready."""
        conditions = ((self.node_pool(pool) or {}).get("status") or {}).get("conditions") or []
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def node_class(self, name: str) -> Json | None:
        """An EC2NodeClass."""
        return next((each for each in self._seen(NODE_CLASSES) if each["metadata"]["name"] == name), None)

    def events(self, kind: str) -> list[Json]:
        """The events about objects of a kind."""
        return [each for each in self._seen(EVENTS) if each["involvedObject"].get("kind") == kind]

    def story(self, name: str) -> str:
        """The events about what is named after a situation, a line each, the oldest first."""
        told = [each for each in self._seen(EVENTS) if re.fullmatch(f"{re.escape(name)}(-[^-]+)?", each["involvedObject"].get("name", ""))]
        times = {each["metadata"]["uid"]: each.get("lastTimestamp") or each.get("eventTime") or "" for each in told}
        told.sort(key=lambda each: times[each["metadata"]["uid"]])
        return "\n".join(f"{times[each['metadata']['uid']]} {_told(each)}" for each in told)

    def controllers(self) -> list[Json]:
        """Karpenter's Deployments."""
        return [each for each in self._seen(DEPLOYMENTS) if (each["metadata"].get("labels") or {}).get(CHART_LABEL) == "karpenter"]

    def annotate_pod(self, name: str, key: str, value: str) -> None:
        """Annotate a pod."""
        self.api.request("PATCH", f"{PODS}/{name}", {"metadata": {"annotations": {key: value}}}, MERGE)

    def delete_claims(self, pool: str) -> None:
        """Delete the NodeClaims of a pool; Karpenter drains and terminates."""
        for claim in self.claims(pool):
            self.delete(f"{NODE_CLAIMS}/{claim['metadata']['name']}")

    def set_finalizers(self, path: str, finalizers: list[str]) -> None:
        """Replace the finalizers of an object, which may be gone already."""
        try:
            self.api.request("PATCH", path, {"metadata": {"finalizers": finalizers}}, MERGE)
        except ApiError as error:
            if error.status != 404:
                raise

    def inject_claim(self, pool: str, condition: Json) -> None:
        """Write a NodeClaim that no controller looks after, with a condition."""
        name = f"{pool}-{uuid.uuid4().hex[:5]}"
        spec = {"nodeClassRef": {"group": "example.com", "kind": "OtherNodeClass", "name": "any"}, "requirements": []}
        meta = {"name": name, "labels": {POOL_LABEL: pool}}
        self.apply({"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "metadata": meta, "spec": spec})
        status = {"conditions": [{**condition, "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}]}
        self.api.request("PATCH", f"{NODE_CLAIMS}/{name}/status", {"status": status}, MERGE)

    def make_role(self, name: str, entry: str = "") -> None:
        """Have a role for nodes, with an access entry of a type or without one."""
        trust = '{"Version": "2012-10-17", "Statement": []}'
        with suppress(self._iam.exceptions.EntityAlreadyExistsException):
            self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        arn = self._iam.get_role(RoleName=name)["Role"]["Arn"]
        if entry:
            with suppress(self._eks.exceptions.ResourceInUseException):
                self._eks.create_access_entry(clusterName=CLUSTER_NAME, principalArn=arn, type=entry)

    def controller_is(self, running: bool) -> bool:
        """Whether the lab's Karpenter is a running process and its Deployment available, or neither."""
        available = any(each["status"].get("availableReplicas") for each in self.controllers())
        return {available, process.running(self._state.directory, "karpenter") is not None} == {running}

    def scale(self, replica_set: str, replicas: int) -> None:
        """Scale a ReplicaSet."""
        self.api.request("PATCH", f"{PATHS['ReplicaSet']}/{replica_set}/scale", {"spec": {"replicas": replicas}}, MERGE)

    def scale_controller(self, replicas: int) -> None:
        """Scale Karpenter's Deployment."""
        for each in self.controllers():
            meta = each["metadata"]
            path = f"/apis/apps/v1/namespaces/{meta['namespace']}/deployments/{meta['name']}/scale"
            self.api.request("PATCH", path, {"spec": {"replicas": replicas}}, MERGE)

    def remove(self, name: str) -> None:
        """Delete what a situation made: its pods, its NodePools and NodeClaims."""
        for path in (PATHS["ReplicaSet"], PODS, NODE_POOLS):
            options = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
            self.api.request("DELETE", f"{path}?labelSelector=situation%3D{name}", options)
        self.delete_claims(name)

    def await_removal(self, name: str) -> None:
        """Await that no NodeClaim of it is left, and delete its EC2NodeClass."""
        self.eventually(lambda: not self.claims(name), f"the NodeClaims of {name} are gone")
        self.delete(f"{NODE_CLASSES}/{name}")
        self.eventually(lambda: not self.node_class(name), f"the EC2NodeClass {name} is gone")


def _told(event: Json) -> str:
    about = event["involvedObject"]
    return f"{about.get('kind')} {about.get('name')} {event.get('reason')}: {event.get('message')}"


def pod(name: str, wants: Mapping[str, int], tolerates: Iterable[str], pool: str = "", **selector: str) -> Json:
    """The manifest of a pod that asks for a node of a pool: of that of its own name, unless another is given."""
    container = {"name": "any", "image": "registry.k8s.io/pause:3.10", "resources": {"limits": dict(wants)}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"situation": pool or name}},
        "spec": {
            "nodeSelector": {POOL_LABEL: pool or name, **selector},
            "tolerations": [{"key": key, "operator": "Exists"} for key in tolerates],
            "containers": [container],
        },
    }


def replica_set(template: Json, replicas: int = 1) -> Json:
    """The manifest of a ReplicaSet that keeps pods like the one given."""
    meta, labels = template["metadata"], template["metadata"]["labels"]
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": template["spec"]},
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": meta["name"], "labels": labels}, "spec": spec}


def one_line(text: str) -> str:
    """Text without line breaks."""
    return re.sub(r"\s+", " ", text)
