"""What Karpenter's process is given, from the Deployment of its chart."""

from __future__ import annotations

import copy

import pytest

from tests.lab.controller import container_environment, fingerprint, first, is_ready
from tests.lab.state import LabError


def deployment(**container):
    spec = {"template": {"spec": {"containers": [{"name": "controller", **container}]}}}
    return {"metadata": {"name": "karpenter", "namespace": "kube-system", "uid": "1"}, "spec": spec}


def test_container_environment_takes_plain_values():
    assert container_environment(deployment(env=[{"name": "CLUSTER_NAME", "value": "lab"}])) == {"CLUSTER_NAME": "lab"}


def test_container_environment_resolves_the_namespace():
    source = {"fieldRef": {"fieldPath": "metadata.namespace"}}
    env = [{"name": "SYSTEM_NAMESPACE", "valueFrom": source}]
    assert container_environment(deployment(env=env)) == {"SYSTEM_NAMESPACE": "kube-system"}


@pytest.mark.parametrize(
    ("resource", "divisor", "expected"),
    [("requests.cpu", "1m", "1500"), ("limits.memory", "0", "1073741824"), ("requests.cpu", "1", "2")],
)
def test_container_environment_resolves_resources(resource, divisor, expected):
    source = {"resourceFieldRef": {"resource": resource, "divisor": divisor}}
    resources = {"requests": {"cpu": "1500m"}, "limits": {"memory": "1Gi"}}
    env = [{"name": "X", "valueFrom": source}]
    assert container_environment(deployment(env=env, resources=resources)) == {"X": expected}


def test_container_environment_leaves_out_an_unstated_resource():
    env = [{"name": "X", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}}]
    assert container_environment(deployment(env=env)) == {}


def test_container_environment_refuses_what_it_cannot_resolve():
    env = [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    with pytest.raises(LabError, match=r"env X .* secretKeyRef"):
        container_environment(deployment(env=env))


def test_fingerprint_changes_with_the_pod_template_only():
    one = deployment(image="a")
    scaled = copy.deepcopy(one)
    scaled["spec"]["replicas"] = 5
    assert fingerprint(scaled) == fingerprint(one)
    assert fingerprint(deployment(image="b")) != fingerprint(one)


def test_first_passes_over_a_deployment_that_is_being_deleted():
    leaving = deployment()
    leaving["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert first([leaving]) is None
    assert first([leaving, deployment()]) == deployment()


@pytest.mark.parametrize(
    ("metadata", "status", "expected"),
    [({}, "True", True), ({}, "False", False), ({"deletionTimestamp": "2026-11-22T00:00:00Z"}, "True", False)],
)
def test_is_ready(metadata, status, expected):
    pod = {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": status}]}}
    assert is_ready(pod) is expected
