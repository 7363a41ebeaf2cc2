"""The node with real containers: its configuration, its devices, its images, and what it leaves behind."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from tests.lab.nodes.tools import neuron_ls, nvidia_smi
from tests.lab.real import cgroups, configuration, hardware, images, lane, requirements
from tests.lab.real.settings import NETWORK, REGISTRY, Settings
from tests.lab.state import REAL_NODE, LabError, State


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    return State.load()


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path, f"{NETWORK}.7")


def put_together(said):
    """What the tool in a container with all devices prints."""
    head = said["head"].replace("@COUNT@", str(len(said["devices"])))
    return head + said["between"].join(each["text"] for each in said["devices"]) + said["tail"]


def test_the_tool_says_of_all_devices_what_the_simulated_one_says():
    gpus = hardware.devices_of("g5.48xlarge", "node")
    assert put_together(hardware.said(gpus)) == nvidia_smi.run(["-q", "-x"], gpus).text
    neurons = hardware.devices_of("inf2.48xlarge", "node")
    assert json.loads(put_together(hardware.said(neurons))) == json.loads(neuron_ls.run(["-j"], neurons).text)


def test_the_plugin_offers_all_devices_and_calls_the_last_ones_unhealthy(settings):
    offer = hardware.offer(hardware.devices_of("g5.48xlarge", "node"), settings.driver, healthy=6)
    assert [each["healthy"] for each in offer["devices"]] == [True] * 6 + [False] * 2
    assert len({each["id"] for each in offer["devices"]}) == len({each["node"] for each in offer["devices"]}) == 8
    assert offer["resource"] == "nvidia.com/gpu"


def test_a_type_without_accelerators_is_refused():
    with pytest.raises(LabError, match=r"m6i\.xlarge"):
        hardware.devices_of("m6i.xlarge", "node")


def test_the_kubelet_listens_on_an_address_of_this_machine_alone_and_changes_nothing_of_it(settings):
    kubelet = configuration.kubelet(settings)
    assert kubelet["address"] == settings.address
    assert (kubelet.get("readOnlyPort", 0), kubelet["healthzPort"]) == (0, 0)
    assert kubelet["makeIPTablesUtilChains"] is False
    assert kubelet["registerWithTaints"] == [{"key": REAL_NODE, "value": "true", "effect": "NoSchedule"}]


def test_images_come_from_the_registry_in_the_containers_network_alone(settings):
    hosts = [line for line in configuration.registries().splitlines() if "://" in line]
    assert hosts and all(REGISTRY in line for line in hosts)
    assert str(settings.directory / "registries") in configuration.containerd(settings)
    assert configuration.PAUSE in {each.reference for each in images.IMAGES}


@pytest.fixture
def layer_of(tmp_path, monkeypatch):
    """A function that writes an image, and gives its configuration and what is in its layer."""
    monkeypatch.setattr(images, "BIN_DIR", tmp_path)
    monkeypatch.setattr(images.shutil, "which", lambda _name: str(tmp_path / "accelerator-tool"))
    (tmp_path / "accelerator-tool").write_bytes(b"\x7fELF")

    def read(image):
        images.write(image, tmp_path / "image.tar")
        with tarfile.open(tmp_path / "image.tar") as archive:
            config = json.load(archive.extractfile("config.json"))
            with tarfile.open(fileobj=io.BytesIO(archive.extractfile("layer.tar").read())) as layer:
                return config, {each.name: each.linkname for each in layer}

    return read


def test_an_image_has_the_tool_and_the_fault_of_its_row(layer_of):
    config, layer = layer_of(images.Image("tool:hang", "hang"))
    assert "LAB_FAULT=hang" in config["config"]["Env"]
    assert layer["usr/bin/nvidia-smi"] == "../../bin/accelerator-tool"
    assert layer["bin/sh"] == "busybox"


def test_an_image_without_tools_has_a_shell(layer_of):
    _config, layer = layer_of(images.Image("tool:no-tool", tools=()))
    assert "bin/sh" in layer
    assert [name for name in layer if name.startswith("usr/bin/")] == []


def test_cgroups_are_made_in_every_hierarchy_and_removed_with_all_in_them(tmp_path):
    for hierarchy in ("cpu", "memory"):
        (tmp_path / hierarchy).mkdir()
        (tmp_path / hierarchy / "cgroup.procs").touch()
    (tmp_path / "no-hierarchy").mkdir()
    cgroups.make("/lab", tmp_path)
    (tmp_path / "memory" / "lab" / "kubepods" / "pod").mkdir(parents=True)
    assert (tmp_path / "cpu" / "lab").is_dir() and not (tmp_path / "no-hierarchy" / "lab").exists()
    cgroups.remove("/lab", tmp_path)
    assert not (tmp_path / "cpu" / "lab").exists() and not (tmp_path / "memory" / "lab").exists()


def test_a_cgroup_that_cannot_be_removed_is_named(tmp_path):
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "lab" / "busy").mkdir(parents=True)
    (tmp_path / "lab" / "busy" / "file").touch()
    with pytest.raises(LabError, match="lab/busy"):
        cgroups.remove("/lab", tmp_path, patience=0)


def test_without_root_the_reason_says_so(monkeypatch):
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 1000)
    assert "need root" in requirements.obstacle()


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "PROGRAMS", {"sh": "dash", "no-such-program": "containerd"})
    assert "Debian packages containerd bring" in requirements.obstacle()


def test_a_lab_that_the_real_node_could_not_see_is_refused(monkeypatch):
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "PROGRAMS", {})
    monkeypatch.setenv("LAB_DIR", "/var/lib/labs/one")
    assert "real containers hide /var/lib, and /var/lib/labs/one is in it" in requirements.obstacle()


def test_without_a_lab_there_is_no_real_node(state):
    with pytest.raises(LabError, match=r"python -m tests\.lab up"):
        lane.up(state, print)
    with pytest.raises(LabError, match="there is no real node"):
        lane.become(state, "g5.48xlarge")
    lane.down(state)
