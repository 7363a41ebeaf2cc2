"""The cgroup of the real node's containers: made in every hierarchy of the machine, and removed with all in it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.lab.real.requirements import CGROUPS
from tests.lab.state import LabError

#: In version 1 a cgroup can be used only once it says on which processors and memory.
INHERITED = ("cpuset.cpus", "cpuset.mems")


def make(name: str, root: Path = CGROUPS) -> None:
    """Make the cgroup, wherever it is not."""
    for hierarchy in hierarchies(root):
        made = hierarchy / name.strip("/")
        made.mkdir(exist_ok=True)
        for setting in INHERITED:
            if (made / setting).exists():
                (made / setting).write_text((hierarchy / setting).read_text())


def remove(name: str, root: Path = CGROUPS, patience: float = 10) -> None:
    """Remove the cgroup and what is below it; its processes have ended.

    Raises:
        LabError: one could not be removed within ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    for hierarchy in hierarchies(root):
        while left := _remove_tree(hierarchy / name.strip("/")):
            if time.monotonic() > deadline:
                raise LabError(f"{left}; remove it by hand, then run `real down` again")
            time.sleep(0.1)


def hierarchies(root: Path = CGROUPS) -> list[Path]:
    """The mounted hierarchies: those of version 1, or the one of version 2."""
    if (root / "cgroup.controllers").exists():
        return [root]
    return sorted(each for each in root.iterdir() if (each / "cgroup.procs").exists() and not each.is_symlink())


def _remove_tree(top: Path) -> str:
    """Remove a cgroup and those below it, the deepest first; returns why one is left, or nothing."""
    if not top.exists():
        return ""
    for each in [*sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True), top]:
        try:
            each.rmdir()
        except FileNotFoundError:
            continue
        except OSError as error:
            return f"the cgroup {each} cannot be removed: {error.strerror}"
    return ""
