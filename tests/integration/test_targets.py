"""Each target under targets/ is a role, as ansible-test has it, and a test: its tasks run against the lab, on which the
collection's own playbook has installed everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TARGETS = Path(__file__).parent / "targets"
PLAYBOOK = """\
- name: Run {target}
  hosts: lab
  gather_facts: false
  roles:
    - {target}
"""

pytestmark = pytest.mark.lab


@pytest.mark.usefixtures("example_pools")
@pytest.mark.parametrize("target", sorted(path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml")))
def test_target(target: str, play: Callable[..., str], tmp_path: Path) -> None:
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(PLAYBOOK.format(target=target))
    play(str(playbook), ANSIBLE_ROLES_PATH=str(TARGETS))
