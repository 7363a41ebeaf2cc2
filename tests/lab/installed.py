"""The collection's own installation on the lab, for those who test what stands on it: Karpenter and the device plugins, and no node pool."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.lab.state import CHECKOUT, LabError, State

PLAYBOOK = "accelerated.nodes.install"
NO_POOLS = '{"node_pools_definitions": []}'
LOG = "install"


def install(state: State) -> None:
    """Run the playbook; on a lab where all is installed it changes nothing.

    Raises:
        LabError: it failed; with its last words.
    """
    log = state.log(LOG)
    command = [Path(sys.executable).with_name("ansible-playbook"), PLAYBOOK, f"--inventory={state.directory / 'inventory.yml'}"]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [*command, f"--extra-vars={NO_POOLS}"],
            env=os.environ
            | state.environment()
            | {"ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"), "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise LabError(
            f"{PLAYBOOK} ended with {done.returncode}: {last_failure(log.read_text(encoding='utf-8'))}; all that it said is in {log}"
        )


def last_failure(said: str) -> str:
    """The last line of a playbook's output that tells of a failure."""
    told = [line for line in said.splitlines() if line.startswith(("fatal:", "[ERROR]", "ERROR!"))]
    return told[-1] if told else "it told of no failure"
