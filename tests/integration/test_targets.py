"""Each target under targets/ is a role, as ansible-test has it, and a test: its tasks run against the lab."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("target", sorted(path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml")))
def test_target(target: str, run: Callable[..., str], tmp_path: Path) -> None:
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(PLAYBOOK.format(target=target))
    inventory = Path(os.environ["LAB_DIR"]) / "inventory.yml"
    run("ansible-playbook", str(playbook), "-i", str(inventory), ANSIBLE_ROLES_PATH=str(TARGETS))
