"""The control plane: etcd and the Kubernetes servers, brought up by kwokctl; and the two system nodes.

kwokctl makes the PKI and manages the processes; kwok keeps the nodes Ready (``stages.yaml``).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab import process
from tests.lab.state import BIN_DIR, CLUSTER_NAME, LOOPBACK, REAL_NODE, REGION, LabError, State

STAGES = Path(__file__).with_name("stages.yaml")
ZONES = (f"{REGION}a", f"{REGION}b")
#: RFC 5737 documentation address: the API server refuses a loopback address as its advertised one, and nothing in
#: the lab connects to it.
ADVERTISED = "192.0.2.1"

#: What ServiceAccounts of this namespace ask for is in the audit log: which rights their jobs use.
AUDITED = "system:serviceaccounts:accelerated-nodes"
AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata", "userGroups": [AUDITED]}, {"level": "None"}],
}

#: Flags by program of the control plane.
Flags = Mapping[str, Mapping[str, str]]


def create(state: State, flags: Flags | None = None) -> None:
    """Bring the control plane up, if it is not, and write the kubeconfig.

    Args:
        state: The lab.
        flags: Further flags of its programs.

    Raises:
        LabError: kwokctl could not.
    """
    config = state.directory / "kwokctl.json"
    config.write_text(json.dumps(configuration(state.ports, flags or _audit(state)), indent=2), encoding="utf-8")
    _kwokctl(state, "create", "cluster", f"--config={config}", f"--config={STAGES}", "--wait=60s")
    source = _directory(state) / "kubeconfig.yaml"
    flat = kubectl(state, "config", "view", "--raw", "--flatten", kubeconfig=source)
    state.kubeconfig.write_text(flat, encoding="utf-8")
    state.kubeconfig.chmod(0o600)
    kubectl(state, "apply", "--server-side", "--filename=-", stdin=yaml.safe_dump_all(map(system_node, ZONES)))


def audit_log(state: State) -> Path:
    """One JSON object a line for each request of an account of ``AUDITED``, written when it was answered."""
    return state.directory / "log" / "audit.log"


def _audit(state: State) -> Flags:
    """The API server's flags for that log, and the policy that they name."""
    policy, log = state.directory / "audit.json", audit_log(state)
    policy.write_text(json.dumps(AUDIT), encoding="utf-8")
    log.parent.mkdir(parents=True, exist_ok=True)
    return {"kube-apiserver": {"audit-policy-file": str(policy), "audit-log-path": str(log), "audit-log-maxsize": "0"}}


def delete(state: State) -> None:
    """Take the control plane down; afterwards none of its processes is left."""
    pids = list(processes(state).values())
    if _directory(state).exists():
        _kwokctl(state, "delete", "cluster")
    if not process.gone(pids, 20):
        left = ", ".join(str(pid) for pid in pids if process.alive(pid))
        raise LabError(f"control-plane processes {left} do not end; end them by hand, then run `down` again")


def processes(state: State) -> dict[str, int]:
    """Running control-plane processes: name -> process id."""
    found = {}
    for path in sorted((_directory(state) / "pids").glob("*.pid")):
        pid = int(path.read_text(encoding="utf-8") or 0)
        if process.alive(pid):
            found[path.stem] = pid
    return found


def endpoint(state: State) -> str:
    """The API server's URL."""
    return f"https://{LOOPBACK}:{state.ports['kube_apiserver']}"


def ca_file(state: State) -> Path:
    """The certificate authority that signed the API server's certificate."""
    return _directory(state) / "pki" / "ca.crt"


