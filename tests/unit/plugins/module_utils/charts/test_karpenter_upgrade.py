"""What stands in the way of another version of Karpenter."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_upgrade import (
    adoptions,
    essentials,
    saved,
    upgrade_problems,
)

HELM = {"app.kubernetes.io/managed-by": "Helm"}
PLAN = {
    "version": "1.14.3",
    "crd_version": "1.14.3",
    "kubernetes": "1.36",
    "release": "karpenter-crd",
    "namespace": "kube-system",
    "adopt": False,
}


def definition(
    plural: str = "nodepools",
    stored: tuple[str, ...] = ("v1",),
    release: str = "karpenter-crd",
    namespace: str = "kube-system",
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One of Karpenter's definitions, as the API server gives it without its schemas."""
    annotations = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace} if release else {}
    metadata = {"name": f"{plural}.karpenter.sh", "labels": HELM if labels is None else labels, "annotations": annotations}
    spec = {"names": {"plural": plural}, "stored": "karpenter.sh/v1"}
    status = {"storedVersions": list(stored)}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def unowned(plural: str = "nodepools") -> dict[str, Any]:
    """A definition out of the crds folder of a chart."""
    return definition(plural, release="", labels={})


def problems(*definitions: dict[str, Any], **plan: Any) -> list[str]:
    return upgrade_problems(list(definitions), {**PLAN, **plan})


def test_nothing_stands_in_the_way_of_a_first_installation() -> None:
    assert problems() == []


def test_nothing_stands_in_the_way_of_definitions_that_the_release_owns() -> None:
    assert problems(definition("nodepools"), definition("nodeclaims")) == []


@pytest.mark.parametrize("version", ["1.1.0", "1.14.3", "v1.5.0"])
def test_objects_stored_as_v1beta1_are_refused(version: str) -> None:
    (problem,) = problems(definition(stored=("v1beta1", "v1")), version=version, crd_version=version, kubernetes="1.30")
    assert "nodepools.karpenter.sh still stores objects as v1beta1 (status.storedVersions: v1beta1, v1)" in problem
    assert f"which Karpenter {version} cannot read" in problem
    # First every object anew, and only then the status, or they could no longer be read.
    assert problem.index("kubectl annotate nodepools --all --overwrite accelerated.nodes/stored-as=v1") < problem.index(
        "kubectl patch customresourcedefinition"
    )
    assert '[{"op":"replace","path":"/status/storedVersions","value":["v1"]}]' in problem


def test_objects_stored_as_v1beta1_alone_become_v1() -> None:
    (problem,) = problems(definition(stored=("v1beta1",)))
    assert '"value":["v1"]' in problem


def test_karpenter_1_0_still_converts_them() -> None:
    assert problems(definition(stored=("v1beta1", "v1")), version="1.0.8", crd_version="1.0.8", kubernetes="1.30") == []


def test_definitions_that_no_release_owns_are_refused_in_one_sentence() -> None:
    (problem,) = problems(unowned("nodepools"), definition("nodeclaims"), unowned("nodeoverlays"))
    assert "CustomResourceDefinitions nodepools.karpenter.sh, nodeoverlays.karpenter.sh" in problem
    assert "karpenter_adopt_crds to true to give them to the release 'karpenter-crd' in the namespace 'kube-system'" in problem


def test_definitions_that_no_release_owns_are_adopted_when_asked() -> None:
    assert problems(unowned("nodepools"), adopt=True) == []
    assert adoptions([unowned("nodepools"), definition("nodeclaims")], "karpenter-crd", "kube-system") == [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": "nodepools.karpenter.sh",
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "karpenter-crd", "meta.helm.sh/release-namespace": "kube-system"},
            },
        }
    ]


def buffers(**owner: Any) -> dict[str, Any]:
    """The definition that other autoscalers bring too."""
    made = definition("capacitybuffers", stored=("v1alpha1", "v1beta1"), **owner)
    made["metadata"]["name"] = "capacitybuffers.autoscaling.x-k8s.io"
    return made


