"""The lab's directory, its ports and its processes."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from tests.lab import cli, process
from tests.lab.cluster import ZONES, configuration, system_node
from tests.lab.state import LOOPBACK, PORT_NAMES, PORT_RANGE, LabError, State, free_ports


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    return State.load()


def test_free_ports_are_different_and_below_the_ephemeral_range():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(port in PORT_RANGE for port in ports)


def test_free_ports_passes_over_a_taken_port(monkeypatch):
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        taken = listener.getsockname()[1]
        monkeypatch.setattr("tests.lab.state.PORT_RANGE", range(taken, taken + 20))
        assert taken not in free_ports(5)


def test_ports_stay_the_same_once_chosen(state):
    state.choose_ports()
    state.save()
    again = State.load()
    again.choose_ports()
    assert again.ports == state.ports
    assert set(state.ports) == set(PORT_NAMES)


def test_up_and_down_refuse_a_directory_of_somebody_else(state):
    state.directory.mkdir()
    (state.directory / "thesis.tex").write_text("years of work")
    with pytest.raises(LabError, match=r"thesis\.tex"):
        cli.down()
    assert (state.directory / "thesis.tex").exists()


def test_everything_binds_to_the_loopback(state):
    state.choose_ports()
    options = configuration(state.ports)["options"]
    assert options["bindAddress"] == LOOPBACK
    assert state.registry.startswith(LOOPBACK)


def test_kwok_leaves_the_real_node_alone(state):
    state.choose_ports()
    patches = {each["name"]: each["extraArgs"] for each in configuration(state.ports)["componentsPatches"]}
    options = {each["key"]: each["value"] for each in patches["kwok-controller"]}
    assert options == {"manage-all-nodes": "false", "manage-nodes-with-label-selector": "!nodes.lab/real"}


def test_further_flags_of_a_program_stand_beside_its_own(state):
    state.choose_ports()
    patches = {each["name"]: each["extraArgs"] for each in configuration(state.ports, {"kube-apiserver": {"v": "3"}})["componentsPatches"]}
    assert {"advertise-address", "v"} <= {each["key"] for each in patches["kube-apiserver"]}


def test_system_nodes_are_in_different_zones_with_different_names():
    nodes = [system_node(zone) for zone in ZONES]
    assert len({node["metadata"]["name"] for node in nodes}) == len(ZONES)
    assert len({node["spec"]["providerID"] for node in nodes}) == len(ZONES)


def test_process_is_known_until_it_is_stopped(tmp_path):
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    child = process.start("sleeper", sleeper, tmp_path, tmp_path / "log", os.environ)
    assert process.running(tmp_path, "sleeper") == child.pid
    process.stop(tmp_path, "sleeper")
    assert child.wait() != 0
    assert process.running(tmp_path, "sleeper") is None


def test_process_whose_id_was_given_to_another_is_not_ours(tmp_path):
    record = tmp_path / "pids" / "other.pid"
    record.parent.mkdir()
    record.write_text(f"{os.getpid()} 1\n")
    assert process.running(tmp_path, "other") is None
    process.stop(tmp_path, "other")
