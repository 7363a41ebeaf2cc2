"""NodeClaims as Karpenter leaves them, by the thousand.

One is written through the API server, which checks it and adds what servers add. The others are its copies, put into etcd, from
where the API server lists and watches them like any: through its front door it takes a few hundred writes a second, which
would make it, and not the programs that are measured, the one that is busy.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.lab.bare import ControlPlane
from tests.lab.state import LOOPBACK

PATH = "/apis/karpenter.sh/v1/nodeclaims"
PREFIX = "/registry/karpenter.sh/nodeclaims/"
SINCE = "2026-01-02T03:04:05Z"
CONNECTIONS = 4
STEPS = ("Launched", "Registered", "Initialized", "Ready")
CAPACITY = {"cpu": "4", "ephemeral-storage": "100Gi", "memory": "14950Mi", "pods": "29", "vpc.amazonaws.com/pod-eni": "18"}
LABELS = {
    "karpenter.k8s.aws/ec2nodeclass": "bench",
    "karpenter.k8s.aws/instance-category": "m",
    "karpenter.k8s.aws/instance-cpu": "4",
    "karpenter.k8s.aws/instance-cpu-manufacturer": "intel",
    "karpenter.k8s.aws/instance-ebs-bandwidth": "10000",
    "karpenter.k8s.aws/instance-family": "m6i",
    "karpenter.k8s.aws/instance-generation": "6",
    "karpenter.k8s.aws/instance-hypervisor": "nitro",
    "karpenter.k8s.aws/instance-memory": "16384",
    "karpenter.k8s.aws/instance-network-bandwidth": "1562",
    "karpenter.k8s.aws/instance-size": "xlarge",
    "karpenter.sh/capacity-type": "on-demand",
    "karpenter.sh/nodepool": "bench",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "node.kubernetes.io/instance-type": "m6i.xlarge",
    "topology.kubernetes.io/region": "us-west-2",
    "topology.kubernetes.io/zone": "us-west-2a",
}
SELECTED = ("karpenter.sh/capacity-type", "karpenter.sh/nodepool", "node.kubernetes.io/instance-type")
FIRST = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodeClaim",
    "metadata": {"name": "bench-00000", "labels": LABELS, "annotations": {"karpenter.sh/nodepool-hash": "9523116427861434437"}},
    "spec": {
        "expireAfter": "720h",
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "bench"},
        "requirements": [{"key": key, "operator": "In", "values": [LABELS[key]]} for key in SELECTED],
        "resources": {"requests": {"cpu": "1150m", "memory": "1Gi", "pods": "6"}},
    },
}

Claim = dict[str, Any]


def name_of(number: int) -> str:
    """The name of the claim of that number; names sort as numbers do."""
    return f"bench-{number:05d}"


def status(number: int, ready: bool = True, reason: str = "NodeNotReady") -> dict[str, Any]:
    """The status of a claim whose instance runs. It promises no accelerator, as there are no Nodes that could register one.

    :param ready: whether all conditions are True, or Initialized and Ready still Unknown.
    :param reason: of Ready, where it is not True.
    """
    return {
        "allocatable": CAPACITY | {"cpu": "3920m", "memory": "14162Mi"},
        "capacity": CAPACITY,
        "conditions": [_condition(step, ready or step in STEPS[:2], reason if step == "Ready" else "NodeNotReady") for step in STEPS],
        "imageID": "ami-0a1b2c3d4e5f60718",
        "nodeName": f"ip-10-0-{number >> 8}-{number & 255}.us-west-2.compute.internal",
        "providerID": f"aws:///us-west-2a/i-{number:017x}",
    }


class Claims:
    """The NodeClaims of a control plane: how they are made, changed and removed."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._api = plane.connect()
        self._threads = threading.local()
        #: The claim that the API server made, of which the others are copies.
        self.template = self._first()

    def copy(self, number: int, fields: dict[str, Any]) -> Claim:
        """The claim of that number, with these fields."""
        meta = {**self.template["metadata"], "name": name_of(number), "uid": str(uuid.UUID(int=number))}
        return {**self.template, "metadata": meta, **fields}

    def create(self, numbers: Iterable[int], ready: bool = True) -> None:
        """Makes the claims of these numbers, and waits until the API server has noticed: it refuses a watch from where it has not come."""
        made = list(numbers)
        revision = self.put((number, {"status": status(number, ready)}) for number in made)
        while not self._noticed(made[-1], revision):
            time.sleep(0.2)

    def put(self, changes: Iterable[tuple[int, dict[str, Any]]]) -> int:
        """Puts claims of these numbers, with these fields, into etcd, each put a change of its own; returns the last one's resourceVersion."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return max(pool.map(lambda change: self.put_one(*change), changes))

    def _noticed(self, number: int, revision: int) -> bool:
        """Whether the API server's cache has come to a resourceVersion, by any claim read from it; the server waits three seconds for that."""
        try:
            self._send("GET", f"{PATH}/{name_of(number)}?resourceVersion={revision}")
        except OSError as error:
            if "Too large resource version" not in str(error):
                raise
            return False
        return True

    def put_one(self, number: int, fields: dict[str, Any]) -> int:
        """Puts one claim; returns its new resourceVersion."""
        answer = self._etcd("put", PREFIX + name_of(number), value=_encoded(json.dumps(self.copy(number, fields))))
        return int(answer["header"]["revision"])

    def patch(self, number: int, fields: dict[str, Any]) -> None:
        """Changes a claim's status through the API server."""
        self._send("PATCH", f"{PATH}/{name_of(number)}/status", {"status": fields}, "application/merge-patch+json")

    def clear(self) -> None:
        """Removes all claims, and waits until the API server has noticed."""
        self._etcd("deleterange", PREFIX, range_end=_encoded(PREFIX[:-1] + chr(ord(PREFIX[-1]) + 1)))
        while self._send("GET", f"{PATH}?resourceVersion=0")["items"]:
            time.sleep(0.2)

    def size(self) -> int:
        """Bytes of one claim, as the API server sends it."""
        return len(json.dumps(self._send("GET", f"{PATH}?limit=1")["items"][0], separators=(",", ":")))

    def _first(self) -> Claim:
        made = self._send("POST", PATH, FIRST)
        made = self._send("PUT", f"{PATH}/{name_of(0)}/status", made | {"status": status(0)})
        del made["metadata"]["resourceVersion"]
        self.clear()
        return made

    def _send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        text = None if body is None else json.dumps(body)
        return _exchange(self._api, method, path, text, self._plane.headers | {"Content-Type": content_type})

    def _etcd(self, operation: str, key: str, **more: str) -> Any:
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = http.client.HTTPConnection(LOOPBACK, self._plane.etcd_port)
        return _exchange(connection, "POST", f"/v3/kv/{operation}", json.dumps({"key": _encoded(key), **more}), {})


def _exchange(connection: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: dict[str, str]) -> Any:
    try:
        return _exchange_once(connection, method, path, body, headers)
    except ConnectionError:  # A server ends a connection that was idle for long; each of these requests may be made twice.
        connection.close()
        return _exchange_once(connection, method, path, body, headers)


def _exchange_once(connection: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: dict[str, str]) -> Any:
    if connection.sock is None:
        connection.connect()
        # Header and body are two packets, and the second must not wait for the first's acknowledgement.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 400:
        raise OSError(f"{method} {path} was refused with {answer.status}: {text[:300]!r}")
    return json.loads(text)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _condition(step: str, true: bool, reason: str) -> dict[str, Any]:
    words = {"status": "True", "reason": step, "message": ""}
    if not true:
        words = {"status": "Unknown", "reason": reason, "message": "Node status is NotReady"}
    return {"type": step, "lastTransitionTime": SINCE, "observedGeneration": 1, **words}
