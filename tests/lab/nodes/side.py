"""The node side of the lab: a thread that makes Nodes of instances and plays their kubelets."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

from tests.lab.state import REAL_NODE

from . import facts, faults, kubelet, node, player, pods
from .api import ERRORS, MERGE, Api, Cache
from .cloud import ERRORS as CLOUD_ERRORS
from .cloud import Cloud
from .join import Joiner

log = logging.getLogger(__name__)

#: Seconds between looks at EC2, and between two rounds at the least.
POLL_SECONDS = 1.0
ROUND_SECONDS = 0.05
LONGEST_REST_SECONDS = 10.0

#: The pods that run, by their node and the accelerator whose plugin they are.
Serving = dict[tuple[str | None, str | None], dict[str, Any]]

#: How long (seconds) a follower of a log waits for its end.
FOLLOW_SECONDS = 600.0


class NodeSide:
    """Everything below the API server that is not kwok's."""

    def __init__(self, kubeconfig: Path, aws_endpoint: str, state_dir: Path) -> None:
        self._state_dir = Path(state_dir)
        self._api = Api(Path(kubeconfig))
        self._cloud = Cloud(aws_endpoint)
        self._player = player.Player(self._api)
        self._wake = threading.Event()
        self._next_look = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        self._log_to_file()
        server = kubelet.serve(self._log_of, self._state_dir, self._port())
        self._nodes = Cache(self._api, "/api/v1/nodes", self._wake.set, stop)
        self._pods = Cache(self._api, "/api/v1/pods", self._wake.set, stop)
        self._joiner = Joiner(self._cloud, self._api, server.server_port)
        try:
            while not stop.is_set():
                self._round(server.server_port)
                self._rest(stop)
        finally:
            server.shutdown()

    def _port(self) -> int:
        """The port that the lab chose for its kubelets; 0 (any free one) outside a lab."""
        try:
            return json.loads((self._state_dir / "state.json").read_text(encoding="utf-8"))["ports"]["kubelet"]
        except (FileNotFoundError, KeyError):
            return 0

    def _log_to_file(self) -> None:
        path = self._state_dir / "log" / "nodes.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger = logging.getLogger(__package__)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)

    def _rest(self, stop: threading.Event) -> None:
        stop.wait(ROUND_SECONDS)
        until = min(self._next_look, self._player.next_due())
        self._wake.wait(max(until - time.monotonic(), 0))
        self._wake.clear()

    def _round(self, port: int) -> None:
        if not (self._nodes.synced.is_set() and self._pods.synced.is_set()):
            self._next_look = time.monotonic() + 0.2
            return
        try:
            on = faults.active(self._state_dir)
            self._look(on)
            self._keep_pods(on)
            self._keep_nodes(on, port)
        except (*ERRORS, *CLOUD_ERRORS, json.JSONDecodeError) as error:
            log.warning("this round failed, the next one tries again: %s", error)
            self._next_look = time.monotonic() + POLL_SECONDS

    def _look(self, on: player.Faults) -> None:
        began = time.monotonic()
        if began < self._next_look:
            return
        self._joiner.step(self._nodes.all(), on)
        # About a tenth of the time: with many instances each look is dear. But one that took long made many nodes, and others wait.
        self._next_look = time.monotonic() + min(max(POLL_SECONDS, 10 * (time.monotonic() - began)), LONGEST_REST_SECONDS)

    def _keep_pods(self, on: player.Faults) -> None:
        nodes = {each["metadata"]["name"]: each for each in self._nodes.all() if REAL_NODE not in (each["metadata"].get("labels") or {})}
        for changed in self._player.step(nodes, self._pods.all(), on):
            self._pods.put(changed)

    def _keep_nodes(self, on: player.Faults, port: int) -> None:
        serving = {(pod["spec"].get("nodeName"), pods.plugin_kind(pod)): pod for pod in self._pods.all() if pods.is_ready(pod)}
        for each in self._nodes.all():
            if node.INSTANCE not in (each["metadata"].get("annotations") or {}):
                continue
            held = faults.on_node(on, each["metadata"]["labels"])
            if node.NOT_READY in each["metadata"]["annotations"] and "kubelet-not-ready" not in held:
                self._release(each)
            patch = _node_patch(each, serving, held, port)
            if patch:
                path = f"/api/v1/nodes/{each['metadata']['name']}/status"
                self._nodes.put(self._api.request("PATCH", path, {"status": patch}, MERGE))

    def _release(self, each: dict[str, Any]) -> None:
        """Let kwok make the node Ready."""
        patch = {"metadata": {"annotations": {node.NOT_READY: None}}}
        self._nodes.put(self._api.request("PATCH", f"/api/v1/nodes/{each['metadata']['name']}", patch, MERGE))

    def _log_of(self, namespace: str, name: str, container: str, follow: bool) -> tuple[int, str]:
        pod = self._find(namespace, name)
        if pod is None:
            return 404, f'pod "{name}" not found'
        if self._holds_back(pod):
            return 500, "failed to open log file: input/output error"
        uid = pod["metadata"]["uid"]
        deadline = time.monotonic() + FOLLOW_SECONDS
        while follow and pods.ours(pod) and not self._player.done(uid) and time.monotonic() < deadline:
            time.sleep(0.1)
        output = self._player.log_of(uid, container)
        if output is None and pods.ours(pod):
            return 400, f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating'
        return 200, output.text if output else ""

    def _holds_back(self, pod: dict[str, Any]) -> bool:
        """Whether the pod's kubelet does not serve logs."""
        on = faults.active(self._state_dir)
        place = next((each for each in self._nodes.all() if each["metadata"]["name"] == pod["spec"].get("nodeName")), None)
        return place is not None and "logs-not-served" in faults.on_node(on, place["metadata"]["labels"])

    def _find(self, namespace: str, name: str) -> dict[str, Any] | None:
        found = (pod for pod in self._pods.all() if (pod["metadata"]["namespace"], pod["metadata"]["name"]) == (namespace, name))
        return next(found, None)


def _node_patch(each: dict[str, Any], serving: Serving, held: player.Faults, port: int) -> dict[str, Any]:
    """What is to change in a node's status: its accelerators, and the kubelet's port after a restart of the lab."""
    accelerators = facts.accelerators(each["metadata"]["labels"].get("node.kubernetes.io/instance-type", ""))
    patch: dict[str, Any] = {}
    if accelerators:
        kind = accelerators.accelerator
        plugin = serving.get((each["metadata"]["name"], kind))
        served = plugin is not None and not player.plugin_fault(held, kind) and node.has_driver(each, kind)
        shares = pods.shares(plugin, each["metadata"]["labels"]) if plugin and served and kind == "nvidia" else 1
        lost = 0 if held.get("missing-device", {}).get("plugin-sees-it") else player.missing(held)
        change = node.resource_patch(each, node.extended_resources(accelerators, served, lost, shares))
        patch = change["status"] if change else {}
    if each["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] != port:
        patch["daemonEndpoints"] = {"kubeletEndpoint": {"Port": port}}
    return patch
