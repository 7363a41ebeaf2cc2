"""The lab's command line: ``python -m tests.lab <command>`` in the checkout, ``tools/lab <command>`` from any directory.

up      build what is missing, start everything, print the shell's environment; running twice changes nothing
        --installed: and have Karpenter and the device plugins in the cluster, as the playbook ``install`` leaves them
down    end everything, remove the lab's directory
status  what runs, ports, nodes, NodeClaims
env     the environment again, for ``eval``
fault   turn faults on and off (``fault list``)
real    a node with real containers beside the simulated ones (``real --help``)
build   only build the programs
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence

import yaml

from tests.lab import binaries, cluster, installed, process, registry
from tests.lab.lock import alone
from tests.lab.patience import Part, await_part
from tests.lab.real import lane
from tests.lab.state import BIN_DIR, CHECKOUT, CLUSTER_NAME, REGION, LabError, State, is_free

DAEMON = "daemon"
SUPERVISOR = Part(DAEMON, "the supervisor", DAEMON)
NODE_CLAIMS = "nodeclaims.karpenter.sh"
#: What may lie in the lab's directory before its first ``up``: faults can be set ahead.
WELCOME = {"faults.json"}
#: What a green run on the lab means; said each time that it comes up.
TRUTH = """\
real: etcd, the Kubernetes API server, controller manager and scheduler, Karpenter, Helm and the chart registry
simulated: AWS, the nodes and their pods, the accelerators and what their tools print
stand-ins: the charts of NVIDIA, Neuron and llmaz
so a green run proves roles, variables and Karpenter's answers to them, and no hardware, driver or AWS account"""
#: The exit status of a program that a closed pipe ended.
PIPE_CLOSED = 141


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    try:
        status = _command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as `head` does. Python would flush once more at its end, and say so again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def _command(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["fault", *rest]:
            from tests.lab.nodes import faults

            return faults.main(rest)
        case ["real", *rest]:
            return _guarded(lambda: lane.main(rest, _say))
        case ["up", "--installed"]:
            return _guarded(lambda: up(with_installation=True))
        case [name] if name in COMMANDS:
            return _guarded(COMMANDS[name])
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def up(with_installation: bool = False) -> None:
    """Start the lab, or what of it does not run; ``with_installation`` of Karpenter and the device plugins."""
    began = time.monotonic()
    state = State.load()
    _refuse_foreign(state)
    _refuse_taken_ports(state)
    binaries.build_all(_say)
    # Two that come up together could choose the same port, before either listens there.
    with alone(BIN_DIR / ".up", lambda: _say("another lab comes up; waiting for it")):
        _start(state)
    if with_installation:
        _say(f"installing Karpenter and the device plugins; {state.log(installed.LOG)} tells how far it is")
        installed.install(state)
    _say(f"the lab is up after {time.monotonic() - began:.1f} s; its state is in {state.directory}")
    for line in TRUTH.splitlines():
        _say(line)
    env()


def _start(state: State) -> None:
    """Start every part that does not run, and wait until all are ready."""
    state.choose_ports()
    state.save()
    _start_daemon(state)
    _say("control plane")
    cluster.create(state)
    _say("charts")
    registry.publish(state)
    (state.directory / "inventory.yml").write_text(yaml.safe_dump(inventory(state), sort_keys=False), encoding="utf-8")
    _say("simulated AWS and nodes")
    await_part(state, SUPERVISOR, state.facts, "the supervisor is ready", patience=60)


def down() -> None:
    """End the lab and remove its directory."""
    state = State.load()
    if not state.directory.exists():
        return
    _refuse_foreign(state)
    lane.down(state)
    process.stop(state.directory, DAEMON)
    # Only what a killed supervisor left behind.
    for name in process.recorded(state.directory):
        process.stop(state.directory, name)
    cluster.delete(state)
    shutil.rmtree(state.directory)
    _say("the lab is down")


def status() -> None:
    """Print what runs."""
    state = State.load()
    supervisor = process.running(state.directory, DAEMON)
    parts = {name: process.running(state.directory, name) for name in process.recorded(state.directory)}
    parts.update(cluster.processes(state))
    print(f"state      {state.directory}")
    print(f"supervisor {'runs' if supervisor else 'does not run'}")
    for name, pid in sorted(parts.items()):
        print(f"process    {name:24} {pid or 'ended'}")
    for name, port in state.ports.items():
        print(f"port       {name:24} {port}")
    if "kube-apiserver" in parts:
        print(cluster.kubectl(state, "get", "nodes", "--label-columns=node.kubernetes.io/instance-type"), end="")
        if cluster.kubectl(state, "get", "crd", NODE_CLAIMS, "--ignore-not-found"):
            print(cluster.kubectl(state, "get", NODE_CLAIMS), end="")


def env() -> None:
    """Print the environment that reaches the lab, as one ``export`` line."""
    state = State.load()
    if not state.ports:
        raise LabError(f"there is no lab in {state.directory}; start it with the command `up`, or set LAB_DIR to where it is")
    print("export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in state.environment().items()))


def build() -> None:
    """Build the programs, and say so when there is nothing to build."""
    binaries.build_all(_say)
    _say(f"the programs in {BIN_DIR} are up to date")


def inventory(state: State) -> dict[str, object]:
    """The lab as an inventory, its charts as a private mirror's."""
    source = f"oci://{state.registry}"
    variables = {
        "ansible_connection": "local",
        # An inventory host does not inherit the running interpreter, and discovery may find one without libraries.
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "eks_cluster_name": CLUSTER_NAME,
        "eks_region": REGION,
        "karpenter_chart_ref": f"{source}/karpenter/karpenter",
        "karpenter_crd_chart_ref": f"{source}/karpenter/karpenter-crd",
        "karpenter_chart_plain_http": True,
        # The registry has one version of it, whichever a user's inventory names.
        "karpenter_chart_version": next(chart.version for chart in registry.charts() if chart.name == "karpenter"),
        "nvidia_chart_ref": f"{source}/nvidia/nvidia-device-plugin",
        "nvidia_chart_repo_url": "",
        "nvidia_chart_plain_http": True,
        "nvidia_operator_chart_ref": f"{source}/nvidia/gpu-operator",
        "nvidia_operator_chart_repo_url": "",
        "nvidia_operator_chart_plain_http": True,
        "neuron_chart_ref": f"{source}/neuron/neuron-helm-chart",
        "neuron_chart_plain_http": True,
        "llmaz_chart_ref": f"{source}/inftyai/llmaz",
        "llmaz_chart_plain_http": True,
    }
    return {"all": {"hosts": {"lab": variables}}}


COMMANDS: dict[str, Callable[[], None]] = {"up": up, "down": down, "status": status, "env": env, "build": build}


def _guarded(command: Callable[[], int | None]) -> int:
    try:
        return command() or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; `down` removes what was started", file=sys.stderr)
        return 130


def _say(line: str) -> None:
    # Not on standard output: that is for `eval "$(... env)"`.
    print(f"lab: {line}", file=sys.stderr, flush=True)


def _refuse_foreign(state: State) -> None:
    """`down` removes the directory: so it must be the lab's own."""
    if not state.directory.exists() or (state.directory / "state.json").exists():
        return
    foreign = {path.name for path in state.directory.iterdir()} - WELCOME
    if foreign:
        raise LabError(f"LAB_DIR={state.directory} holds other things ({min(foreign)}); name a directory of its own")


def _refuse_taken_ports(state: State) -> None:
    """A lab that was ended from without, as by a restart of the machine, has ports that others may have taken since."""
    if process.running(state.directory, DAEMON) or cluster.processes(state):
        return
    for name, port in state.ports.items():
        if not is_free(port):
            raise LabError(
                f"port {port} ({name}) of the lab in {state.directory} is taken by another program; `down`, then `up`, chooses other ports"
            )


def _start_daemon(state: State) -> None:
    if process.running(state.directory, DAEMON):
        return
    state.facts_file.unlink(missing_ok=True)
    environment = {**os.environ, "LAB_DIR": str(state.directory), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "tests.lab.daemon"]
    process.start(DAEMON, command, state.directory, state.log(DAEMON), environment)