def configuration(ports: dict[str, int], flags: Flags | None = None) -> dict[str, Any]:
    """kwokctl's configuration: our programs, our ports, the loopback only; ``flags`` are further ones of the programs."""
    programs = {
        "etcdBinary": "etcd",
        "kubeApiserverBinary": "kube-apiserver",
        "kubeControllerManagerBinary": "kube-controller-manager",
        "kubeSchedulerBinary": "kube-scheduler",
        "kubectlBinary": "kubectl",
        "kwokControllerBinary": "kwok",
    }
    options = {
        "runtime": "binary",
        "bindAddress": LOOPBACK,
        "etcdPort": ports["etcd"],
        "etcdPeerPort": ports["etcd_peer"],
        "kubeApiserverPort": ports["kube_apiserver"],
        "kubeControllerManagerPort": ports["kube_controller_manager"],
        "kubeSchedulerPort": ports["kube_scheduler"],
        "kwokControllerPort": ports["kwok"],
        **{option: str(BIN_DIR / program) for option, program in programs.items()},
    }
    extra: dict[str, Mapping[str, str]] = {
        "kube-apiserver": {"kubelet-preferred-address-types": "InternalIP", "advertise-address": ADVERTISED},
        # After kwokctl's own word, so that this is the last.
        "kwok-controller": {"manage-all-nodes": "false", "manage-nodes-with-label-selector": f"!{REAL_NODE}"},
    }
    for program, further in (flags or {}).items():
        extra[program] = {**extra.get(program, {}), **further}
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokctlConfiguration",
        "options": options,
        "componentsPatches": [
            {"name": component, "extraArgs": [{"key": key, "value": value} for key, value in arguments.items()]}
            for component, arguments in extra.items()
        ],
    }


def system_node(zone: str) -> dict[str, Any]:
    """A Node as an EKS managed node group of m6i.xlarge gives one: where Karpenter itself runs."""
    letter = zone[-1]
    number = ord(letter) - ord("a") + 11
    name = f"ip-10-0-0-{number}.{REGION}.compute.internal"
    capacity = {"cpu": "4", "memory": "16Gi", "pods": "58", "ephemeral-storage": "20Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "eks.amazonaws.com/nodegroup": "system",
                "eks.amazonaws.com/capacityType": "ON_DEMAND",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": name,
                "node.kubernetes.io/instance-type": "m6i.xlarge",
                "topology.kubernetes.io/region": REGION,
                "topology.kubernetes.io/zone": zone,
            },
        },
        "spec": {"providerID": f"aws:///{zone}/i-0{'0' * 15}{letter}"},
        "status": {
            "addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}, {"type": "Hostname", "address": name}],
            "allocatable": {**capacity, "cpu": "3920m", "memory": "15Gi"},
            "capacity": capacity,
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "kubeletVersion": "v1.36.3",
                **dict.fromkeys(("bootID", "machineID", "systemUUID", "kubeProxyVersion"), ""),
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.40-64.114.amzn2023.x86_64",
                "osImage": "Amazon Linux 2023",
            },
        },
    }


def kubectl(state: State, *arguments: str, stdin: str = "", kubeconfig: Path | None = None) -> str:
    """Run kubectl as the lab's administrator; returns its output.

    Raises:
        LabError: kubectl failed; with its reason.
    """
    command = [str(BIN_DIR / "kubectl"), f"--kubeconfig={kubeconfig or state.kubeconfig}", *arguments]
    return run(command, stdin=stdin)


def run(command: list[str], stdin: str = "", environment: dict[str, str] | None = None) -> str:
    """Run a program of the lab to its end; returns its standard output, raises LabError with its last words."""
    done = subprocess.run(command, input=stdin, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise LabError(f"{Path(command[0]).name} {' '.join(command[1:3])} failed (exit {done.returncode}): {last}")
    return done.stdout


def _kwokctl(state: State, *arguments: str) -> None:
    environment = {"KWOK_WORKDIR": str(state.directory / "kwok"), "PATH": f"{BIN_DIR}:{os.environ.get('PATH', '')}"}
    # kwokctl adds its context to a kubeconfig: never to the user's own ~/.kube/config.
    scratch = f"--kubeconfig={state.directory / 'kwok' / 'contexts'}"
    run([str(BIN_DIR / "kwokctl"), f"--name={CLUSTER_NAME}", *arguments, scratch], environment=environment)


def _directory(state: State) -> Path:
    return state.directory / "kwok" / "clusters" / CLUSTER_NAME
