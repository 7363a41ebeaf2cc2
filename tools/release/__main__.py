"""``python -m tools.release``: tarball, sums and SBOM in build/release, tried as a user gets them.

--draft    of a checkout whose changelog is not written yet, or that has changes; in build/draft
--no-lab   leave out the run against the lab
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environments import EnvironmentMissing
from tools.release import readiness, sbom, tarball
from tools.release.importer import complaints
from tools.sanity import ROOT

SUMS = "SHA256SUMS"


class ReleaseFailed(Exception):
    """What was built does not do; the message says why."""


def make(target: Path) -> Path:
    """The tarball with its SBOM and sums in ``target``."""
    shutil.rmtree(target, ignore_errors=True)
    seconds = tarball.commit_time()
    with tempfile.TemporaryDirectory() as work:
        source = tarball.stage(Path(work))
        built = tarball.build(source, target, seconds)
        made = [built, sbom.write(built, source, seconds)]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (target / SUMS).write_text("".join(lines))
    return built


def compare(built: Path) -> None:
    """:raises ReleaseFailed: the tarball does not come out the same when it is built again."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        again = tarball.build(tarball.stage(Path(one)), Path(other), tarball.commit_time())
        if built.read_bytes() != again.read_bytes():
            raise ReleaseFailed(f"{built.name} did not come out the same when it was built again.")


def install(built: Path, collections: Path) -> None:
    """Install the tarball into an empty collections path; what it needs comes from the developer environment.

    :raises ReleaseFailed: ansible-galaxy refuses it.
    """
    shutil.rmtree(collections, ignore_errors=True)
    command = ["ansible-galaxy", "collection", "install", "--no-deps", "--offline", "--collections-path", str(collections), str(built)]
    # Otherwise it finds the checkout's link, and has nothing to do.
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not (collections / "ansible_collections" / "accelerated" / "nodes" / "MANIFEST.json").is_file():
        raise ReleaseFailed(f"ansible-galaxy does not install {built.name}: {done.stdout}{done.stderr}")


def import_it(built: Path) -> None:
    """:raises ReleaseFailed: Galaxy would say something against it."""
    found = complaints(built)
    if found:
        raise ReleaseFailed("\n".join([f"galaxy-importer has something to say of {built.name}:", *found]))


def try_it(collections: Path) -> None:
    """The demo's path through a lab, with the collection from ``collections`` and no other.

    :raises ReleaseFailed: a step of the demo failed.
    """
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    command = [sys.executable, "-m", "tests.demo", "install", "verify", "teardown"]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise ReleaseFailed("The demo does not work with what is installed from the tarball; see above.")


def release(draft: bool, on_lab: bool) -> None:
    """All of it, in the order of what is cheapest to find out."""
    if not draft:
        readiness.check_changelog(ROOT)
        readiness.check_committed(ROOT)
    target = ROOT / "build" / ("draft" if draft else "release")
    built = make(target)
    print("".join(f"{path.relative_to(ROOT)}\n" for path in sorted(target.iterdir())), end="", flush=True)
    compare(built)
    import_it(built)
    collections = target / "collections"
    install(built, collections)
    if on_lab:
        try_it(collections)
    shutil.rmtree(collections)
    print(f"{built.name} is {'a draft that works' if draft else 'ready to be published'}.")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draft", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-lab", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        release(options.draft, not options.no_lab)
    except readiness.NotReady as error:
        print(f"{error}\nA draft needs none of that: make release DRAFT=yes", file=sys.stderr)
        return 1
    except (ReleaseFailed, sbom.InvalidSbom, EnvironmentMissing) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
