"""The lab's command line: what it refuses, and how it ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import cli, installed
from tests.lab.state import CHECKOUT, LOOPBACK, PORT_NAMES, LabError, State, is_free

LAB = CHECKOUT / "tools" / "lab"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    return State.load()


def test_a_pipe_that_is_closed_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """As `status | head -0` does: nobody reads what it prints."""
    reader, writer = os.pipe()
    os.close(reader)
    environment = os.environ | {"LAB_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.lab", "status"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (cli.PIPE_CLOSED, "")


def test_a_port_that_another_program_has_taken_is_told_before_anything_is_started(state: State) -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assert not is_free(taken)
        state.ports = dict.fromkeys(PORT_NAMES, taken)
        state.save()
        with pytest.raises(LabError, match=rf"port {taken} \(etcd\) of the lab in .* is taken by another program; `down`, then `up`"):
            cli.up()
    assert is_free(taken)


def test_a_failed_installation_tells_its_last_failure() -> None:
    said = "TASK [a]\nfatal: [lab]: FAILED! => first\nTASK [b]\n[ERROR]: Task failed: second\nPLAY RECAP\n"
    assert installed.last_failure(said) == "[ERROR]: Task failed: second"
    assert installed.last_failure("PLAY RECAP\n") == "it told of no failure"


def test_the_documented_command_works_from_elsewhere_and_takes_a_relative_lab_dir(tmp_path: Path) -> None:
    """Another repository has tests of its own; and where the lab is, is said from there."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("raise SystemExit('the wrong tests')\n")
    done = subprocess.run([LAB, "env"], cwd=tmp_path, env=os.environ | {"LAB_DIR": "here"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"lab: there is no lab in {tmp_path / 'here'}; start it" in done.stderr


def test_what_is_simulated_is_told() -> None:
    for word in ("AWS", "nodes", "pods", "accelerators", "NVIDIA, Neuron and llmaz"):
        assert word in cli.TRUTH.split("simulated:")[1]
