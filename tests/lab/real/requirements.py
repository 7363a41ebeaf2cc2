"""What a machine must have for real containers, and what this one lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.real.settings import HIDDEN
from tests.lab.state import CHECKOUT, State

#: Program -> the Debian package that brings it. The CNI plugins are no programs of the search path.
PROGRAMS = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "/usr/lib/cni/host-local": "containernetworking-plugins",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "unshare": "util-linux",
}
CGROUPS = Path("/sys/fs/cgroup")


def obstacle() -> str:
    """Why no real container can run here, with the next step; empty if nothing is known to be in the way."""
    if not sys.platform.startswith("linux"):
        return "real containers need Linux"
    if os.geteuid():
        return "real containers need root, and this is not root"
    missing = sorted({package for program, package in PROGRAMS.items() if not _found(program)})
    if missing:
        return f"real containers need what the Debian packages {', '.join(missing)} bring; install them with `make containers`"
    return _place() or _namespaces() or _cgroups()


def _found(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def _place() -> str:
    """Why the real node could not see its own files."""
    for path in (CHECKOUT, State.load().directory):
        hiding = next((each for each in HIDDEN if path.is_relative_to(each)), "")
        if hiding:
            return f"real containers hide {hiding}, and {path} is in it; move it, or set LAB_DIR"
    return ""


def _namespaces() -> str:
    """Why no namespaces of its own can be given to a process."""
    probe = [
        "unshare",
        "--mount",
        "--net",
        "--pid",
        "--fork",
        "--mount-proc",
        *["ip", "link", "add", "one", "type", "veth", "peer", "name", "other"],
    ]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return f"real containers need namespaces of their own, and this machine refuses them: {done.stderr.strip()}" if done.returncode else ""


def _cgroups() -> str:
    """Why no cgroup can be made."""
    probe = next((each for each in (CGROUPS / "memory", CGROUPS) if each.is_dir()), CGROUPS) / f"accelerated-probe-{os.getpid()}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        return f"real containers need cgroups of their own, and this machine refuses them: {error}"
    return ""
