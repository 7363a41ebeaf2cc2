"""Where charts and images come from with a mirror."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._mirror import mirrored, registry_problem

R = "registry.example.com:5000/mirror"


@pytest.mark.parametrize(
    ("address", "repository", "wanted"),
    [
        ("oci://public.ecr.aws/neuron/neuron-helm-chart", "", f"oci://{R}/neuron/neuron-helm-chart"),
        ("nvcr.io/nvidia/k8s-device-plugin", "", f"{R}/nvidia/k8s-device-plugin"),
        ("inftyai/llmaz", "", f"{R}/inftyai/llmaz"),
        ("oci://registry-1.docker.io/inftyai/llmaz", "", f"oci://{R}/inftyai/llmaz"),
        ("gpu-operator", "https://helm.ngc.nvidia.com/nvidia/", f"oci://{R}/nvidia/gpu-operator"),
        ("oci://own.example.com/charts/neuron", "", "oci://own.example.com/charts/neuron"),
        ("own.example.com/k8s-device-plugin", "", "own.example.com/k8s-device-plugin"),
        ("localhost:5000/plugin", "", "localhost:5000/plugin"),
        ("gpu-operator", "https://charts.example.com", "gpu-operator"),
    ],
)
def test_only_what_is_public_comes_from_the_mirror(address, repository, wanted):
    assert mirrored(address, R, repository) == wanted
    assert mirrored(address, "", repository) == address


@pytest.mark.parametrize("registry", ["https://registry.example.com", "oci://registry.example.com", "registry.example.com/", "a b", 5000])
def test_what_is_no_registry_is_refused(registry):
    assert f"accelerated_registry '{registry}' is not the address of a registry" in registry_problem(registry)


@pytest.mark.parametrize(
    "registry", ["", None, "localhost:5000", "registry.example.com", "111122223333.dkr.ecr.us-west-2.amazonaws.com/public"]
)
def test_a_registry_is_taken(registry):
    assert registry_problem(registry) == ""
