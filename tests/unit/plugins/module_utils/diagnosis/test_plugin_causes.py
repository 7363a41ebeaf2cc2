# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._plugin_causes import fewer, of_unregistered, waiting_words
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import (
    NODE,
    NVIDIA,
    STANDARD,
    TAINT,
    claim,
    condition,
    event,
    image,
    node,
    node_class,
    plugin_pod,
    unregistered,
    workload,
)

TOLERANT = {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}
PRESENT = [{"key": "nvidia.com/gpu.present", "operator": "In", "values": ["true"]}]
AFFINE = {
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": PRESENT}]}}}
}
CRASHED = [
    {
        "name": "plugin",
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
    }
]
PULLING = [{"name": "plugin", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}]
DISCOVERY = workload("nfd-worker", "registry.k8s.io/nfd/node-feature-discovery:v0.19.0", **TOLERANT)
BY_ID = image("amd64")


@pytest.mark.parametrize(
    ("evidence", "reason", "hopeless"),
    [
        (Evidence(), "DevicePluginMissing", False),
        (Evidence(daemon_sets=[workload("other", "public.ecr.aws/eks/coredns")]), "DevicePluginMissing", False),
        # Feature discovery and the daemon that shares GPUs run from the same image, and register nothing.
        (Evidence(daemon_sets=[workload(command="gpu-feature-discovery")]), "DevicePluginMissing", False),
        (Evidence(daemon_sets=[workload(command="mps-control-daemon")]), "DevicePluginMissing", False),
        (Evidence(nodes={NODE: node(TAINT)}, daemon_sets=[workload()]), "DevicePluginTaintNotTolerated", True),
        (Evidence(nodes={NODE: node(TAINT)}, daemon_sets=[workload(**TOLERANT, **AFFINE)]), "DevicePluginNotScheduled", True),
        (Evidence(nodes={NODE: node()}, daemon_sets=[workload(nodeSelector={"a": "b"})]), "DevicePluginNotScheduled", True),
        (Evidence(nodes={NODE: node()}, daemon_sets=[workload(desired=0)]), "DevicePluginNotScheduled", False),
        (Evidence(nodes={NODE: node()}, daemon_sets=[workload(desired=1)]), "ResourceNotRegistered", False),
        # One of two DaemonSets does place a pod there.
        (Evidence(nodes={NODE: node(TAINT)}, daemon_sets=[workload(), workload(**TOLERANT, desired=1)]), "ResourceNotRegistered", False),
        # Discovery, which runs on the node, is about to put the label there; it does not where it does not tolerate the taint.
        (Evidence(nodes={NODE: node(TAINT)}, daemon_sets=[workload(**TOLERANT, **AFFINE), DISCOVERY]), "DevicePluginNotScheduled", False),
        (
            Evidence(
                nodes={NODE: node({**TAINT, "key": "x"}, TAINT)},
                daemon_sets=[workload(tolerations=[{"operator": "Exists"}], **AFFINE), DISCOVERY],
            ),
            "DevicePluginNotScheduled",
            True,
        ),
        (Evidence(plugin_pods=[plugin_pod("False", containerStatuses=CRASHED)]), "DevicePluginNotReady", False),
        (Evidence(plugin_pods=[plugin_pod("False", containerStatuses=PULLING)]), "DevicePluginNotReady", False),
        (Evidence(plugin_pods=[plugin_pod()], node_classes={"gpu": node_class()}), "DevicePluginFindsNothing", False),
        (Evidence(plugin_pods=[plugin_pod(), plugin_pod("False")]), "DevicePluginFindsNothing", False),
        (Evidence(plugin_pods=[plugin_pod(command="gpu-feature-discovery")]), "DevicePluginMissing", False),
        (Evidence(plugin_pods=[plugin_pod()], node_classes={"gpu": node_class(amis=(STANDARD,))}), "AcceleratorAMIMissing", True),
        (Evidence(plugin_pods=[plugin_pod()], node_classes={"gpu": node_class(amis=(BY_ID,))}), "AcceleratorAMIMissing", True),
        (Evidence(plugin_pods=[plugin_pod()], node_classes={"gpu": node_class(amis=(BY_ID, NVIDIA))}), "DevicePluginFindsNothing", False),
    ],
)
def test_of_unregistered_tells_the_causes_apart(evidence, reason, hopeless):
    found = of_unregistered(unregistered(), unregistered().blocking, evidence)
    assert (found.reason, found.hopeless) == (reason, hopeless)


