"""A cluster of many Nodes with accelerators, made directly: no Karpenter launches them, and kwok keeps them Ready.

Scheduler, Job controller and API server are real. The limit that each of the first two sets itself on its requests by default (20 and
50 a second) is lifted, as managed control planes do: it would be what is measured.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import cluster, crds
from tests.lab.nodes import node
from tests.lab.nodes.api import Api, ApiError
from tests.lab.nodes.facts import accelerators
from tests.lab.nodes.userdata import NodeConfig
from tests.lab.state import CHECKOUT, LabError, State

INSTANCE_TYPE = "p5.48xlarge"
POOL = "bench"
LABELS = {"karpenter.sh/nodepool": POOL, "karpenter.sh/capacity-type": "on-demand"}
ZONE = "us-west-2a"
#: What an EC2 instance of the type has.
VCPUS, MEMORY_MIB = 192, 2 * 1024 * 1024
MAX_PODS = 100
FAST = {"kube-api-qps": "1000", "kube-api-burst": "1000"}
FLAGS = {"kube-controller-manager": {**FAST, "concurrent-job-syncs": "20"}, "kube-scheduler": FAST}
CONNECTIONS = 4
NODES, JOBS = "/api/v1/nodes", "/apis/batch/v1"


@dataclass(frozen=True)
class Fleet:
    """A running cluster and its Nodes."""

    state: State
    api: Api

    def grow(self, numbers: Sequence[int]) -> None:
        """Make the Nodes of these numbers, and wait until all are Ready."""
        port = self.state.ports["kubelet"]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda number: self.api.request("POST", NODES, built(number, port)), numbers))
        wait(lambda: sum(map(_is_ready, self.api.request("GET", NODES)["items"])) >= len(numbers), "the Nodes do not become Ready", 300)

    def jobs(self, namespace: str) -> list[dict[str, Any]]:
        """The namespace's Jobs."""
        found: list[dict[str, Any]] = self.api.request("GET", f"{JOBS}/namespaces/{namespace}/jobs")["items"]
        return found

    def clear(self, namespace: str) -> None:
        """Remove the namespace's Jobs and their pods, and wait until they are gone."""
        self.api.request("DELETE", f"{JOBS}/namespaces/{namespace}/jobs?propagationPolicy=Background")
        pods = f"/api/v1/namespaces/{namespace}/pods?limit=1"
        wait(lambda: not self.jobs(namespace) and not self.api.request("GET", pods)["items"], "the Jobs do not go", 600)


@contextlib.contextmanager
def fleet(directory: Path) -> Iterator[Fleet]:
    """A cluster with its state in ``directory``, without Nodes of ours yet; ended afterwards."""
    state = State(directory)
    state.choose_ports()
    state.save()
    try:
        cluster.create(state, FLAGS)
        crds.apply(state.kubeconfig)
        with _kubelets(state):
            yield Fleet(state, Api(state.kubeconfig))
    finally:
        cluster.delete(state)


def name_of(number: int) -> str:
    """The name of the Node of that number."""
    return node.node_name(_instance(number))


def built(number: int, kubelet_port: int) -> dict[str, Any]:
    """The Node of that number, with all its accelerators."""
    facts = accelerators(INSTANCE_TYPE)
    hardware = node.Hardware(INSTANCE_TYPE, "amd64", VCPUS, MEMORY_MIB, facts)
    config = NodeConfig(cluster="bench", labels=LABELS, taints=[], max_pods=MAX_PODS)
    made = node.node_from_instance(_instance(number), config, hardware, kubelet_port)
    offered = node.extended_resources(facts, served=True)
    for amounts in (made["status"]["capacity"], made["status"]["allocatable"]):
        amounts.update(offered)
    return made


def _instance(number: int) -> dict[str, Any]:
    address = f"10.1.{number >> 8}.{number & 255}"
    return {"InstanceId": f"i-{number:017x}", "PrivateIpAddress": address, "Placement": {"AvailabilityZone": ZONE}}


def wait(true: Callable[[], bool], otherwise: str, patience: float, pause: float = 0.5) -> None:
    """Wait until something is true.

    Raises:
        LabError: it is not in ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not _asked(true):
        if time.monotonic() > deadline:
            raise LabError(f"{otherwise} in {patience:.0f} s")
        time.sleep(pause)


def _asked(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except ApiError as error:
        if error.status < 500 and error.status != 429:
            raise
        return False


def _is_ready(each: dict[str, Any]) -> bool:
    states = {item["type"]: item["status"] for item in each["status"].get("conditions") or []}
    return each["metadata"]["labels"].get("karpenter.sh/nodepool") == POOL and states.get("Ready") == "True"


@contextlib.contextmanager
def _kubelets(state: State) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.kubelets"]
    environment = os.environ | state.environment()
    with state.log("kubelets").open("ab") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
