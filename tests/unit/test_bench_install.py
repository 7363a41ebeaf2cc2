"""The benchmark of an installation that changes nothing: that its peers are given the same content. No timing decides here."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.bench import install

RELEASE = {
    "name": "karpenter",
    "release_namespace": "kube-system",
    "chart_ref": "oci://r/karpenter",
    "chart_version": "1.14.3",
    "plain_http": True,
    "skip_crds": True,
    "values": {"replicas": 2},
}
CONTENT = {
    "stack": {"stack_name": "Karpenter-lab"},
    "releases": [RELEASE, {**RELEASE, "name": "karpenter-crd", "skip_crds": False}],
    "objects": [{"kind": "NodePool"}, {"kind": "EC2NodeClass"}, {"kind": "ClusterRole"}],
}


def test_each_object_has_a_task_of_its_own() -> None:
    ((play),) = install.as_tasks(CONTENT)
    assert len(play["tasks"]) == install.size(CONTENT) == 6
    assert [next(iter(task)).rpartition(".")[2] for task in play["tasks"]] == ["cloudformation", "helm", "helm", "k8s", "k8s", "k8s"]


def test_the_commands_are_of_the_same_releases_and_objects(tmp_path: Path) -> None:
    lines = [shlex.split(line) for line in install.as_commands(CONTENT, tmp_path).splitlines()]
    assert [line[:2] for line in lines] == [["set", "-euo"], ["helm", "upgrade"], ["helm", "upgrade"], ["kubectl", "diff"]]
    assert ["--skip-crds" in line for line in lines[1:3]] == [True, False]
    assert (tmp_path / "values-karpenter.json").read_text() == '{"replicas": 2}'


def test_an_object_is_what_one_would_write() -> None:
    found = {
        "metadata": {"name": "gpu", "labels": {"a": "b"}, "uid": "1", "resourceVersion": "2"},
        "spec": {"limits": {"cpu": 1}},
        "status": {"nodes": 0},
    }
    made = install._manifest("NodePool", found)
    assert made == {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu", "labels": {"a": "b"}},
        "spec": {"limits": {"cpu": 1}},
    }


def test_figures_hold_the_whole_against_the_tasks() -> None:
    seconds = {"whole": 10.0, "roles": 6.0, "tasks": 30.0, "commands": 5.0}
    made = install.figures(seconds, {name: [value] for name, value in seconds.items()}, 20)
    assert [(figure.ratio, figure.met) for figure in made] == [(pytest.approx(1 / 3), True), (0.2, None), (2.0, None)]


def test_a_recap_with_a_change_is_none_without() -> None:
    assert install.NO_CHANGE.search("lab : ok=90   changed=0    unreachable=0    failed=0    skipped=1")
    assert not install.NO_CHANGE.search("lab : ok=90   changed=1    unreachable=0    failed=0    skipped=1")
    assert not install.NO_CHANGE.search("lab : ok=90   changed=10    unreachable=0    failed=0    skipped=1")
