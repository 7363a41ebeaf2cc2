# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._advice import ADVICE, UNKNOWN, advice_for
from ansible_collections.accelerated.nodes.plugins.module_utils._diagnosis import Evidence, diagnose, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import Goal, NodeClaim

READY = Goal("ready")
NODE = "ip-10-0-0-1.us-west-2.compute.internal"
TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"


def stuck(
    reason="ResourceNotRegistered", message='Resource "nvidia.com/gpu" was requested but not registered', at="Initialized"
) -> NodeClaim:
    steps = ["Launched", "Registered", "Initialized"]
    done = [{"type": step, "status": "True"} for step in steps[: steps.index(at)]]
    held = [{"type": at, "status": "Unknown", "reason": reason, "message": message}]
    return NodeClaim.from_object(
        {
            "metadata": {"name": "gpu-x7k2p", "uid": "1", "labels": {"karpenter.sh/nodepool": "gpu"}},
            "status": {"nodeName": NODE, "conditions": done + held},
        }
    )


def daemon_set(**spec) -> dict:
    return {"metadata": {"name": "nvidia-device-plugin"}, "spec": {"template": {"spec": {"containers": [{"image": IMAGE}], **spec}}}}


def plugin_pod(ready="True", **status) -> dict:
    return {
        "metadata": {"name": "plugin-abc", "namespace": "nvidia"},
        "spec": {"nodeName": NODE, "containers": [{"image": IMAGE}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}], **status},
    }


def node(taints=(), **labels) -> dict:
    return {"metadata": {"name": NODE, "labels": labels}, "spec": {"taints": list(taints)}}


def test_diagnose_plugin_missing_names_the_claim_the_resource_and_the_role():
    found = diagnose([stuck()], READY, Evidence())
    assert found.reason == "DevicePluginMissing"
    assert found.object == f"NodeClaim gpu-x7k2p (node {NODE})"
    assert found.message == 'not initialized: Resource "nvidia.com/gpu" was requested but not registered'
    assert "No device plugin runs on that node" in found.explanation
    assert "accelerated.nodes.nvidia" in found.next_step


def test_diagnose_plugin_that_does_not_tolerate_the_taint():
    evidence = Evidence(nodes={NODE: node([TAINT])}, daemon_sets=[daemon_set()])
    found = diagnose([stuck()], READY, evidence)
    assert found.reason == "DevicePluginNotScheduled"
    assert "does not tolerate the node's taint nvidia.com/gpu=true:NoSchedule" in found.explanation
    assert found.hopeless


def test_diagnose_plugin_whose_affinity_matches_no_label():
    terms = [{"matchExpressions": [{"key": "nvidia.com/gpu.present", "operator": "In", "values": ["true"]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    evidence = Evidence(nodes={NODE: node([TAINT])}, daemon_sets=[daemon_set(affinity=affinity, tolerations=tolerations)])
    found = diagnose([stuck()], READY, evidence)
    assert found.reason == "DevicePluginNotScheduled"
    assert "nvidia.com/gpu.present" in found.explanation


def test_diagnose_plugin_that_is_about_to_be_placed_is_worth_waiting_for():
    found = diagnose([stuck()], READY, Evidence(nodes={NODE: node()}, daemon_sets=[daemon_set()]))
    assert found.reason == "ResourceNotRegistered"
    assert not found.hopeless


def test_diagnose_plugin_pod_that_cannot_start_quotes_the_kubelet():
    waiting = [{"name": "plugin", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}]
    found = diagnose([stuck()], READY, Evidence(plugin_pods=[plugin_pod("False", containerStatuses=waiting)]))
    assert found.reason == "DevicePluginNotReady"
    assert "plugin ImagePullBackOff: not found" in found.message
    assert "kubectl logs -n nvidia plugin-abc" in found.next_step


def test_diagnose_plugin_pod_that_runs_but_finds_nothing():
    assert diagnose([stuck()], READY, Evidence(plugin_pods=[plugin_pod()])).reason == "DevicePluginFindsNothing"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("VcpuLimitExceeded", "VCPULimitExceeded"),
        ("MaxSpotInstanceCountExceeded", "SpotQuotaExceeded"),
        ("InsufficientInstanceCapacity", "InsufficientCapacityError"),
    ],
)
def test_diagnose_without_claims_tells_quota_from_capacity(code, reason):
    event = {
        "reason": "InsufficientCapacityError",
        "message": f"{code}: ...",
        "involvedObject": {"name": "gpu-1"},
        "lastTimestamp": "2026-11-22T10:00:00Z",
    }
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    pool = {**ready, "spec": {"template": {"spec": {"nodeClassRef": {"name": "gpu"}}}}}
    evidence = Evidence(node_pools={"gpu": pool}, node_classes={"gpu": ready}, events=[event])
    found = diagnose([], READY, evidence, ["gpu"])
    assert (found.object, found.reason) == ("NodeClaim gpu-1", reason)


def test_diagnose_without_claims_of_a_pool_that_does_not_exist():
    found = diagnose([], READY, Evidence(), ["gpuu"])
    assert (found.object, found.reason) == ("NodePool gpuu", "NodePoolNotFound")


def test_diagnose_without_claims_of_an_unready_class_quotes_its_condition():
    pool = {"spec": {"template": {"spec": {"nodeClassRef": {"name": "gpu"}}}}}
    conditions = [
        {"type": "Ready", "status": "False", "reason": "UnhealthyDependents"},
        {"type": "ValidationSucceeded", "status": "Unknown", "reason": "DependenciesNotReady"},
        {"type": "SubnetsReady", "status": "False", "reason": "SubnetsNotFound", "message": "SubnetSelector did not match any Subnets"},
    ]
    evidence = Evidence(node_pools={"gpu": pool}, node_classes={"gpu": {"status": {"conditions": conditions}}})
    found = diagnose([], READY, evidence, ["gpu"])
    assert (found.object, found.reason) == ("EC2NodeClass gpu", "SubnetsNotFound")
    assert found.message == "SubnetsReady=False: SubnetSelector did not match any Subnets"


def test_diagnose_unknown_reason_is_shown_as_it_is():
    found = diagnose([stuck("SomethingNew", "words of the system", at="Launched")], READY, Evidence())
    assert (found.reason, found.message, found.explanation) == ("SomethingNew", "words of the system", UNKNOWN.explanation)


def test_verdict_leaves_braces_of_the_cluster_alone():
    found = verdict("NodeClaim x", "DevicePluginNotScheduled", "{{ lookup('pipe', 'id') }}", why="{namespace}")
    assert found.message == "{{ lookup('pipe', 'id') }}"
    assert "because {namespace}." in found.explanation


def test_advice_has_a_full_sentence_in_each_row():
    for reason, advice in ADVICE.items():
        assert advice.explanation.endswith("."), reason
        assert advice.next_step.endswith("."), reason
        assert re.fullmatch(r"[A-Z]\w+", reason)
    assert advice_for("nothing") is UNKNOWN
