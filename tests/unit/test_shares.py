"""How the tests are shared out among workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import shares

INTEGRATION = "tests/integration"
UNIT = "tests/unit/test_shares.py"
TARGETS, MOLECULE, FAULTS = (f"{INTEGRATION}/test_{name}.py" for name in ("targets", "molecule", "faults"))


def test_every_file_that_is_named_is_there_and_in_one_share() -> None:
    named = [name for files in shares.LABS.values() for name in files]
    there = {path.stem for path in (Path(__file__).parents[1] / "integration").glob("test_*.py")}
    assert (set(named) - there, len(named)) == (set(), len(set(named)))


@pytest.mark.parametrize(("path", "share"), [(TARGETS, "installed"), (MOLECULE, "bare lab"), (FAULTS, FAULTS), (UNIT, UNIT)])
def test_tests_of_the_lab_are_together_and_others_by_their_file(path: str, share: str) -> None:
    assert shares.share(path) == share


@pytest.mark.parametrize(
    ("path", "fixtures", "complains"),
    [
        (TARGETS, {"lab", "installed"}, False),
        (TARGETS, {"lab"}, False),
        (MOLECULE, {"lab"}, False),
        (MOLECULE, {"lab", "installed"}, True),
        (FAULTS, {"lab"}, True),
        (FAULTS, {"lab", "installed"}, True),
        (FAULTS, {"tmp_path"}, False),
    ],
)
def test_a_test_that_would_meet_the_wrong_lab_is_told(path: str, fixtures: set[str], complains: bool) -> None:
    assert bool(shares.complaint(path, fixtures)) == complains


def test_side_by_side_what_takes_long_comes_first() -> None:
    tests = [(UNIT, ()), (MOLECULE, ("lab",)), (TARGETS, ("lab", "installed")), (TARGETS, ("lab",))]
    assert sorted(tests, key=lambda test: shares.place(*test, True)) == [tests[3], tests[2], tests[1], tests[0]]


@pytest.mark.parametrize("side_by_side", [True, False])
def test_files_that_use_the_same_pools_are_behind_those_that_have_others(side_by_side: bool) -> None:
    files = [f"{INTEGRATION}/test_{name}.py" for name in ("targets", "upgrade", "new", "diagnosis")]
    order = sorted(files, key=lambda path: shares.place(path, ("lab", "installed"), side_by_side))
    assert [path for path in order if path != files[2]] == [files[3], files[1], files[0]]


def test_in_one_process_what_is_installed_comes_last_and_all_else_stays() -> None:
    tests = [(TARGETS, ("lab", "installed")), (UNIT, ()), (MOLECULE, ("lab",))]
    assert sorted(tests, key=lambda test: shares.place(*test, False)) == [*tests[1:], tests[0]]


@pytest.mark.parametrize(("worker", "directory"), [("", "/labs/lab"), ("gw0", "/labs/lab"), ("gw2", "/labs/lab-gw2")])
def test_workers_have_labs_of_their_own(worker: str, directory: str) -> None:
    environment = {"PYTEST_XDIST_WORKER": worker} if worker else {}
    assert shares.lab_directory("/labs/lab", shares.worker_of(environment)) == directory
