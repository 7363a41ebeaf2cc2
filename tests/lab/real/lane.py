"""``python -m tests.lab real <command>``: the node with real containers.

up [instance type]     start it beside a lab that is up, as a node of that type (g5.48xlarge)
become <type> [count]  make it a node of another type, with so many healthy devices
down                   end it, remove all of it
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tests.lab import binaries, cluster, process
from tests.lab.patience import Part, await_part
from tests.lab.real import cgroups, configuration, hardware
from tests.lab.real.requirements import obstacle
from tests.lab.real.settings import Settings
from tests.lab.state import BIN_DIR, CHECKOUT, LabError, State, write_whole

MACHINE, PLUGIN = "real-machine", "real-device-plugin"
NODE = Part(MACHINE, "the real node", "real-kubelet")
DEFAULT_TYPE = "g5.48xlarge"
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"


def main(arguments: Sequence[str], report: Callable[[str], None]) -> int:
    """Run one command; returns the exit status."""
    state = State.load()
    match list(arguments):
        case ["up"]:
            up(state, report)
        case ["up", instance_type]:
            up(state, report, instance_type)
        case ["become", instance_type]:
            become(state, instance_type)
        case ["become", instance_type, count] if count.isdigit():
            become(state, instance_type, int(count))
        case ["down"]:
            down(state)
            report("the real node is gone")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def up(state: State, report: Callable[[str], None], instance_type: str = DEFAULT_TYPE) -> None:
    """Start the real node, or what of it does not run.

    Raises:
        LabError: the lab is not up, this machine cannot run containers, or a part did not start.
    """
    if not state.facts():
        raise LabError("real containers need a lab that is up; start it with `python -m tests.lab up`")
    if why := obstacle():
        raise LabError(why)
    hardware.devices_of(instance_type, "")
    binaries.build_all(report, (binaries.KUBELET,))
    settings = Settings.choose(state)
    if not process.running(state.directory, MACHINE):
        report("containerd and kubelet")
        # One that served a kubelet before this one does not know that it has to register again.
        process.stop(state.directory, PLUGIN)
        _prepare(settings)
        environment = {**os.environ, "LAB_DIR": str(state.directory), "PYTHONPATH": str(CHECKOUT)}
        environment["PATH"] = f"{environment.get('PATH', '')}:/usr/sbin:/sbin"
        process.start(MACHINE, [sys.executable, "-m", "tests.lab.real.machine"], state.directory, state.log(MACHINE), environment)
    _await(state, lambda: _is_ready(node(state)), "its Node is Ready")
    become(state, instance_type)
    report(f"the real node is {settings.node}, a {instance_type}")


def become(state: State, instance_type: str, healthy: int | None = None) -> None:
    """Make the real node one of an instance type, with all its devices or the first ``healthy`` of them in order.

    Raises:
        LabError: there is no real node, the type is unknown, or the kubelet does not take the devices.
    """
    settings = _settings(state)
    devices = hardware.devices_of(instance_type, settings.node)
    count = len(devices) if healthy is None else healthy
    resource = hardware.kind_of(devices).resource
    before = _offered(settings)
    settings.driver.mkdir(exist_ok=True)
    write_whole(settings.driver / "said.json", json.dumps(hardware.said(devices)), mode=0o644)
    write_whole(settings.offer, json.dumps(hardware.offer(devices, settings.driver, count)))
    cluster.kubectl(state, "label", "--overwrite", "node", settings.node, f"{INSTANCE_TYPE_LABEL}={instance_type}")
    if before != resource:
        process.stop(state.directory, PLUGIN)
    start_plugin(state)
    _await(state, lambda: allocatable(node(state), resource) == count, f"its kubelet offers {count} {resource}")


def start_plugin(state: State) -> None:
    """Start the device plugin, if it does not run."""
    settings = _settings(state)
    if not process.running(state.directory, PLUGIN):
        command = [str(BIN_DIR / "device-plugin"), str(settings.plugin_directory), str(settings.offer)]
        process.start(PLUGIN, command, state.directory, state.log(PLUGIN), os.environ)


def stop_plugin(state: State) -> None:
    """End the device plugin, and wait until the kubelet offers no device any more."""
    process.stop(state.directory, PLUGIN)
    resource = _offered(_settings(state))
    _await(state, lambda: allocatable(node(state), resource) == 0, f"its kubelet offers no {resource}")


def down(state: State) -> None:
    """End the real node and remove all of it: processes, cgroups, address, Node, directory.

    Raises:
        LabError: a cgroup or the directory could not be removed.
    """
    for name in (PLUGIN, MACHINE):
        process.stop(state.directory, name)
    settings = Settings.load(state)
    if settings is None:
        return
    cgroups.remove(settings.cgroup)
    # It is not there if a start was broken off.
    subprocess.run(["ip", "address", "delete", f"{settings.address}/32", "dev", "lo"], capture_output=True, check=False)
    if "kube-apiserver" in cluster.processes(state):
        cluster.kubectl(state, "delete", "node", settings.node, "--ignore-not-found")
    shutil.rmtree(settings.directory)


def node(state: State) -> dict[str, Any]:
    """The real Node as it is; empty while it has not joined."""
    text = cluster.kubectl(state, "get", "node", _settings(state).node, "--output=json", "--ignore-not-found")
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def allocatable(seen: dict[str, Any], resource: str) -> int:
    """How many of a resource a Node offers."""
    return int(seen.get("status", {}).get("allocatable", {}).get(resource, "0"))


def _prepare(settings: Settings) -> None:
    cgroups.make(settings.cgroup)
    address = f"{settings.address}/32"
    # A second time it is there already, which `replace` does not mind.
    cluster.run(["ip", "address", "replace", address, "dev", "lo"])
    files = {
        "containerd.toml": configuration.containerd(settings),
        "kubelet.json": json.dumps(configuration.kubelet(settings), indent=2),
        "cni/lab.conflist": json.dumps(configuration.network(), indent=2),
        "registries/_default/hosts.toml": configuration.registries(),
    }
    for name, text in files.items():
        path = settings.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)


def _settings(state: State) -> Settings:
    settings = Settings.load(state)
    if settings is None:
        raise LabError("there is no real node; start one with `python -m tests.lab real up`")
    return settings


def _offered(settings: Settings) -> str:
    """The resource that the device plugin offers; empty before it ever did."""
    try:
        return str(json.loads(settings.offer.read_text(encoding="utf-8"))["resource"])
    except FileNotFoundError:
        return ""


def _is_ready(seen: dict[str, Any]) -> bool:
    conditions = seen.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _await(state: State, holds: Callable[[], bool], what: str) -> None:
    await_part(state, NODE, holds, what, patience=90)
