"""The oldest ansible-core and the oldest clients that are supported, as far as it is quick; ``make matrix`` has the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import matrix

ROOT = Path(__file__).resolve().parents[2]
OLDEST = next(iter(matrix.PYTHONS))


@pytest.mark.parametrize("playbook", sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")))
def test_playbook_is_one(playbook: str) -> None:
    """With all roles that it names, and the modules and filters of their tasks."""
    assert matrix.call(OLDEST, "ansible-playbook", "--syntax-check", "-i", "examples/inventory", f"accelerated.nodes.{playbook}") == 0


def test_roles_make_the_same_of_their_inputs() -> None:
    assert matrix.call(OLDEST, "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/roles") == 0


def test_modules_are_documented(capfd: pytest.CaptureFixture[str]) -> None:
    modules = [f"accelerated.nodes.{path.stem}" for path in sorted((ROOT / "plugins" / "modules").glob("*.py"))]
    assert matrix.call(OLDEST, "ansible-doc", "--json", *modules) == 0
    documented = capfd.readouterr().out
    assert [name for name in modules if f'"{name}": {{' not in documented] == []
