# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._dra import hindered, published, served_by_dra
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject


def device(name, kind="gpu", nested=False):
    what = {"attributes": {"type": {"string": kind}}}
    return {"name": name, **({"basic": what} if nested else what)}


def resource_slice(*devices, driver="gpu.nvidia.com", node="n", generation=1, pool="n"):
    """A ResourceSlice of resource.k8s.io/v1, as the Kubernetes API reference describes it."""
    pool_spec = {"name": pool, "generation": generation, "resourceSliceCount": 1}
    return {"metadata": {"name": "s"}, "spec": {"driver": driver, "nodeName": node, "pool": pool_spec, "devices": list(devices)}}


def subject(offered="0", instance_type="g5.12xlarge", resource="nvidia.com/gpu"):
    return Subject("n", {"metadata": {"name": "n"}, "status": {"allocatable": {resource: offered}}}, None, expectation(instance_type, {}))


def test_published_counts_whole_devices_over_all_slices_of_a_node():
    slices = [
        resource_slice(device("gpu-0"), device("gpu-0-mig-1", "mig")),
        resource_slice(device("gpu-1", nested=True), device("gpu-1-mig-1", "mig", nested=True)),
        resource_slice({"name": "neuron0"}, driver="neuron.aws.com", node="m"),
        resource_slice({"name": "x"}, driver="other.example.com"),
    ]
    found = published(slices)
    assert found == {("n", "nvidia"): ("gpu.nvidia.com", 2), ("m", "neuron"): ("neuron.aws.com", 1)}


def test_published_passes_over_slices_of_an_older_generation():
    old, new = resource_slice(device("a"), device("b"), generation=1), resource_slice(device("a"), generation=2)
    assert published([old, new])["n", "nvidia"].devices == 1
    assert published([new, old])["n", "nvidia"].devices == 1


@pytest.mark.parametrize("odd", [{}, {"spec": None}, {"spec": {"driver": "gpu.nvidia.com"}}, resource_slice(generation=None)])
def test_published_reads_no_device_from_a_slice_that_has_none(odd):
    assert all(each.devices == 0 for each in published([odd]).values())


def test_a_node_served_by_dra_is_unknown_and_says_who_serves_what():
    result = served_by_dra(subject(), published([resource_slice(*(device(f"gpu-{number}") for number in range(3)))]))
    assert result.verdict == "unknown"
    assert result.findings[0].found == "devices served by DRA: driver gpu.nvidia.com publishes 3 of 4 in ResourceSlices"
    assert result.findings[0].expected == "nvidia.com/gpu, which a Job can request"


def test_a_node_that_offers_the_extended_resource_or_has_no_slices_is_none_of_these():
    slices = published([resource_slice(device("gpu-0"))])
    assert served_by_dra(subject(offered="4"), slices) is None
    assert served_by_dra(subject(), {}) is None
    assert served_by_dra(subject(instance_type="trn1.2xlarge", resource="aws.amazon.com/neuron"), slices) is None


def test_hindered_puts_dra_in_place_of_a_missing_plugin_only():
    served = served_by_dra(subject(), published([resource_slice(device("gpu-0"))]))
    failed, unknown = NodeResult(subject(), "failed"), NodeResult(subject(), "unknown")
    assert hindered(failed, served) is served
    assert hindered(unknown, served) is unknown
    assert hindered(failed, None) is failed
    assert hindered(None, served) is None
