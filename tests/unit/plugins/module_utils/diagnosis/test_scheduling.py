# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling import repelled_by, taint_text

GPU = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}


def node(*taints: dict, **labels: str) -> dict:
    return {"metadata": {"labels": {key.replace("_", "."): value for key, value in labels.items()}}, "spec": {"taints": list(taints)}}


def affinity(*expressions: dict) -> dict:
    terms = [{"matchExpressions": [expression]} for expression in expressions]
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}}


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "nvidia.com/gpu", "operator": "Exists"},
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "true"},
        {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"},
        {"operator": "Exists"},
    ],
)
def test_repelled_by_nothing_when_the_taint_is_tolerated(toleration):
    assert repelled_by({"tolerations": [toleration]}, node(GPU)) == ""


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present"},
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"},
        {"key": "other", "operator": "Exists"},
    ],
)
def test_repelled_by_a_taint_names_it(toleration):
    assert "nvidia.com/gpu=true:NoSchedule" in repelled_by({"tolerations": [toleration]}, node(GPU))


def test_repelled_by_ignores_soft_taints_and_those_that_daemon_sets_tolerate():
    soft = {"key": "x", "effect": "PreferNoSchedule"}
    own = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    assert repelled_by({}, node(soft, own)) == ""


def test_repelled_by_a_node_selector_names_the_label():
    assert "label a.b=c" in repelled_by({"nodeSelector": {"a.b": "c"}}, node())


@pytest.mark.parametrize(
    ("expression", "kept_off"),
    [
        ({"key": "a", "operator": "In", "values": ["1", "2"]}, False),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, True),
        ({"key": "a", "operator": "Exists"}, False),
        ({"key": "b", "operator": "Exists"}, True),
        ({"key": "b", "operator": "DoesNotExist"}, False),
        ({"key": "a", "operator": "Gt", "values": ["0"]}, False),
        ({"key": "a", "operator": "Lt", "values": ["1"]}, True),
    ],
)
def test_repelled_by_required_affinity(expression, kept_off):
    assert bool(repelled_by(affinity(expression), node(a="1"))) is kept_off


def test_repelled_by_affinity_needs_one_term_only():
    either = affinity({"key": "b", "operator": "Exists"}, {"key": "a", "operator": "Exists"})
    assert repelled_by(either, node(a="1")) == ""


def test_taint_text_without_a_value():
    assert taint_text({"key": "k", "effect": "NoExecute"}) == "k:NoExecute"
