"""What is built, from which pinned versions, and when again."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from tests.lab import binaries, registry
from tests.lab.state import LabError

PROGRAMS = {
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
    *("kwok", "kwokctl", "helm", "crane", "karpenter"),
}


@pytest.fixture
def crane(tmp_path, monkeypatch):
    """The smallest module, its sources and binaries in a directory of the test's own."""
    module = next(module for module in binaries.MODULES if module.directory == "crane")
    monkeypatch.setattr(binaries, "BIN_DIR", tmp_path / "bin")
    source = tmp_path / "go" / "crane"
    source.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        (source / name).write_bytes((binaries.GO_MODULES / "crane" / name).read_bytes())
    monkeypatch.setattr(binaries, "GO_MODULES", source.parent)
    return module


def test_modules_give_all_programs_once():
    programs = [program for module in binaries.MODULES for program in module.programs]
    assert set(programs) == PROGRAMS
    assert len(programs) == len(PROGRAMS)


def test_pinned_version_is_read_from_go_mod():
    versions = {module.directory: binaries.pinned_version(module) for module in binaries.MODULES}
    assert versions["kubernetes"] == "1.36.3"
    assert versions["karpenter"] == "1.14.3"


def test_the_kubelet_is_of_the_api_servers_version():
    kubernetes = next(module for module in binaries.MODULES if module.directory == "kubernetes")
    assert binaries.pinned_version(binaries.KUBELET) == binaries.pinned_version(kubernetes)


def test_a_program_of_the_labs_own_is_built_again_when_its_source_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "GO_MODULES", Path(shutil.copytree(binaries.GO_MODULES / "kubelet", tmp_path / "kubelet")).parent)
    go = binaries.go_command()
    before = binaries.fingerprint(binaries.KUBELET, go)
    assert {path.parent.name for path in binaries.own_sources(binaries.KUBELET)} == {"device-plugin", "tool"}
    with (tmp_path / "kubelet" / "tool" / "main.go").open("a") as source:
        source.write("// changed\n")
    assert binaries.fingerprint(binaries.KUBELET, go) != before


def test_pinned_version_missing_from_go_mod_names_the_file(crane):
    (binaries.GO_MODULES / "crane" / "go.mod").write_text("module x\n")
    with pytest.raises(LabError, match=r"go/crane/go\.mod does not require"):
        binaries.pinned_version(crane)


def test_go_command_without_the_wheel_says_what_to_do(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    with pytest.raises(LabError, match="make venv"):
        binaries.go_command()


def test_is_current_until_the_module_changes(crane):
    go = binaries.go_command()
    assert not binaries.is_current(crane, go)
    (binaries.BIN_DIR / ".stamp").mkdir(parents=True)
    (binaries.BIN_DIR / "crane").touch()
    (binaries.BIN_DIR / ".stamp" / "crane").write_text(binaries.fingerprint(crane, go))
    assert binaries.is_current(crane, go)
    with (binaries.GO_MODULES / "crane" / "go.sum").open("a") as sums:
        sums.write("\n")
    assert not binaries.is_current(crane, go)


def test_karpenters_charts_carry_the_controllers_version():
    versions = {chart.name: chart.version for chart in registry.charts()}
    assert versions["karpenter"] == versions["karpenter-crd"] == "1.14.3"
