"""The real node as the tests of real containers see it: checks on it, pods of their own, and what is left afterwards."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import check_job, namespace_manifest

from tests.integration import patience
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import Api
from tests.lab.real import lane
from tests.lab.real.images import TOOLS
from tests.lab.state import REAL_NODE, State

Json = dict[str, Any]

#: One of its own for each run: that of the last may still be going away.
NAMESPACE = f"real-checks-{os.getpid()}"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
MODULE = "accelerator_verify"
#: The longest (seconds) that anything may take to come about on a machine that does much else.
PATIENCE = 60.0
eventually = partial(patience.eventually, patience=PATIENCE)


class RealChecks:
    """accelerator_verify against the real node of a lab."""

    def __init__(self, state: State, collections: Path, place: Path) -> None:
        self.state, self._place = state, place
        self.api = Api(state.kubeconfig)
        self._processes = ModuleProcesses(collections, MODULE, K8S_AUTH_KUBECONFIG=str(state.kubeconfig))
        self._pool = ThreadPoolExecutor(1)
        self.api.request("POST", "/api/v1/namespaces", namespace_manifest(NAMESPACE))
        eventually(lambda: self.api.get(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"), "the namespace can take pods")

    def close(self) -> None:
        """End the processes, and delete the namespace with all in it."""
        self._pool.shutdown()
        self._processes.stop()
        self.api.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")

    @property
    def node(self) -> Json:
        """The real Node."""
        return lane.node(self.state)

    def begin(self, image: str = "", accelerator: str = "nvidia", **options: Any) -> Future[Json]:
        """Begin to verify the real node; gives the module's result, a failed one too."""
        images = {accelerator: image} if image else {}
        common = {
            "nodes": [self.node["metadata"]["name"]],
            "namespace": NAMESPACE,
            "wait_timeout": 70,
            "settle_timeout": 1,
            "images": images,
        }
        return self._pool.submit(self._run, common | options)

    def verify(self, image: str = "", accelerator: str = "nvidia", **options: Any) -> Json:
        """Verify the real node to the end."""
        return self.begin(image, accelerator, **options).result()

    def _run(self, options: Json) -> Json:
        place = Path(tempfile.mkdtemp(dir=self._place))
        answer = self._processes.run(MODULE, place, options)
        assert "Traceback" not in answer["out"] + answer["err"], answer["err"]
        result: Json = json.loads(answer["out"])
        assert len(result.get("nodes", ())) == 1, result.get("msg", result)
        return result

    def log_of(self, command: list[str], devices: int) -> str:
        """Run a command in a pod just as a check's, with some devices; gives its log, as the kubelet has it."""
        node = self.node["metadata"]["name"]
        taints = self.node["spec"]["taints"]
        manifest = check_job(
            run="0123abcd", node=node, hostname=node, accelerator=ACCELERATORS["nvidia"], count=devices, namespace=NAMESPACE, taints=taints
        )
        manifest["spec"]["template"]["spec"]["containers"][0]["command"] = command
        job = f"{JOBS}/{manifest['metadata']['name']}"
        self.api.request("POST", JOBS, manifest)
        try:
            eventually(lambda: any(each["status"]["phase"] in ("Succeeded", "Failed") for each in self.pods()), "the pod has ended")
            name = self.pods()[0]["metadata"]["name"]
            return lane.cluster.kubectl(self.state, "logs", f"--namespace={NAMESPACE}", name)
        finally:
            self.api.request("DELETE", job, {"propagationPolicy": "Background"})
            self.await_nothing_left()

    def pods(self) -> list[Json]:
        """The pods of the checks."""
        found: list[Json] = self.api.request("GET", PODS)["items"]
        return found

    def await_running(self) -> Json:
        """Wait until a check's container runs; gives its pod."""
        eventually(lambda: any(_runs(each) for each in self.pods()), "a check runs")
        return next(each for each in self.pods() if _runs(each))

    def await_nothing_left(self) -> None:
        """Wait until there is no Job, no pod and no process of a check."""
        eventually(lambda: not self.api.request("GET", JOBS)["items"], "no Job is left")
        eventually(lambda: not self.pods(), "no pod is left")
        eventually(lambda: not list(tool_processes()), "no process of a check is left")


def tool_processes() -> Iterator[str]:
    """The stand-in tools that run in containers on this machine."""
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = path.read_text(encoding="utf-8").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name in set(TOOLS) - {"pause"}:
            yield name


def privileged_pod(image: str) -> Json:
    """A pod that asks for all that Pod Security forbids."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "privileged"},
        "spec": {
            "nodeSelector": {REAL_NODE: "true"},
            "containers": [{"name": "check", "image": image, "securityContext": {"privileged": True}}],
        },
    }


def _runs(pod: Mapping[str, Any]) -> bool:
    return any("running" in each["state"] for each in pod["status"].get("containerStatuses", ()))
