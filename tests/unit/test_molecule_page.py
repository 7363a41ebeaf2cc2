"""docs/molecule.md shows the example as it is; that its commands work is tests/integration/test_stranger.py's."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "examples" / "reuse" / "team_gpus"
PAGE = (ROOT / "docs" / "molecule.md").read_text()
COLLECTION = "accelerated.nodes."


def shown(path: Path) -> str:
    return path.read_text().removeprefix("---\n").strip()


def test_the_page_shows_the_role_and_its_scenario() -> None:
    assert shown(ROLE / "tasks" / "main.yml") in PAGE
    assert shown(ROLE / "molecule" / "default" / "molecule.yml") in PAGE


def test_the_scenario_has_at_most_ten_lines() -> None:
    assert len((ROLE / "molecule" / "default" / "molecule.yml").read_text().splitlines()) <= 10


def test_the_role_does_nothing_but_include_roles_with_their_own_variables() -> None:
    for task in yaml.safe_load((ROLE / "tasks" / "main.yml").read_text()):
        assert set(task) <= {"name", "ansible.builtin.include_role", "vars", "when"}
        name = task["ansible.builtin.include_role"]["name"].removeprefix(COLLECTION)
        options = yaml.safe_load((ROOT / "roles" / name / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
        assert set(task["vars"]) <= set(options)
