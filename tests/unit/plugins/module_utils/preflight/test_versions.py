"""Of module_utils/preflight/_versions.py."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._versions import FIRST_KARPENTER

from tests.unit.plugins.module_utils.preflight.preflight_objects import CLUSTER, a_plan, only, outcome


def server(version: str) -> dict:
    return {"host": "https://demo", "version": version, "problem": ""}


@pytest.mark.parametrize("minor", FIRST_KARPENTER)
def test_the_first_karpenter_that_supports_a_version_is_taken(minor):
    kubernetes, first = f"{minor[0]}.{minor[1]}.2", ".".join(map(str, FIRST_KARPENTER[minor]))
    assert outcome("kubernetes_version", a_plan(karpenter_version=first), server=server(kubernetes)).state == "passed"


def test_a_version_that_needs_a_newer_karpenter():
    state, what, where, step = only(outcome("kubernetes_version", a_plan(karpenter_version="v1.12.9"), server=server("1.36.3-eks-1")))
    assert (state, where) == ("error", "API server https://demo")
    assert what == "Karpenter v1.12.9 does not support Kubernetes 1.36, which needs 1.13.0 or later."
    assert "karpenter_chart_version" in step


def test_a_patch_counts():
    assert outcome("kubernetes_version", a_plan(karpenter_version="1.0.4"), server=server("1.31.0")).state == "error"
    assert outcome("kubernetes_version", a_plan(karpenter_version="1.0.5"), server=server("1.31.0")).state == "passed"


@pytest.mark.parametrize(("version", "state"), [("1.99.0", "warning"), ("1.29.9", "error")])
def test_a_version_outside_the_table(version, state):
    assert only(outcome("kubernetes_version", a_plan(), server=server(version)))[0] == state


def test_a_server_that_does_not_answer_is_an_error_and_no_gap():
    silent = {"host": "", "version": "", "problem": "eks_kubeconfig 'x': could not be reached."}
    assert only(outcome("kubernetes_version", a_plan(), server=silent))[:2] == ("error", silent["problem"])


def test_a_cluster_that_is_not_active():
    assert outcome("cluster", a_plan()).state == "passed"
    assert "state UPDATING" in only(outcome("cluster", a_plan(), cluster={**CLUSTER, "status": "UPDATING"}))[1]


@pytest.mark.parametrize(
    ("mode", "access", "state"),
    [
        ("API", "auto", "passed"),
        ("API_AND_CONFIG_MAP", "aws_auth", "passed"),
        ("API", "aws_auth", "error"),
        ("CONFIG_MAP", "access_entry", "error"),
        ("CONFIG_MAP", "auto", "warning"),
    ],
)
def test_the_mode_has_to_know_the_access(mode, access, state):
    found = outcome("authentication_mode", a_plan(node_access=access), cluster={**CLUSTER, "authentication_mode": mode})
    assert found.state == state
    assert all(mode in each.what or "access entries" in each.what for each in found.findings)


def test_the_kubeconfig_has_to_lead_to_the_cluster():
    assert outcome("kubeconfig", a_plan()).state == "passed"
    state, what, where, step = only(outcome("kubeconfig", a_plan(), server=server("1.36.3")))
    assert (state, where) == ("warning", "eks_kubeconfig")
    assert "leads to demo, and the endpoint of EKS cluster demo is abc.gr7" in what
    assert "`aws eks update-kubeconfig --name demo --region us-west-2`" in step
    silent = {"host": "", "version": "", "problem": "no"}
    assert outcome("kubeconfig", a_plan(), server=silent).state == "not_checked"