def test_versions_of_what_is_not_karpenters_are_not_its_concern() -> None:
    assert problems(buffers()) == []


def test_a_definition_that_another_autoscaler_made_is_adopted_when_asked() -> None:
    (problem,) = problems(buffers(release="", labels={}))
    assert "capacitybuffers.autoscaling.x-k8s.io, which were made by other means" in problem and "or another autoscaler" in problem
    assert problems(buffers(release="", labels={}), adopt=True) == []


def test_a_definition_of_another_autoscalers_release_is_not_to_be_taken_by_its_name() -> None:
    """Karpenter's definitions cannot all go into that release."""
    (problem,) = problems(buffers(release="cluster-autoscaler", namespace="autoscaling"))
    assert "belongs to the Helm release 'cluster-autoscaler' in the namespace 'autoscaling'" in problem
    assert "helm.sh/resource-policy=keep" in problem and "meta.helm.sh/release-name=karpenter-crd" in problem
    assert "karpenter_crd_release_name" not in problem


@pytest.mark.parametrize("adopt", [True, False])
def test_definitions_of_another_release_are_refused_in_any_case(adopt: bool) -> None:
    (problem,) = problems(definition(release="karpenter", namespace="karpenter"), adopt=adopt)
    assert "nodepools.karpenter.sh belongs to the Helm release 'karpenter' in the namespace 'karpenter'" in problem
    assert "Do not uninstall it" in problem
    assert adoptions([definition(release="karpenter", namespace="karpenter")], "karpenter-crd", "kube-system") == []


def test_annotations_without_helms_label_are_no_ownership() -> None:
    """Helm asks for all three."""
    assert len(adoptions([definition(labels={})], "karpenter-crd", "kube-system")) == 1


@pytest.mark.parametrize(
    ("crd_version", "refused"), [("1.14.2", True), ("1.9.0", True), ("1.14.3", False), ("v1.15.0", False), ("1.14", False)]
)
def test_definitions_older_than_the_controller_are_refused(crd_version: str, refused: bool) -> None:
    found = problems(crd_version=crd_version)
    assert bool(found) is refused
    if refused:
        assert f"karpenter_crd_chart_version is '{crd_version}', older than karpenter_chart_version '1.14.3'" in found[0]


def test_kubernetes_that_the_version_does_not_support_is_refused() -> None:
    (problem,) = problems(version="1.12.1", crd_version="1.12.1")
    assert problem.startswith("karpenter_chart_version is '1.12.1', but the cluster runs Kubernetes 1.36")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(problems(unowned("nodepools"), definition("nodeclaims", stored=("v1beta1",)), crd_version="1.9.0")) == 3


def test_saved_is_what_can_be_made_again() -> None:
    metadata = {
        "name": "gpu",
        "labels": {"team": "a"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "kept"},
        "uid": "1",
        "resourceVersion": "5",
        "generation": 2,
        "creationTimestamp": "2026-11-29T00:00:00Z",
        "finalizers": ["karpenter.sh/termination"],
        "managedFields": [{}],
    }
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": metadata, "spec": {"weight": 1}, "status": {"nodes": 3}}
    assert saved([pool]) == {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "metadata": {"name": "gpu", "labels": {"team": "a"}, "annotations": {"mine": "kept"}},
                "spec": {"weight": 1},
            }
        ],
    }
    assert metadata["uid"] == "1"


def test_essentials_leave_the_schemas_out() -> None:
    known = definition()
    versions = [{"name": "v1beta1", "storage": False, "schema": {}}, {"name": "v1", "storage": True, "schema": {"openAPIV3Schema": {}}}]
    whole = {**known, "spec": {"group": "karpenter.sh", "names": known["spec"]["names"], "versions": versions}}
    assert essentials([whole]) == [known]


def test_essentials_of_a_definition_that_no_object_was_stored_of() -> None:
    spec = {"group": "karpenter.sh", "names": {"plural": "nodepools"}, "versions": [{"name": "v1", "storage": True}]}
    (found,) = essentials([{**definition(), "spec": spec, "status": {}}])
    assert found["status"] == {"storedVersions": []}
