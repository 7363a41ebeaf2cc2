"""Run ansible-test sanity on what git tracks or would track, from a checkout that can sit anywhere and with any home.

ansible-test wants the collection at .../ansible_collections/<namespace>/<name>, its dependencies beside it, and a pip of its own,
for which it downloads a script. The script's place in its cache is filled here instead (ansible/ansible#77304), so that nothing is
needed but the package index that pip is set to use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build" / "sanity"
# The collections of the developer environment.
BUNDLED = Path(sysconfig.get_path("purelib")) / "ansible_collections"
SIBLINGS = ("kubernetes/core", "amazon/aws")
# Neither program is in the environment: there is no PowerShell here, and shell scripts are few and short.
SKIPPED = ("pslint", "shellcheck")
# What is not part of the collection's artefact is held to ruff and mypy instead.
LEFT_OUT = ("tests/bench/", "tests/lab/", "tests/unit/lab/", "tests/demo/", "tools/", ".github/", ".ci/")

GET_PIP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "pip=={version}"])
"""
# The pip that each ansible-test asks for: up to ansible-core 2.19, and after it.
PIPS = ("24.2", "25.2")


def collection(work: Path) -> Path:
    """Where the copy is, in a place that ansible-test takes."""
    return work / "ansible_collections" / "accelerated" / "nodes"


def tracked_files(left_out: tuple[str, ...] = LEFT_OUT) -> list[str]:
    """Paths in the working tree that are tracked, or untracked and not ignored, without those left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file() and not name.startswith(left_out)]


def copy_collection(copy: Path) -> None:
    """Make the copy anew, all but ansible-test's environments in it, which are slow to build.

    It is a git repository of its own: otherwise ansible-test would find the checkout's above it.
    """
    wanted = {copy / name: ROOT / name for name in tracked_files()}
    for path in copy.rglob("*"):
        kept = path.is_relative_to(copy / "tests" / "output") or path.is_relative_to(copy / ".git")
        if path.is_file() and path not in wanted and not kept:
            path.unlink()
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)


def link_siblings(root: Path) -> None:
    """Put the collections that ours imports into ``root``, from the developer environment."""
    for sibling in SIBLINGS:
        link = root / "ansible_collections" / sibling
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(BUNDLED / sibling)


def prepare_home(work: Path) -> Path:
    """A home directory of ansible-test's own, with the script that it would download."""
    home = work / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIPS:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP.format(version=version))
    return home


def run(arguments: list[str], work: Path = WORK, programs: Path = ROOT / ".venv" / "bin", python: str = "") -> int:
    """Run the sanity tests; ansible-test's exit status.

    :param arguments: for ansible-test (``--test validate-modules``, a file, ...).
    :param work: folder of the copy and of ansible-test's environments.
    :param programs: where the ansible-test is that is to be run.
    :param python: version to run the tests with, by default this one.
    """
    copy_collection(collection(work))
    link_siblings(work)
    python = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    environment = os.environ | {"HOME": str(prepare_home(work)), "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin"}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    skips = [word for test in SKIPPED for word in ("--skip-test", test)]
    command = [str(programs / "ansible-test"), "sanity", "--venv", "--python", python, "--color", "no", *skips, *arguments]
    return subprocess.run(command, cwd=collection(work), env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
