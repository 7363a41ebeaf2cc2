"""Karpenter's controller, run as a process in place of the pods that its Deployment asks for.

kwok plays the pods, and this runner does what they would: as long as a Deployment of Karpenter's chart exists and one
of its pods is Ready, the real controller runs with that Deployment's environment and its ServiceAccount's token, so
that the chart's values and RBAC are what is tested. The lab adds only what has no place in a chart: where the
simulated AWS is, credentials for it if the ServiceAccount has a role there, and ports. Karpenter opens its two ports (metrics, health) on every address and
has no option against it; all else of the lab listens on the loopback only.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kubernetes.utils import parse_quantity

from tests.lab import cluster, process
from tests.lab.identity import has_credentials
from tests.lab.nodes.api import ERRORS, Api
from tests.lab.state import BIN_DIR, LabError, State, write_whole

log = logging.getLogger(__name__)

SELECTOR = "labelSelector=app.kubernetes.io%2Fname%3Dkarpenter"
NAME = "karpenter"
POLL_SECONDS = 0.5
TOKEN_SECONDS = 3600
#: Delays between restarts of a controller that ends by itself, as a kubelet's back-off grows.
BACK_OFF_SECONDS = (1, 2, 5, 10, 30)

CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}

Object = Mapping[str, Any]


class Controller:
    """Follows the Deployment and keeps the process in step with it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._api = Api(state.kubeconfig)
        self._process: subprocess.Popen[bytes] | None = None
        self._running = ""
        self._token_age = 0.0
        self._crashes = 0
        self._not_before = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow the Deployment until ``stop`` is set; then end the process."""
        while not stop.wait(POLL_SECONDS):
            try:
                self._step()
            except (*ERRORS, BotoCoreError, ClientError, LabError) as error:
                # The API server may be away for a while; the controller itself lives through that too.
                log.warning("karpenter: %s", error)
        self._end("the lab ends")

    def _step(self) -> None:
        deployment = first(self._list("/apis/apps/v1/deployments"))
        wanted = fingerprint(deployment) if deployment and self._has_ready_pod(deployment) else ""
        if self._process and wanted != self._running:
            self._end("its Deployment changed" if wanted else "its Deployment has no ready pod")
        if self._process and self._process.poll() is not None:
            self._crashed(self._process.returncode)
        if deployment and wanted and not self._process and time.monotonic() >= self._not_before:
            self._start(deployment, wanted)
        if deployment and self._process and time.monotonic() - self._token_age > TOKEN_SECONDS / 2:
            self._write_token(deployment)

    def _start(self, deployment: Object, wanted: str) -> None:
        self._write_token(deployment)
        write_whole(self._state.directory / "karpenter.kubeconfig", json.dumps(self._kubeconfig()))
        command = [str(BIN_DIR / "karpenter")]
        environment = self._environment(deployment)
        self._process = process.start(NAME, command, self._state.directory, self._state.log(NAME), environment)
        self._running = wanted
        log.info("karpenter: started, process %d", self._process.pid)

    def _end(self, reason: str) -> None:
        if self._process:
            log.info("karpenter: ended, %s", reason)
            process.stop(self._state.directory, NAME)
            self._process.wait()
        self._process, self._running, self._crashes, self._not_before = None, "", 0, 0.0

    def _crashed(self, status: int) -> None:
        delay = BACK_OFF_SECONDS[min(self._crashes, len(BACK_OFF_SECONDS) - 1)]
        log.warning("karpenter: exited with status %d, again in %d s; see %s", status, delay, self._state.log(NAME))
        self._process, self._crashes, self._not_before = None, self._crashes + 1, time.monotonic() + delay

    def _has_ready_pod(self, deployment: Object) -> bool:
        meta = deployment["metadata"]
        pods = self._list(f"/api/v1/namespaces/{meta['namespace']}/pods")
        return any(is_ready(pod) and pod["spec"].get("nodeName") for pod in pods)

    def _list(self, path: str) -> list[Object]:
        items: list[Object] = self._api.request("GET", f"{path}?{SELECTOR}")["items"]
        return items

    def _write_token(self, deployment: Object) -> None:
        namespace, account = service_account(deployment)
        options = (f"--namespace={namespace}", f"--duration={TOKEN_SECONDS}s")
        token = cluster.kubectl(self._state, "create", "token", account, *options)
        write_whole(self._state.directory / "karpenter.token", token.strip())
        self._token_age = time.monotonic()

    def _kubeconfig(self) -> dict[str, Any]:
        # By file: the client reads a token file anew, as it does a pod's projected token.
        token_file = self._state.directory / "karpenter.token"
        return kubeconfig(cluster.endpoint(self._state), str(cluster.ca_file(self._state)), str(token_file))

    def _aws_environment(self, deployment: Object) -> dict[str, str]:
        namespace, account = service_account(deployment)
        aws = self._state.aws_environment()
        if not has_credentials(self._state, self._api.request("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}")):
            log.warning("karpenter: ServiceAccount %s/%s has no role in AWS, so the controller gets no credentials", namespace, account)
            return {name: value for name, value in aws.items() if name not in CREDENTIALS}
        return aws

    def _environment(self, deployment: Object) -> dict[str, str]:
        ports = self._state.ports
        return {
            "PATH": os.defpath,
            "HOME": str(self._state.directory),
            **container_environment(deployment),
            **self._aws_environment(deployment),
            "KUBECONFIG": str(self._state.directory / "karpenter.kubeconfig"),
            # The emulator has no pricing API.
            "ISOLATED_VPC": "true",
            # One process stands for all replicas.
            "DISABLE_LEADER_ELECTION": "true",
            "METRICS_PORT": str(ports["karpenter_metrics"]),
            "HEALTH_PROBE_PORT": str(ports["karpenter_health"]),
        }


def service_account(deployment: Object) -> tuple[str, str]:
    """Namespace and name of the ServiceAccount that the Deployment's pods run as."""
    return deployment["metadata"]["namespace"], deployment["spec"]["template"]["spec"].get("serviceAccountName", "default")


