"""What is said of the versions of ansible-core is what ``make matrix`` tries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tools.environments import LOCKS
from tools.matrix import PYTHONS

ROOT = Path(__file__).resolve().parents[2]
IGNORED = sorted((ROOT / "tests" / "sanity").glob("ignore-*.txt"))


def pinned(version: str, name: str) -> str:
    """Version of a package in the environment of an ansible-core."""
    return re.search(rf"^{name}==(\S+)", (LOCKS / f"ansible-core-{version}.lock").read_text(), re.MULTILINE)[1]


@pytest.mark.parametrize("version", PYTHONS)
def test_environment_has_that_version(version: str) -> None:
    assert pinned(version, "ansible-core").startswith(f"{version}.")


def test_the_oldest_is_the_one_that_the_collection_asks_for() -> None:
    requires = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    assert requires == f">={next(iter(PYTHONS))}.0"


def test_the_oldest_has_the_oldest_clients() -> None:
    floors = dict(line.split(">=") for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#"))
    assert {name: pinned(next(iter(PYTHONS)), name) for name in floors} == floors


def test_readme_has_a_row_for_each() -> None:
    rows = [
        f"| {version} | {python} | {pinned(version, 'kubernetes')} | {pinned(version, 'boto3')} |" for version, python in PYTHONS.items()
    ]
    readme = (ROOT / "README.md").read_text()
    assert [row for row in rows if row not in readme] == []


def test_no_sanity_test_is_ignored_without_a_reason() -> None:
    lines = [line for path in IGNORED for line in path.read_text().splitlines() if line.strip()]
    assert [line for line in lines if not re.search(r" # .{10,}", line)] == []
