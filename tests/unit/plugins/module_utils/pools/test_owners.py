# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose an object is, by the marks that its owner leaves on it."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._owners import other_owners, owner_of


def pool(**metadata: object) -> dict:
    return {"kind": "NodePool", "metadata": {"name": "gpu", **metadata}}


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        (
            {"annotations": {"meta.helm.sh/release-name": "pools"}, "labels": {"app.kubernetes.io/managed-by": "Helm"}},
            "the Helm release 'pools' (annotation meta.helm.sh/release-name)",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "'Helm' (label app.kubernetes.io/managed-by)"),
        ({"labels": {"app.kubernetes.io/managed-by": "terraform"}}, "'terraform' (label app.kubernetes.io/managed-by)"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "app:karpenter.sh/NodePool:/gpu"}},
            "Argo CD ('app:karpenter.sh/NodePool:/gpu') (annotation argocd.argoproj.io/tracking-id)",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "app"}}, "the Argo CD application 'app' (label argocd.argoproj.io/instance)"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "the Flux kustomization 'x' (label kustomize.toolkit.fluxcd.io/name)"),
        ({"ownerReferences": [{"kind": "Team", "name": "a"}]}, "the Team 'a' (ownerReferences)"),
    ],
)
def test_somebody_elses_is_told(metadata, owner):
    assert owner_of(pool(**metadata)) == owner
    (sentence,) = other_owners([pool(**metadata)], ["gpu"])
    assert sentence.startswith(f"NodePool gpu is managed by {owner}, ") and sentence.endswith("node_pools_definitions.")


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"labels": None, "annotations": None},
        {"labels": {"app.kubernetes.io/managed-by": "accelerated.nodes"}},
        {"annotations": {"karpenter.sh/nodepool-hash": "1", "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
    ],
)
def test_nobodys_and_our_own_are_not(metadata):
    assert owner_of(pool(**metadata)) is None


def test_what_is_not_meant_is_left_alone():
    assert other_owners([pool(labels={"app.kubernetes.io/managed-by": "Helm"})], ["cpu"]) == []
