"""Environments of their own under .build, for what cannot share .venv: another ansible-core, or packages that disagree with ours.

Each is made from a lock whose hashes are checked, and not again until the lock changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build" / "environments"
LOCKS = ROOT / "tools" / "locks"


class EnvironmentMissing(Exception):
    """An environment cannot be made; the message says what is missing."""


def uv() -> str:
    """uv, as ``make venv`` finds or installs it."""
    own = ROOT / ".build" / "uv"
    # A shim of pyenv can be on PATH and yet not run.
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return found
    if not (own / "bin" / "uv").is_file():
        version = re.search(r"^UV_VERSION=(\S+)", (ROOT / "tools" / "venv.sh").read_text(), re.MULTILINE)[1]
        subprocess.run([sys.executable, "-m", "venv", own], check=True)
        subprocess.run([own / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={version}"], check=True)
    return str(own / "bin" / "uv")


def _is(candidate: str | Path, version: str) -> bool:
    """Whether it runs, and is that version of Python."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


def interpreter(version: str) -> str:
    """A Python of this version, such as ``3.11``; uv fetches one where there is none.

    :raises EnvironmentMissing: nor can uv.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, f"python{version}", *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for candidate in candidates:
        if _is(candidate, version):
            return str(candidate)
    if subprocess.run([uv(), "python", "install", "--quiet", version], check=False).returncode:
        raise EnvironmentMissing(f"There is no Python {version} here, and uv could not fetch one.")
    return version


def locked(name: str, python: str) -> Path:
    """The folder of the environment ``name``, made from tools/locks/``name``.lock with this version of Python unless it is there.

    :raises EnvironmentMissing: it cannot be made.
    """
    lock, place = LOCKS / f"{name}.lock", FOLDER / name
    stamp, wanted = place / ".stamp", f"{place} {python}\n{lock.read_text()}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return place
    print(f"Building {place.relative_to(ROOT)} with Python {python} ...", file=sys.stderr, flush=True)
    commands = (
        [uv(), "venv", "--quiet", "--clear", "--python", interpreter(python), place],
        [uv(), "pip", "sync", "--quiet", "--python", place / "bin" / "python", "--require-hashes", lock],
    )
    for command in commands:
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise EnvironmentMissing(f"The environment {name} could not be built from {lock.relative_to(ROOT)}; see above.")
    stamp.write_text(wanted)
    return place
