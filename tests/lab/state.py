"""Where a lab keeps itself: one directory with its ports, process ids, logs and credentials.

``$LAB_DIR`` names the directory (default ``.build/lab`` in the checkout), so that several labs can run side by side.
"""

from __future__ import annotations

import json
import os
import random
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
BIN_DIR = CHECKOUT / ".build" / "bin"
LOOPBACK = "127.0.0.1"
REGION = "us-west-2"
CLUSTER_NAME = "lab"
#: Label of a Node that a real kubelet looks after (``real/``): kwok and the node side leave it and its pods alone.
REAL_NODE = "nodes.lab/real"

#: Below Linux' ephemeral range (32768 and up): an outgoing connection never takes a port between choice and use.
PORT_RANGE = range(20000, 32000)
PORT_NAMES = (
    "etcd",
    "etcd_peer",
    "kube_apiserver",
    "kube_controller_manager",
    "kube_scheduler",
    "kwok",
    "aws",
    "registry",
    "kubelet",
    "karpenter_metrics",
    "karpenter_health",
)

#: Long and distinctive: Ansible masks every occurrence of a secret in its output.
AWS_ACCESS_KEY_ID = "LABACCESSKEYIDLABEXAMPLE"
AWS_SECRET_ACCESS_KEY = "lab-secret-access-key-that-opens-nothing-at-all"


class LabError(Exception):
    """What went wrong in the lab, in one sentence, with the next step."""


@dataclass
class State:
    """One lab's directory and the ports that were chosen for it."""

    directory: Path
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls) -> State:
        """The lab of ``$LAB_DIR``; an empty one when it was never started."""
        directory = Path(os.environ.get("LAB_DIR") or CHECKOUT / ".build" / "lab").resolve()
        try:
            saved = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(directory)
        return cls(directory, saved["ports"])

    def save(self) -> None:
        """Write ``state.json``, whole or not at all."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_whole(self.directory / "state.json", json.dumps({"ports": self.ports}, indent=2) + "\n")

    def choose_ports(self) -> None:
        """Give every part that has no port yet a free one."""
        missing = [name for name in PORT_NAMES if name not in self.ports]
        self.ports.update(zip(missing, free_ports(len(missing)), strict=True))

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, certificates embedded."""
        return self.directory / "kubeconfig"

    @property
    def facts_file(self) -> Path:
        """Where the supervisor writes what it prepared, once everything runs."""
        return self.directory / "facts.json"

    def facts(self) -> dict[str, Any]:
        """What the supervisor prepared in the simulated AWS, and its process id; empty while it is not ready."""
        try:
            facts: dict[str, Any] = json.loads(self.facts_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return facts

    @property
    def aws_endpoint(self) -> str:
        """Where the simulated AWS answers."""
        return f"http://{LOOPBACK}:{self.ports['aws']}"

    @property
    def registry(self) -> str:
        """``host:port`` of the chart registry."""
        return f"{LOOPBACK}:{self.ports['registry']}"

    def log(self, name: str) -> Path:
        """The log file of one part; its directory exists."""
        path = self.directory / "log" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def last_words(self, name: str) -> str:
        """The last line of a log."""
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it wrote nothing"

    def environment(self) -> dict[str, str]:
        """What a user's shell needs to reach this lab."""
        return {
            "LAB_DIR": str(self.directory),
            "KUBECONFIG": str(self.kubeconfig),
            "K8S_AUTH_KUBECONFIG": str(self.kubeconfig),
            **self.aws_environment(),
            "PATH": f"{BIN_DIR}:{os.environ.get('PATH', '')}",
        }

    def aws_environment(self) -> dict[str, str]:
        """What an AWS SDK needs to talk to the lab's AWS and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_ACCESS_KEY_ID": AWS_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": AWS_SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def free_ports(count: int) -> list[int]:
    """``count`` different ports of ``PORT_RANGE`` that nobody listens on."""
    held: list[socket.socket] = []
    try:
        for port in random.sample(PORT_RANGE, len(PORT_RANGE)):
            if len(held) == count:
                break
            listener = _listen(port)
            if listener:
                held.append(listener)
        return [listener.getsockname()[1] for listener in held]
    finally:
        for listener in held:
            listener.close()


def is_free(port: int) -> bool:
    """Whether nobody listens on the port; connections to it that have ended do not count."""
    with socket.socket() as caller:
        return caller.connect_ex((LOOPBACK, port)) != 0


def _listen(port: int) -> socket.socket | None:
    listener = socket.socket()
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        return None
    return listener


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that no reader ever sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(mode)
    draft.replace(path)
