"""What Galaxy and Automation Hub would say of a tarball: galaxy-importer, without a network and without a container runtime."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tools.environments import locked

SETTINGS = {
    "CHECK_CHANGELOG": "True",
    "CHECK_REQUIRED_TAGS": "True",
    "RUN_ANSIBLE_DOC": "True",
    # Its own call of ansible-lint ends after three minutes, whatever the machine is busy with; see below.
    "RUN_ANSIBLE_LINT": "False",
    # `make sanity` and `make matrix` do that.
    "RUN_ANSIBLE_TEST": "False",
    "RUN_FLAKE8": "False",
}
# As galaxy-importer calls it, without what it leaves out.
LINT = ["ansible-lint", "--profile", "production", "--offline", "--format=pep8", "--nocolor"]
LINT += ["--exclude", "tests/integration/", "--exclude", "tests/unit/"]


def complaints(tarball: Path) -> list[str]:
    """Errors and warnings of galaxy-importer, and of ansible-lint on what is in the tarball."""
    place = locked("galaxy-importer", "3.12")
    with tempfile.TemporaryDirectory() as work:
        environment = os.environ | {f"GALAXY_IMPORTER_{name}": value for name, value in SETTINGS.items()}
        environment |= {"PATH": f"{place / 'bin'}:/usr/local/bin:/usr/bin:/bin", "HOME": work, "LC_ALL": "C.UTF-8"}
        environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
        return _imported(place, tarball, Path(work), environment) + _linted(place, tarball, Path(work), environment)


def _imported(place: Path, tarball: Path, work: Path, environment: dict[str, str]) -> list[str]:
    """Its exit status is no proof: it ends well whatever it found."""
    command = [place / "bin" / "python", "-m", "galaxy_importer.main", tarball.resolve()]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    found = [line for line in lines if line.startswith(("ERROR", "WARNING", "CRITICAL", "Traceback"))]
    if done.returncode or not any("Importer processing completed successfully" in line for line in lines):
        found.append(f"galaxy-importer ended with {done.returncode}: {' '.join(lines[-3:])}")
    return found


def _linted(place: Path, tarball: Path, work: Path, environment: dict[str, str]) -> list[str]:
    unpacked = work / "ansible_collections" / "accelerated" / "nodes"
    with tarfile.open(tarball) as archive:
        archive.extractall(unpacked, filter="data")
    command = [str(place / "bin" / LINT[0]), *LINT[1:]]
    here = environment | {"ANSIBLE_COLLECTIONS_PATH": str(work)}
    done = subprocess.run(command, cwd=unpacked, env=here, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [f"ansible-lint: {line}" for line in done.stdout.splitlines()] or [f"ansible-lint: {done.stderr}"]
