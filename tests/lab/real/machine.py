"""The supervisor of the real node: ``python -m tests.lab.real.machine``.

It gives registry, containerd and kubelet namespaces of their own, so that with the first process in them everything
goes: all containers, mounts and interfaces. What they would write to ``/run``, ``/var/lib`` and ``/var/log`` goes to
the lab's directory. containerd and the registry have a network in which there is nothing but themselves and the
containers; the kubelet has the machine's, where the API server is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import cluster, registry
from tests.lab.real import configuration, images
from tests.lab.real.settings import HIDDEN, REGISTRY, SOCKET, Settings
from tests.lab.state import BIN_DIR, LabError, State

PR_SET_PDEATHSIG = 1
#: Kernel settings that a kubelet makes, and which are the machine's: it is shown files that have them already.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def main() -> int:
    """Run until told to stop, or until a part ends; returns the exit status."""
    state = State.load()
    settings = Settings.load(state)
    if settings is None:
        print("there is no real node; start one with `python -m tests.lab real up`", file=sys.stderr)
        return 1
    os.unshare(os.CLONE_NEWNS | os.CLONE_NEWPID)
    first = os.fork()
    if first == 0:
        # Its end is the end of everything: also if this process is killed.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os._exit(_inside(state, settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(first, signal.SIGKILL))
    _pid, status = os.waitpid(first, 0)
    return 0 if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def _inside(state: State, settings: Settings) -> int:
    """The first process of the namespaces: starts the parts, and reaps what they leave behind."""
    try:
        _mounts(settings)
        parts = _start(state, settings)
        ended, _status = os.wait()
        while ended not in parts:
            ended, _status = os.wait()
    except (LabError, OSError) as error:
        print(f"the real node did not start: {error}", file=sys.stderr, flush=True)
        return 1
    print(f"{parts[ended]} ended, and so the real node does; see {state.log(f'real-{parts[ended]}')}", file=sys.stderr, flush=True)
    return 1


def _mounts(settings: Settings) -> None:
    cluster.run(["mount", "--make-rprivate", "/"])
    cluster.run(["mount", "-t", "proc", "proc", "/proc"])
    for name, value in KERNEL_SETTINGS.items():
        shown = settings.directory / "sysctl" / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n", encoding="utf-8")
        cluster.run(["mount", "--bind", str(shown), f"/proc/sys/{name}"])
    for path in HIDDEN:
        stand_in = settings.stand_in(path)
        stand_in.mkdir(parents=True, exist_ok=True)
        cluster.run(["mount", "--bind", str(stand_in), path])


def _start(state: State, settings: Settings) -> dict[int, str]:
    """Start the parts, each once the one before it answers; returns their process ids."""
    outside = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.unshare(os.CLONE_NEWNET)
    cluster.run(["ip", "link", "set", "lo", "up"])
    parts = {_part(state, "registry", [str(BIN_DIR / "crane"), "registry", "serve", f"--address={REGISTRY}"]): "registry"}
    _wait_until(lambda: registry.answers(f"http://{REGISTRY}/v2/"), "the registry answers")
    _push(settings)
    parts[_part(state, "containerd", ["containerd", f"--config={settings.directory / 'containerd.toml'}"])] = "containerd"
    _wait_until(lambda: Path(SOCKET).exists(), "containerd listens")
    os.setns(outside, os.CLONE_NEWNET)
    kubelet = configuration.kubelet_command(settings, BIN_DIR / "kubelet", state.kubeconfig)
    parts[_part(state, "kubelet", kubelet)] = "kubelet"
    return parts


def _part(state: State, name: str, command: Sequence[str]) -> int:
    with state.log(f"real-{name}").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log).pid


def _push(settings: Settings) -> None:
    draft = settings.directory / "image.tar"
    for image in images.IMAGES:
        images.write(image, draft)
        cluster.run([str(BIN_DIR / "crane"), "push", "--insecure", str(draft), image.reference])
    draft.unlink()


def _wait_until(holds: object, what: str, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(f"within {patience:.0f} s it did not come about that {what}")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
