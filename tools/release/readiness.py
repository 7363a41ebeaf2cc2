"""Whether a checkout may become a release: its changelog is written, and what is built is what is committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml


class NotReady(Exception):
    """It may not; the message says what to do."""


def check_changelog(source: Path) -> None:
    """:raises NotReady: the version in galaxy.yml is not in the changelog, or fragments wait for another one."""
    version = yaml.safe_load((source / "galaxy.yml").read_text())["version"]
    releases = yaml.safe_load((source / "changelogs" / "changelog.yaml").read_text())["releases"]
    if version not in releases:
        raise NotReady(
            f"The changelog does not have the version {version} that galaxy.yml names: run antsibull-changelog release, look at"
            " CHANGELOG.rst, and commit it."
        )
    waiting = sorted(path.name for path in (source / "changelogs" / "fragments").glob("*.yml"))
    if waiting:
        raise NotReady(
            f"{len(waiting)} changelog fragments, the first of them {waiting[0]}, are for a version after {version}: raise the version in"
            " galaxy.yml and run antsibull-changelog release, or release the commit that has that version."
        )


def check_committed(source: Path) -> None:
    """:raises NotReady: something in the working tree is not committed, so that nobody could build the same again."""
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=source, check=True, capture_output=True, text=True).stdout.splitlines()
    if changed:
        raise NotReady(f"{len(changed)} files are not as they are committed, the first of them {changed[0][3:]}: commit or remove them.")