def test_of_unregistered_names_the_claim_the_resource_and_the_role():
    found = of_unregistered(unregistered(), unregistered().blocking, Evidence())
    assert found.object == f"NodeClaim gpu-x7k2p (node {NODE})"
    assert found.message == 'not initialized: Resource "nvidia.com/gpu" was requested but not registered'
    assert "No device plugin runs on that node" in found.explanation
    assert "accelerated.nodes.nvidia" in found.next_step


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence(nodes={NODE: node(TAINT)}, daemon_sets=[workload()]), "does not tolerate the node's taint nvidia.com/gpu:NoSchedule"),
        (Evidence(nodes={NODE: node()}, daemon_sets=[workload(**AFFINE)]), "nvidia.com/gpu.present"),
        (
            Evidence(nodes={NODE: node()}, daemon_sets=[workload(desired=0)]),
            "DaemonSet nvidia/nvidia-device-plugin wants no pod on any node",
        ),
    ],
)
def test_of_unregistered_says_what_keeps_the_plugin_off(evidence, words):
    assert words in of_unregistered(unregistered(), unregistered().blocking, evidence).explanation


def test_of_unregistered_quotes_the_kubelet():
    found = of_unregistered(unregistered(), unregistered().blocking, Evidence(plugin_pods=[plugin_pod("False", containerStatuses=CRASHED)]))
    assert found.message.endswith("plugin CrashLoopBackOff: back-off 40s restarting failed container (last ended with exit code 1: Error)")
    assert "kubectl logs -n nvidia plugin-abc" in found.next_step


def test_of_unregistered_of_a_resource_that_is_none_of_ours():
    blocking = condition(
        "Initialized", "Unknown", "ResourceNotRegistered", 'Resource "vpc.amazonaws.com/efa" was requested but not registered'
    )
    held = claim(blocking)
    assert of_unregistered(held, held.blocking, Evidence()).reason == "ResourceNotRegistered"


INCONSISTENT = condition("ConsistentStateFound", "False", "ConsistencyCheckFailed", "Consistency Check Failed")
SEVEN = event("FailedConsistencyCheck", "expected 8 of resource nvidia.com/gpu, but found 7 (87.5% of expected)", "gpu-x7k2p")
MEMORY = event("FailedConsistencyCheck", "expected 16Gi of resource memory, but found 8Gi (50.0% of expected)", "gpu-x7k2p")


@pytest.mark.parametrize(
    ("held", "evidence", "reason", "message"),
    [
        (claim(promised=8), Evidence(nodes={NODE: node(gpus=7)}), "FewerAcceleratorsThanPromised", "allocatable nvidia.com/gpu: 7 of 8"),
        (claim(promised=1), Evidence(nodes={NODE: node()}), "FewerAcceleratorsThanPromised", "allocatable nvidia.com/gpu: 0 of 1"),
        (
            claim(INCONSISTENT, promised=8),
            Evidence(nodes={NODE: node(gpus=7)}, events=[SEVEN]),
            "FewerAcceleratorsThanPromised",
            "expected 8 of resource nvidia.com/gpu, but found 7 (87.5% of expected); allocatable nvidia.com/gpu: 7 of 8",
        ),
        (claim(INCONSISTENT), Evidence(events=[SEVEN]), "FewerAcceleratorsThanPromised", SEVEN["message"]),
        (claim(INCONSISTENT), Evidence(), "FewerAcceleratorsThanPromised", "Consistency Check Failed"),
        (claim(INCONSISTENT), Evidence(events=[MEMORY]), "ConsistencyCheckFailed", MEMORY["message"]),
    ],
)
def test_fewer_than_promised(held, evidence, reason, message):
    found = fewer(held, evidence)
    assert (found.reason, found.message) == (reason, message)


GOING = {**node(gpus=8), "metadata": {**node()["metadata"], "deletionTimestamp": "2026-01-02T03:04:05Z"}}


@pytest.mark.parametrize("nodes", [{}, {NODE: GOING}])
def test_fewer_says_that_a_node_is_gone_or_going(nodes):
    assert fewer(claim(promised=8), Evidence(nodes=nodes, read_at="2026-01-02T03:04:06Z")).reason == "NodeGone"


def test_fewer_does_not_take_a_node_that_could_not_be_read_for_gone():
    assert fewer(claim(promised=8), Evidence(unreadable=["nodes: forbidden"], read_at="2026-01-02T03:04:06Z")) is None
    assert fewer(claim(promised=8), Evidence()) is None


@pytest.mark.parametrize(
    "offered", [{"nvidia.com/gpu": "8"}, {"nvidia.com/gpu": "16"}, {"nvidia.com/gpu": "0", "nvidia.com/mig-1g.5gb": "56"}]
)
def test_fewer_is_not_said_of_a_whole_node_nor_of_one_that_is_shared(offered):
    shared = {**node(), "status": {"allocatable": offered}}
    assert fewer(claim(promised=8), Evidence(nodes={NODE: shared})) is None


def test_fewer_is_not_said_of_an_old_event_that_has_been_mended():
    assert fewer(claim(promised=8), Evidence(nodes={NODE: node(gpus=8)}, events=[SEVEN])) is None


def test_waiting_words_leave_out_init_containers_that_ended_well():
    done = {"name": "init", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    status = {"initContainerStatuses": [done], "containerStatuses": PULLING}
    assert waiting_words({"status": status}) == "plugin ImagePullBackOff: not found"