def first(deployments: Iterable[Object]) -> Object | None:
    """The Deployment to follow: Karpenter's chart is installed once; if it is not, the first by name."""
    living = [each for each in deployments if "deletionTimestamp" not in each["metadata"]]
    return min(living, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]), default=None)


def fingerprint(deployment: Object) -> str:
    """Changes when the Deployment, or its pod template, is another one."""
    what = [deployment["metadata"]["uid"], deployment["spec"]["template"]]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def is_ready(pod: Object) -> bool:
    """Whether the pod is Ready and not on its way out."""
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def container_environment(deployment: Object) -> dict[str, str]:
    """The environment that a kubelet would give the Deployment's first container.

    Raises:
        LabError: a variable comes from where the lab cannot take it.
    """
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    variables = {each["name"]: _value(each, container, deployment) for each in container.get("env") or []}
    return {name: value for name, value in variables.items() if value is not None}


def _value(variable: Object, container: Object, deployment: Object) -> str | None:
    source = variable.get("valueFrom") or {}
    if not source:
        return str(variable.get("value", ""))
    if source.get("fieldRef", {}).get("fieldPath") == "metadata.namespace":
        return str(deployment["metadata"]["namespace"])
    if "resourceFieldRef" in source:
        return _resource(source["resourceFieldRef"], container)
    raise LabError(
        f"env {variable['name']} of Deployment {deployment['metadata']['name']} comes from "
        f"{', '.join(source)}, which the lab does not play; give it as a plain value"
    )


def _resource(reference: Object, container: Object) -> str | None:
    """The amount in units of the divisor, rounded up; None if the container does not state it."""
    kind, _, name = reference["resource"].partition(".")
    amount = container.get("resources", {}).get(kind, {}).get(name)
    if amount is None:
        return None
    divisor = _quantity(reference.get("divisor") or "1") or 1
    return str(math.ceil(_quantity(amount) / divisor))


def _quantity(text: str) -> Decimal:
    return Decimal(parse_quantity(text))  # type: ignore[no-untyped-call]


def kubeconfig(server: str, ca_file: str, token_file: str) -> dict[str, Any]:
    """A kubeconfig for a ServiceAccount's token."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "clusters": [{"name": NAME, "cluster": {"server": server, "certificate-authority": ca_file}}],
        "users": [{"name": NAME, "user": {"tokenFile": token_file}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
    }
