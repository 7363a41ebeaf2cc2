"""Faults on demand: what goes wrong in the lab, and where.

The state is one file, ``$LAB_DIR/faults.json``: an object whose keys are the names of the faults that are on and
whose values are their arguments (an object of strings). A fault that is off is not in the file; no file means no
faults. The AWS side reads the same file, so one command turns any fault on.

A name may carry a suffix after a colon (``quota:team-a``), so that one fault can be on several times, each time elsewhere.

The command line is ``python -m tests.lab fault <name> on|off [--argument value ...]``, ``fault list`` and
``fault clear``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_LAB_DIR = Path(".build/lab")


@dataclass(frozen=True)
class Fault:
    """One row of the table: what the fault does, who plays it, and its arguments with their defaults."""

    name: str
    side: str
    effect: str
    arguments: Mapping[str, str] = field(default_factory=dict)


#: Arguments that say where a fault applies; an empty one means everywhere.
WHERE = {"node-pool": "", "instance-type": "", "node": ""}
#: For how many seconds a fault lasts; it goes by itself then.
LASTS = {"lasts": ""}
#: The same for launches.
LAUNCH = {"instance-type": "", "zone": "", "node-class": ""}

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("no-capacity", "aws", "CreateFleet answers InsufficientInstanceCapacity", LAUNCH),
        Fault("quota", "aws", "CreateFleet answers VcpuLimitExceeded", LAUNCH),
        Fault("spot-quota", "aws", "CreateFleet answers MaxSpotInstanceCountExceeded", LAUNCH),
        Fault("no-addresses", "aws", "CreateFleet answers InsufficientFreeAddressesInSubnet", LAUNCH),
        Fault("launch-error", "aws", "CreateFleet answers any code of EC2's for each launch", {**LAUNCH, "code": "", "message": ""}),
        Fault(
            "unauthorized",
            "aws",
            "EC2 refuses a whole request, its dry run too: create_launch_template, create_fleet or run_instances",
            {"action": "create_fleet", "node-class": "", "code": "UnauthorizedOperation", "message": ""},
        ),
        Fault("ami-variant-missing", "aws", "an AMI release has no parameter for a variant", {"variant": "nvidia", "release": ""}),
        Fault("access-entry", "aws", "a role has no access entry, or one of another type", {"role": "", "type": "missing"}),
        Fault("authentication-mode", "aws", "the cluster authenticates another way", {"mode": "CONFIG_MAP"}),
        Fault("spot-interruption", "aws", "EC2 warns that it takes Spot instances back, once each", WHERE),
        Fault("node-never-joins", "nodes", "instances run, their nodes never join the cluster", WHERE),
        Fault("slow-node", "nodes", "nodes join late", {**WHERE, "seconds": "30"}),
        Fault("twin-node", "nodes", "a second Node with the same provider ID is there before the node joins", WHERE),
        Fault("kubelet-not-ready", "nodes", "kubelets say that the network plugin is not initialized", WHERE),
        Fault("plugin-missing", "nodes", "device-plugin pods crash, so nodes offer no accelerators", {**WHERE, "kind": ""}),
        Fault("plugin-image-pull", "nodes", "the image of device-plugin pods cannot be pulled", {**WHERE, "kind": ""}),
        Fault("plugin-finds-nothing", "nodes", "device-plugin pods run and register nothing", {**WHERE, **LASTS, "kind": ""}),
        Fault("fabric-in-progress", "nodes", "GPUs behind NVSwitches are still joining the fabric", {**WHERE, **LASTS}),
        Fault("open-devices", "nodes", "pods see all devices of the node without requesting any", WHERE),
        Fault("wrong-result", "nodes", "the GPUs compute, and the result is wrong (vectorAdd)", WHERE),
        Fault("controller-crashes", "nodes", "Karpenter's controller ends, and its pods crash"),
        Fault(
            "missing-device",
            "nodes",
            "accelerators are missing from each node and from its tool's output",
            {**WHERE, "count": "1", "plugin-sees-it": ""},
        ),
        Fault("gpu-lost", "nodes", "nvidia-smi finds a GPU that fell off the bus", WHERE),
        Fault("ecc-errors", "nodes", "nvidia-smi shows uncorrectable ECC errors on the first GPU", {**WHERE, "errors": "2", "every": "1"}),
        Fault("driver-mismatch", "nodes", "NVML refuses: driver and library differ in version", WHERE),
        Fault("truncated-log", "nodes", "the log of a check ends in the middle", {**WHERE, "bytes": "400"}),
        Fault("gpu-field", "nodes", "nvidia-smi shows a value in a field of the first GPU", {**WHERE, "path": "", "value": ""}),
        Fault(
            "tool-says",
            "nodes",
            "the tool prints other words than it would, or (--after yes) these besides, and ends with an exit code",
            {**WHERE, "text": "", "exit-code": "0", "after": ""},
        ),
        Fault("tool-hangs", "nodes", "the tool does not end, for --seconds or at all", {**WHERE, "seconds": "", "no-timeout": ""}),
        Fault("tool-missing", "nodes", "the container has no such tool (exit code 127 of a shell)", WHERE),
        Fault("entity-bomb", "nodes", "the tool prints XML whose entities are a billion words", WHERE),
        Fault("binary-log", "nodes", "the tool prints bytes that are not UTF-8", WHERE),
        Fault("enormous-log", "nodes", "the tool prints --bytes too many after its list", {**WHERE, "bytes": "6000000"}),
        Fault("logs-not-served", "nodes", "kubelets answer requests for logs with an error", WHERE),
        Fault("oom-killed", "nodes", "the kernel kills the container of a check (OOMKilled)", WHERE),
        Fault("pod-evicted", "nodes", "the kubelet evicts the pods of Jobs, as memory is short", WHERE),
        Fault("sandbox-fails", "nodes", "containers of Jobs are never made (FailedCreatePodSandBox)", WHERE),
        Fault("image-pull", "nodes", "images cannot be pulled (ImagePullBackOff)", WHERE),
        Fault("neuron-2.34", "nodes", "neuron-ls is SDK 2.34: --output-format json instead of --json-output", WHERE),
        Fault("old-driver", "nodes", "nvidia-smi is driver 535.230.02, CUDA 12.2 (DTD v12)", WHERE),
    )
}


#: When (seconds since 1970) a fault that lasts for a time is over.
UNTIL = "until"


class UnknownFault(ValueError):
    """A fault, or an argument of one, that the lab does not have."""


def state_file(lab_dir: Path | None = None) -> Path:
    """The file of the faults that are on; ``lab_dir`` defaults to ``$LAB_DIR``, then to ``.build/lab``."""
    return Path(lab_dir or os.environ.get("LAB_DIR") or DEFAULT_LAB_DIR) / "faults.json"


def active(lab_dir: Path | None = None) -> dict[str, dict[str, str]]:
    """The faults that are on, by name, each with its arguments."""
    try:
        on = json.loads(state_file(lab_dir).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: arguments for name, arguments in on.items() if not arguments.get(UNTIL) or float(arguments[UNTIL]) > time.time()}


def set_fault(name: str, arguments: Mapping[str, str] | None = None, lab_dir: Path | None = None) -> None:
    """Turn a fault on.

    Raises:
        UnknownFault: the fault or an argument of it is not in the table.
    """
    complete = _complete(name, arguments or {})
    until = {UNTIL: str(time.time() + float(complete["lasts"]))} if complete.get("lasts") else {}
    _write({**active(lab_dir), name: {**complete, **until}}, lab_dir)


def clear_fault(name: str | None = None, lab_dir: Path | None = None) -> None:
    """Turn a fault off; without a name, all of them."""
    if name is not None:
        _known(name)
    _write({key: value for key, value in active(lab_dir).items() if name not in (None, key)}, lab_dir)


def base(name: str) -> str:
    """The fault that a name means: without the suffix that keeps it apart from others of its kind."""
    return name.partition(":")[0]


def _known(name: str) -> Fault:
    if base(name) not in FAULTS:
        raise UnknownFault(f"no fault is called {name!r}; the lab has: {', '.join(sorted(FAULTS))}")
    return FAULTS[base(name)]


def _complete(name: str, arguments: Mapping[str, str]) -> dict[str, str]:
    fault = _known(name)
    for argument in arguments:
        if argument not in fault.arguments:
            known = ", ".join(f"--{key}" for key in fault.arguments)
            raise UnknownFault(f"fault {name!r} has no argument --{argument}; it has: {known}")
    return {**fault.arguments, **arguments}


def _write(faults: Mapping[str, Mapping[str, str]], lab_dir: Path | None) -> None:
    path = state_file(lab_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Both sides poll the file: a rename never shows them half of it.
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(faults, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)


def main(argv: Sequence[str]) -> int:
    """The ``fault`` command; returns its exit status."""
    try:
        return _run(list(argv))
    except UnknownFault as error:
        print(f"fault: {error}", file=sys.stderr)
        return 2


def _run(argv: list[str]) -> int:
    if argv == ["list"]:
        print("\n".join(_lines(active())))
    elif argv == ["clear"]:
        clear_fault()
    elif len(argv) == 2 and argv[1] == "off":
        clear_fault(argv[0])
    elif len(argv) > 1 and argv[1] == "on":
        set_fault(argv[0], _options(argv[2:]))
    else:
        raise UnknownFault("say: fault list | fault clear | fault <name> on [--argument value ...] | fault <name> off")
    return 0


def _options(words: Sequence[str]) -> dict[str, str]:
    pairs = [pair for word in words for pair in word.split("=", 1)]
    if len(pairs) % 2 or not all(name.startswith("--") for name in pairs[::2]):
        raise UnknownFault(f"arguments are pairs, --name value; got: {' '.join(words)}")
    return {name.removeprefix("--"): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _lines(on: Mapping[str, Mapping[str, str]]) -> list[str]:
    table = [f"{'on ' if name in on else 'off'}  {name:18} {_arguments(on.get(name, {}))}{fault.effect}" for name, fault in FAULTS.items()]
    # Those with a suffix, and finer ones of the AWS side, which tests set and which have no word here.
    return table + [f"on   {name:18} {_arguments(on[name])}" for name in on if name not in FAULTS]


def _arguments(arguments: Mapping[str, str]) -> str:
    given = " ".join(f"--{key} {value}" for key, value in arguments.items() if value)
    return f"[{given}] " if given else ""


def applies(arguments: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a fault with these arguments holds on a node with these labels."""
    keys = {
        "node-pool": "karpenter.sh/nodepool",
        "instance-type": "node.kubernetes.io/instance-type",
        "node": "kubernetes.io/hostname",
    }
    return all(not arguments.get(name) or labels.get(key) == arguments[name] for name, key in keys.items())


def on_node(on: Mapping[str, Mapping[str, str]], labels: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """The faults among ``on`` that hold on a node with these labels, by name without suffix."""
    return {base(name): arguments for name, arguments in on.items() if applies(arguments, labels)}


def at_look(held: Mapping[str, Mapping[str, str]], look: int) -> dict[str, Mapping[str, str]]:
    """The faults among ``held`` that show when a node's pods are played for the ``look``-th time, from 1: some only every so often."""
    return {name: arguments for name, arguments in held.items() if look % int(arguments.get("every") or 1) == 0}
