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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build" / "sanity"
COLLECTION = WORK / "ansible_collections" / "accelerated" / "nodes"
SIBLINGS = ("kubernetes/core", "amazon/aws")
# Neither program is in the environment: there is no PowerShell here, and shell scripts are few and short.
SKIPPED = ("pslint", "shellcheck")
# What is not part of the collection's artefact is held to ruff and mypy instead.
LEFT_OUT = ("tests/bench/", "tests/lab/", "tests/unit/lab/", "tests/demo/", "tools/", ".github/", ".ci/")

GET_PIP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "pip==25.2"])
"""


def tracked_files() -> list[str]:
    """Paths in the working tree that are tracked, or untracked and not ignored, without those left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file() and not name.startswith(LEFT_OUT)]


def copy_collection() -> None:
    """Make the copy anew, all but ansible-test's environments in it, which are slow to build.

    It is a git repository of its own: otherwise ansible-test would find the checkout's above it.
    """
    wanted = {COLLECTION / name: ROOT / name for name in tracked_files()}
    for path in COLLECTION.rglob("*"):
        kept = path.is_relative_to(COLLECTION / "tests" / "output") or path.is_relative_to(COLLECTION / ".git")
        if path.is_file() and path not in wanted and not kept:
            path.unlink()
    for target, source in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    subprocess.run(["git", "init", "--quiet"], cwd=COLLECTION, check=True)


def link_siblings() -> None:
    """Put the collections that ours imports beside it, from the developer environment."""
    import ansible_collections

    bundled = Path(ansible_collections.__path__[0])
    for sibling in SIBLINGS:
        link = WORK / "ansible_collections" / sibling
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(bundled / sibling)


def prepare_home() -> Path:
    """A home directory of ansible-test's own, with the script that it would download."""
    home = WORK / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "get_pip_25_2.py").write_text(GET_PIP)
    return home


def main(arguments: list[str]) -> int:
    """Run the sanity tests; ``arguments`` go to ansible-test (``--test validate-modules``, a file, ...)."""
    copy_collection()
    link_siblings()
    environment = os.environ | {"HOME": str(prepare_home()), "PATH": f"{ROOT}/.venv/bin:/usr/local/bin:/usr/bin:/bin"}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    skips = [word for test in SKIPPED for word in ("--skip-test", test)]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--venv", "--python", python, "--color", "no", *skips, *arguments]
    return subprocess.run(command, cwd=COLLECTION, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
