"""An API server with Karpenter's CRDs and nobody who acts on them: what a test writes stays as it wrote it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.lab import binaries, cluster, crds, process
from tests.lab.nodes.api import ERRORS, Api
from tests.lab.state import BIN_DIR, CLUSTER_NAME, LabError, State

#: kwokctl makes the PKI and starts the two programs; the others would only change objects behind a test's back.
LEFT_OUT = "kube-controller-manager,kube-scheduler,kwok-controller"
SERVER = "kube-apiserver"


class ControlPlane:
    """etcd and kube-apiserver in ``directory``, on ports of their own."""

    def __init__(self, directory: Path) -> None:
        self.state = State(directory)

    def up(self) -> None:
        """Start it and install Karpenter's CRDs.

        Raises:
            LabError: a program could not be built or did not start.
        """
        binaries.build_all(lambda _line: None)
        self.state.choose_ports()
        self.state.save()
        config = self.state.directory / "kwokctl.json"
        config.write_text(json.dumps(cluster.configuration(self.state.ports)), encoding="utf-8")
        self._kwokctl("create", "cluster", f"--config={config}", f"--disable={LEFT_OUT}", "--wait=60s")
        flat = cluster.kubectl(self.state, "config", "view", "--raw", "--flatten", kubeconfig=self._home / "kubeconfig.yaml")
        self.state.kubeconfig.write_text(flat, encoding="utf-8")
        crds.apply(self.state.kubeconfig)

    def down(self) -> None:
        """End both programs."""
        cluster.delete(self.state)

    def restart_server(self, away: float) -> None:
        """End kube-apiserver, leave it away for ``away`` seconds, and start it again with the command line that it had.

        Raises:
            LabError: it did not end, or does not answer again.
        """
        pid = cluster.processes(self.state)[SERVER]
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
        os.kill(pid, signal.SIGKILL)
        if not process.gone([pid], 10):
            raise LabError(f"kube-apiserver (process {pid}) does not end")
        time.sleep(away)
        with self.state.log(SERVER).open("ab") as log:
            again = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        (self._home / "pids" / f"{SERVER}.pid").write_text(str(again.pid), encoding="utf-8")
        self._wait_until_ready()

    def _wait_until_ready(self, patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                Api(self.state.kubeconfig).request("GET", "/apis/karpenter.sh/v1/nodeclaims")
            except ERRORS as error:
                if time.monotonic() > deadline:
                    raise LabError(f"kube-apiserver is not back after {patience:.0f} s: {error}") from error
                time.sleep(0.1)
            else:
                return

    @property
    def _home(self) -> Path:
        return self.state.directory / "kwok" / "clusters" / CLUSTER_NAME

    def _kwokctl(self, *arguments: str) -> None:
        scratch = f"--kubeconfig={self.state.directory / 'kwok' / 'contexts'}"
        environment = {"KWOK_WORKDIR": str(self.state.directory / "kwok")}
        cluster.run([str(BIN_DIR / "kwokctl"), f"--name={CLUSTER_NAME}", *arguments, scratch], environment=environment)
