"""A stand-in for Job controller, scheduler and kubelets on a bare control plane: each Job gets a pod, which ends at once or never starts."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab.nodes import facts, kubelet, pods
from tests.lab.nodes.api import ERRORS, STRATEGIC, Api, ApiError
from tests.lab.nodes.tools.output import Conditions

JOBS = "/apis/batch/v1/jobs"
ROLE, NODE = "accelerated.nodes/role", "accelerated.nodes/node"
PAUSE_SECONDS = 0.1

Json = dict[str, Any]


class JobPlayer:
    """Plays the Jobs that check nodes, as long as it is not stopped; a Job that asks for a node gets no pod.

    :param held: names of the nodes that no pod can be placed on.
    :param running: names of the nodes whose pods run on.
    """

    def __init__(self, api: Api, directory: Path, instance_type: str, held: Collection[str] = (), running: Collection[str] = ()) -> None:
        self._api, self._held, self._running = api, held, running
        self._devices = facts.devices(instance_type, "i-0123456789abcdef0")
        self._outputs: dict[tuple[str, str], str] = {}
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._plays = threading.Event()
        self._plays.set()
        self._server = kubelet.serve(self._log_of, directory)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where the nodes' kubelets listen."""
        return int(self._server.server_port)

    @property
    def played(self) -> int:
        """How many Jobs have had their pods."""
        return len(self._seen)

    def pause(self) -> None:
        """Give no Job a pod, until ``resume``."""
        self._plays.clear()

    def resume(self) -> None:
        """Play again."""
        self._plays.set()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(10)
        self._server.shutdown()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            if not self._plays.is_set():
                continue
            # A Job may be gone by the time that its pod is made.
            with suppress(*ERRORS):
                for job in self._api.request("GET", JOBS)["items"]:
                    if job["metadata"]["uid"] not in self._seen and job["metadata"]["labels"].get(ROLE) == "check":
                        self._play(job)
                        self._seen.add(job["metadata"]["uid"])

    def _play(self, job: Json) -> None:
        meta, node = job["metadata"], job["metadata"]["annotations"][NODE]
        pod = pod_of(job, "" if node in self._held else node)
        path = f"/api/v1/namespaces/{meta['namespace']}/pods"
        with suppress(ApiError):
            self._api.request("POST", path, pod)
            name = pod["metadata"]["name"]
            self._api.request("PATCH", f"{path}/{name}/status", {"status": self._status(pod, node)}, STRATEGIC)

    def _status(self, pod: Json, node: str) -> Json:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if node in self._held:
            return {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/4 nodes"}]}
        if node in self._running:
            return pods.running(pod, now, "10.0.0.1")
        outputs = pods.play(pod, self._devices, Conditions({}), time.time())
        self._outputs[pod["metadata"]["namespace"], pod["metadata"]["name"]] = outputs["check"].text
        return pods.finished(pod, outputs, now, now)

    def _log_of(self, namespace: str, name: str, _container: str, _follow: bool) -> tuple[int, str]:
        text = self._outputs.get((namespace, name))
        return (404, "no such pod") if text is None else (200, text)


def pod_of(job: Json, node: str) -> Json:
    """The pod of a Job, as its controller makes it, on a node; empty for none."""
    meta, template = job["metadata"], job["spec"]["template"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
    spec = {**template["spec"], **({"nodeName": node} if node else {})}
    labels = template["metadata"]["labels"]
    return {
        "metadata": {"name": f"{meta['name']}-x", "namespace": meta["namespace"], "labels": labels, "ownerReferences": [owner]},
        "spec": spec,
    }
