"""Lint, sanity, unit tests and the demo with each ansible-core that the collection supports: ``python -m tools.matrix [VERSION ...] [--only STEP]``.

Each version has an environment of its own (tools/locks), which holds that ansible-core, the oldest Python that it is tried with, and with the
oldest of them the oldest clients that requirements.txt admits. The collections that ours needs are those of .venv.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools import environments, sanity

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build" / "matrix"
# ansible-core -> the Python that it is tried with.
PYTHONS = {"2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
# Of the lab, which is for the developer environment alone.
LEFT_OUT = ("tests/unit/lab",)


def collections(version: str) -> Path:
    """A collections path with this checkout and what it needs."""
    path = FOLDER / version / "collections"
    sanity.link_siblings(path)
    link = sanity.collection(path)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT)
    return path


def programs(version: str) -> Path:
    """Where the programs of the version's environment are."""
    return environments.locked(f"ansible-core-{version}", PYTHONS[version]) / "bin"


def variables(version: str) -> dict[str, str]:
    """What the version's programs are to find in their environment."""
    return os.environ | {
        "PATH": f"{programs(version)}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(collections(version)),
        "ANSIBLE_HOME": str(FOLDER / version / "home"),
    }


def call(version: str, *command: str) -> int:
    """The exit status of a program of the version's environment."""
    words = [str(programs(version) / command[0]), *command[1:]]
    return subprocess.run(words, cwd=ROOT, env=variables(version), check=False).returncode


def lint(version: str) -> int:
    """Without the integration tests, which Galaxy does not lint either: before ansible-core 2.19 ansible-lint runs lookups for real."""
    return call(version, "ansible-lint", "--profile", "production", "--offline", "--exclude", "tests/integration/")


def sane(version: str) -> int:
    return sanity.run([], FOLDER / version / "sanity", programs(version), PYTHONS[version])


def units(version: str) -> int:
    ignored = [word for path in LEFT_OUT for word in ("--ignore", path)]
    return call(version, "pytest", "-q", "-p", "no:cacheprovider", "tests/unit", *ignored)


def demo(version: str) -> int:
    """The whole path on a lab: the lab is of .venv, playbooks and modules are the version's."""
    own = {"ANSIBLE_PLAYBOOK": str(programs(version) / "ansible-playbook"), "LAB_DIR": str(FOLDER / version / "lab")}
    return subprocess.run([sys.executable, "-m", "tests.demo"], cwd=ROOT, env=variables(version) | own, check=False).returncode


STEPS: dict[str, Callable[[str], int]] = {"lint": lint, "sanity": sane, "units": units, "demo": demo}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*", default=list(PYTHONS), metavar="VERSION", help="ansible-core versions, by default all")
    parser.add_argument("--only", choices=STEPS, action="append", help="a step, by default all")
    options = parser.parse_args(arguments)
    table = []
    try:
        for version in options.versions:
            for name in options.only or STEPS:
                print(f"\n=== ansible-core {version}, Python {PYTHONS[version]}: {name}", flush=True)
                start = time.monotonic()
                status = STEPS[name](version)
                table.append((version, name, status, time.monotonic() - start))
    except environments.EnvironmentMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    print()
    for version, name, status, seconds in table:
        print(f"ansible-core {version}  {name:<7} {'ok' if status == 0 else 'FAILED'} {seconds:6.0f} s")
    return int(any(status for _, _, status, _ in table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
