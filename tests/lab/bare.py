"""A control plane without controllers: etcd and kube-apiserver alone, with Karpenter's CRDs.

Nothing in it acts by itself and nobody else talks to it, so each request in its audit log is of a program that is looked at.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.lab import binaries, crds
from tests.lab.cluster import ADVERTISED
from tests.lab.state import BIN_DIR, LOOPBACK, LabError, free_ports, write_whole

#: What is read, by whom; writes are left out, as writing them down would slow the server at a thousand a second.
AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
    "rules": [{"level": "Metadata", "verbs": ["get", "list", "watch"]}, {"level": "None"}],
}
#: Answered from the server's cache: refused until that is filled, as a watch would be.
CACHED_NODECLAIMS = "/apis/karpenter.sh/v1/nodeclaims?resourceVersion=0"


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane: its directory, the ports of its API server and of its etcd, the administrator's token."""

    directory: Path
    port: int
    etcd_port: int
    token: str

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    @property
    def ca_file(self) -> Path:
        """The certificate authority that signed the API server's certificate."""
        return self.directory / "pki" / "apiserver.crt"

    @property
    def audit_log(self) -> Path:
        """One JSON object a line for each get, list and watch, written as it arrives."""
        return self.directory / "audit.log"

    def connect(self) -> http.client.HTTPSConnection:
        """A new connection to the API server; requests on it need ``headers``."""
        return http.client.HTTPSConnection(LOOPBACK, self.port, context=ssl.create_default_context(cafile=self.ca_file), timeout=60)

    @property
    def headers(self) -> dict[str, str]:
        """Request headers of the administrator, under a name of their own in the audit log."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "User-Agent": "bare"}


@contextlib.contextmanager
def control_plane(directory: Path, with_definitions: bool = True) -> Iterator[ControlPlane]:
    """Builds what is missing, starts the servers with their state in ``directory``, and ends them; the directory stays.

    Without ``with_definitions`` it knows Kubernetes' own kinds alone.

    Raises:
        LabError: a server could not be built, ended, or was not ready within a minute.
    """
    binaries.build_all(lambda _line: None)
    etcd_port, peer_port, port = free_ports(3)
    plane = ControlPlane(directory, port, etcd_port, secrets.token_hex(16))
    _write_files(plane)
    with (
        _running(etcd_command(plane, peer_port), directory),
        _running(apiserver_command(plane), directory) as api,
    ):
        _wait_for(plane, api, "/readyz")
        write_whole(plane.kubeconfig, json.dumps(kubeconfig(plane)))
        if with_definitions:
            crds.apply(plane.kubeconfig)
            _wait_for(plane, api, CACHED_NODECLAIMS)
        yield plane


def etcd_command(plane: ControlPlane, peer_port: int) -> list[str]:
    """etcd's command line; what it keeps need not outlive the machine."""
    client, peer = f"http://{LOOPBACK}:{plane.etcd_port}", f"http://{LOOPBACK}:{peer_port}"
    options = {
        "data-dir": plane.directory / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        "quota-backend-bytes": 8 << 30,
        "unsafe-no-fsync": "true",
    }
    return _command("etcd", options)


def apiserver_command(plane: ControlPlane) -> list[str]:
    """kube-apiserver's command line; it makes its certificate by itself."""
    directory = plane.directory
    options = {
        "etcd-servers": f"http://{LOOPBACK}:{plane.etcd_port}",
        "bind-address": LOOPBACK,
        "advertise-address": ADVERTISED,
        "secure-port": plane.port,
        "cert-dir": directory / "pki",
        "token-auth-file": directory / "tokens.csv",
        "authorization-mode": "AlwaysAllow",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": directory / "service-account.pem",
        "service-account-signing-key-file": directory / "service-account.pem",
        "audit-policy-file": directory / "audit.json",
        "audit-log-path": plane.audit_log,
        "audit-log-maxsize": 0,
    }
    return _command("kube-apiserver", options)


def kubeconfig(plane: ControlPlane) -> dict[str, object]:
    """The administrator's kubeconfig, as an object."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "bare", "cluster": {"server": f"https://{LOOPBACK}:{plane.port}", "certificate-authority": str(plane.ca_file)}}
        ],
        "users": [{"name": "admin", "user": {"token": plane.token}}],
        "contexts": [{"name": "bare", "context": {"cluster": "bare", "user": "admin"}}],
        "current-context": "bare",
    }


def _command(program: str, options: Mapping[str, object]) -> list[str]:
    return [str(BIN_DIR / program), *(f"--{name}={value}" for name, value in options.items())]


def _write_files(plane: ControlPlane) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    plane.directory.mkdir(parents=True, exist_ok=True)
    write_whole(plane.directory / "service-account.pem", pem)
    write_whole(plane.directory / "tokens.csv", f'{plane.token},admin,admin,"system:masters"\n')
    write_whole(plane.directory / "audit.json", json.dumps(AUDIT))
    plane.audit_log.touch()


@contextlib.contextmanager
def _running(command: Sequence[str], directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    name = os.path.basename(command[0])
    with (directory / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(plane: ControlPlane, api: subprocess.Popen[bytes], path: str, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not _answers(plane, path):
        if api.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"the API server does not answer {path}; its log is {plane.directory / 'kube-apiserver.log'}")
        time.sleep(0.1)


def _answers(plane: ControlPlane, path: str) -> bool:
    try:
        with contextlib.closing(plane.connect()) as connection:
            connection.request("GET", path, headers=plane.headers)
            return connection.getresponse().status == 200
    except OSError:  # Not listening yet, or its certificate is not written yet.
        return False
