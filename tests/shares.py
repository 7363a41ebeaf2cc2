"""How the tests are shared out when several workers run them side by side (pytest-xdist). Pure.

Tests of a share run one after the other in one worker. Two shares have a lab each, so that two labs are worked on at the same time. All
other tests need none: each of their files is a share, and fills what the processors have left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePath

#: Files whose tests share what the fixture ``installed`` installs, in the order in which they run: once node pools are made that several
#: files use, they stay.
INSTALLED = (
    "test_automation_rbac",
    "test_awx_jobs",
    "test_diagnosis",
    "test_missing_plugin",
    "test_pool_kinds",
    "test_real_containers",
    "test_stranger",
    "test_teardown",
    "test_upgrade",
    # With the example's pools.
    "test_targets",
    "test_release",
    "test_verification_depth",
    "test_verify_signals",
    # Its nodes are many, and ill.
    "test_verify_faults",
)
#: Files whose tests install and remove on the lab what they need.
BARE = ("test_guides", "test_molecule", "test_refusals", "test_stand_in_charts", "test_upgrade_definitions")
#: Share -> its files. The longest first, as workers take one after the other.
LABS = {"installed": INSTALLED, "bare lab": BARE}
#: The worker whose lab is that of ``$LAB_DIR``.
FIRST = "gw0"


def share(path: str) -> str:
    """The share of a file's tests: one of ``LABS``, or the file's own."""
    return next((name for name, files in LABS.items() if PurePath(path).stem in files), path)


def complaint(path: str, fixtures: Collection[str]) -> str:
    """Why a test must not be in the share of its file, and what to do; empty when it may."""
    if "lab" not in fixtures or share(path) == "installed":
        return ""
    wanted, fixture = ("installed", "installed") if "installed" in fixtures else ("bare lab", "lab")
    if share(path) == wanted:
        return ""
    return f"{path} has tests with the fixture {fixture!r}: name the file in tests/shares.py, in the share {wanted!r}"


def place(path: str, fixtures: Collection[str], side_by_side: bool) -> tuple[int, int]:
    """Where a test comes among all: sort by it.

    On one lab, what is installed has to come behind tests that install and remove everything themselves.
    """
    shares, files = (*LABS, path), (*INSTALLED, PurePath(path).stem)
    behind = files.index(files[-1]) + 1 if "installed" in fixtures else 0
    return shares.index(share(path)) if side_by_side else 0, behind


def lab_directory(directory: str, worker: str) -> str:
    """Where a worker has its lab; ``worker`` is empty in a single process."""
    return directory if worker in ("", FIRST) else f"{directory}-{worker}"


def worker_of(environment: Mapping[str, str]) -> str:
    """The worker that this process is; empty when it is none."""
    return environment.get("PYTEST_XDIST_WORKER", "")
