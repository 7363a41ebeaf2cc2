# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import diagnose
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import ABSENT, Goal

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import (
    NODE,
    STANDARD,
    asked,
    claim,
    condition,
    event,
    node,
    node_class,
    pool,
    stuck,
)

CONTROLLER_DOWN = {"metadata": {"name": "karpenter", "namespace": "kube-system"}, "spec": {"replicas": 2}, "status": {}}
CLASS_NOT_READY = node_class(
    condition("SubnetsReady", "False", "SubnetsNotFound", "SubnetSelector did not match any Subnets"),
    condition("Ready", "False", "UnhealthyDependents"),
)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("Launched", "Unauthorized"),
        ("Launched", "VCPULimitExceeded"),
        ("Launched", "FreeTierIneligible"),
        ("Registered", "MultipleNodesFound"),
        ("Registered", "RegistrationHookPending"),
        ("Initialized", "NodeNotReady"),
        ("Initialized", "KnownEphemeralTaintsExist"),
        ("Initialized", "DRADriverPoolsNotPublished"),
    ],
)
def test_diagnose_gives_the_reason_of_the_step_that_is_held(step, reason):
    found = diagnose(asked(stuck(step, reason, "words of the system")), Evidence())
    assert (found.object, found.reason, found.message) == ("NodeClaim gpu-x7k2p", reason, "words of the system")
    assert found.explanation != UNKNOWN.explanation


def test_diagnose_unknown_reason_is_shown_as_it_is():
    found = diagnose(asked(stuck("Launched", "SomethingNew", "words of the system")), Evidence())
    assert (found.reason, found.message, found.explanation) == ("SomethingNew", "words of the system", UNKNOWN.explanation)


@pytest.mark.parametrize(
    ("held", "evidence", "reason"),
    [
        (stuck("Launched", "NodeClassReadinessUnknown"), Evidence(node_classes={"gpu": CLASS_NOT_READY}), "SubnetsNotFound"),
        (stuck("Launched", "NodeClassReadinessUnknown"), Evidence(node_classes={"gpu": node_class()}), "NodeClassReadinessUnknown"),
        (
            stuck("Launched", "LaunchFailed", "Error getting launch template configs: Instance launch failed"),
            Evidence(node_pools={"gpu": pool()}, node_classes={"gpu": node_class(amis=(STANDARD,))}),
            "AcceleratorAMIMissing",
        ),
        (stuck("Launched", "LaunchFailed"), Evidence(node_pools={"gpu": pool()}, node_classes={"gpu": node_class()}), "LaunchFailed"),
        (stuck("Launched", "AwaitingReconciliation"), Evidence(controllers=[]), "ControllerNotRunning"),
        (stuck("Launched", "AwaitingReconciliation"), Evidence(controllers=[CONTROLLER_DOWN]), "ControllerNotRunning"),
        (stuck("Registered", "NodeNotFound"), Evidence(controllers=[CONTROLLER_DOWN]), "ControllerNotRunning"),
        (stuck("Registered", "NodeNotFound"), Evidence(controllers=[]), "NodeNotFound"),
        (stuck("Launched", "AwaitingReconciliation"), Evidence(controllers=None), "AwaitingReconciliation"),
    ],
)
def test_diagnose_looks_behind_a_step_that_says_little(held, evidence, reason):
    assert diagnose(asked(held), evidence).reason == reason


def test_diagnose_initialized_claim_with_fewer_accelerators_than_promised():
    found = diagnose(asked(claim(promised=8)), Evidence(nodes={NODE: node(gpus=7)}))
    assert (found.reason, found.message) == ("FewerAcceleratorsThanPromised", "allocatable nvidia.com/gpu: 7 of 8")
    assert found.object == f"NodeClaim gpu-x7k2p (node {NODE})"


def test_diagnose_knows_what_the_wait_saw_of_nodes_that_could_not_be_read_again():
    found = diagnose(asked(claim(promised=8), offers={NODE: {"nvidia.com/gpu": 7}}), Evidence(unreadable=["The cause could not be read."]))
    assert (found.reason, found.message) == ("FewerAcceleratorsThanPromised", "allocatable nvidia.com/gpu: 7 of 8")


def test_diagnose_knows_of_a_node_that_was_gone_when_the_wait_looked():
    unread = Evidence(unreadable=["The cause could not be read."])
    assert diagnose(asked(claim(promised=8), offers={NODE: None}), unread).reason == "NodeGone"
    assert diagnose(asked(claim(promised=8), offers={"another": None}), unread).reason == "CauseNotRead"
    assert diagnose(asked(claim(promised=8), offers={NODE: None}), Evidence(nodes={NODE: node(gpus=7)})).reason != "NodeGone"


def test_diagnose_believes_the_evidence_before_what_the_wait_saw_earlier():
    evidence = Evidence(nodes={NODE: node(gpus=6)})
    found = diagnose(asked(claim(promised=8), offers={NODE: {"nvidia.com/gpu": 7}}), evidence)
    assert found.message == "allocatable nvidia.com/gpu: 6 of 8"


def test_diagnose_drifted_claim_where_none_should_be():
    drifted = claim(condition("Drifted", "True", "AMIDrift", "AMIDrift"))
    assert diagnose(asked(drifted, goal=Goal("not_drifted")), Evidence()).reason == "AMIDrift"


def test_diagnose_claim_that_hangs_in_its_deletion_says_where():
    going = claim(condition("Drained", "Unknown", "Draining"), deletionTimestamp="2026-11-22T10:00:00Z")
    failed = event("FailedDraining", "Failed to drain node, 1 pods are waiting to be evicted", NODE, kind="Node")
    found = diagnose(asked(going, goal=Goal(ABSENT)), Evidence(events=[failed]))
    assert found.reason == "Terminating"
    assert found.message == "Drained=Unknown Draining, Failed to drain node, 1 pods are waiting to be evicted"


def pod_on_node(name: str, owner: str = "ReplicaSet", phase: str = "Running", deleted: str = "", **annotations: str) -> dict:
    meta = {"name": name, "namespace": "ml", "ownerReferences": [{"kind": owner}], "annotations": annotations}
    return {"metadata": meta | ({"deletionTimestamp": deleted} if deleted else {}), "status": {"phase": phase}}


def test_diagnose_claim_that_hangs_names_the_pods_that_have_not_left():
    going = claim(deletionTimestamp="2026-11-22T10:00:00Z")
    there = [
        pod_on_node("train", **{"karpenter.sh/do-not-disrupt": "true"}),
        pod_on_node("serve", deleted="2026-11-22T10:00:00Z"),
        pod_on_node("proxy", owner="DaemonSet"),
        pod_on_node("done", phase="Succeeded"),
        pod_on_node("static", **{"kubernetes.io/config.mirror": "x"}),
    ]
    found = diagnose(asked(going, goal=Goal(ABSENT)), Evidence(drained_pods=there))
    assert found.message == "pods still there: ml/serve (terminating), ml/train (karpenter.sh/do-not-disrupt)"
    many = diagnose(asked(going, goal=Goal(ABSENT)), Evidence(drained_pods=[pod_on_node(f"p{each}") for each in range(5)]))
    assert many.message == "pods still there: ml/p0, ml/p1, ml/p2 and 2 more"
    assert diagnose(asked(going, goal=Goal(ABSENT)), Evidence(drained_pods=there[2:])).message == ""


def test_diagnose_claim_that_others_finalizers_keep():
    going = claim(deletionTimestamp="2026-11-22T10:00:00Z", finalizers=["karpenter.sh/termination", "example.com/hold"])
    assert diagnose(asked(going, goal=Goal(ABSENT)), Evidence()).message == "finalizers of others: example.com/hold"


def test_diagnose_of_absence_tells_what_holds_up_a_deletion_before_what_nobody_has_deleted():
    """Karpenter makes another claim for the pods of one that goes."""
    going = claim(name="gpu-old", deletionTimestamp="2026-11-22T10:00:00Z")
    found = diagnose(asked(claim(name="gpu-new"), going, goal=Goal(ABSENT)), Evidence())
    assert (found.object, found.reason) == ("NodeClaim gpu-old", "Terminating")


def test_diagnose_kubelet_that_is_not_ready_in_its_own_words():
    unready = condition("Ready", "False", "KubeletNotReady", "cni plugin not initialized")
    there = node() | {"status": {"conditions": [unready]}}
    held = stuck("Initialized", "NodeNotReady", "Node status is NotReady")
    found = diagnose(asked(held), Evidence(nodes={NODE: there}))
    assert found.message == "Node status is NotReady; KubeletNotReady: cni plugin not initialized"
    assert diagnose(asked(held), Evidence()).message == "Node status is NotReady"


def test_diagnose_claim_that_hangs_in_its_deletion_without_a_controller():
    going = claim(deletionTimestamp="2026-11-22T10:00:00Z")
    assert diagnose(asked(going, goal=Goal(ABSENT)), Evidence(controllers=[CONTROLLER_DOWN])).reason == "ControllerNotRunning"


def test_diagnose_claim_that_nobody_deletes():
    blocked = event("DisruptionBlocked", "No allowed disruptions due to blocking budget", "gpu-x7k2p")
    found = diagnose(asked(claim(), goal=Goal(ABSENT)), Evidence(events=[blocked]))
    assert (found.reason, found.message) == ("NotDeleted", "No allowed disruptions due to blocking budget")


def test_diagnose_too_few_claims_says_how_many_there_are():
    ready = Evidence(node_pools={"gpu": pool()}, node_classes={"gpu": node_class()})
    found = diagnose(asked(claim(), goal=Goal("ready", count=2)), ready)
    assert (found.reason, found.message) == ("TooFewNodeClaims", "1 of 2")


def test_diagnose_enough_claims_without_evidence_says_that_the_cause_was_not_read():
    found = diagnose(asked(claim(promised=8)), Evidence(unreadable=["The cause could not be read in time."]))
    assert (found.reason, found.message) == ("CauseNotRead", "1 of 1")


def test_diagnose_too_few_claims_of_a_pool_that_is_full():
    full = Evidence(
        node_pools={"gpu": pool(limits={"nvidia.com/gpu": 1}, used={"nvidia.com/gpu": "1"})}, node_classes={"gpu": node_class()}
    )
    assert diagnose(asked(claim(), goal=Goal("ready", count=2)), full).reason == "NodePoolLimitReached"


def test_diagnose_more_claims_than_exactly_wanted():
    found = diagnose(asked(claim(), claim(name="gpu-2"), goal=Goal("ready", count=1, exact=True)), Evidence())
    assert (found.reason, found.message) == ("TooManyNodeClaims", "2 of 1")


def test_verdict_leaves_braces_of_the_cluster_alone():
    found = verdict("NodeClaim x", "DevicePluginNotScheduled", "{{ lookup('pipe', 'id') }}", why="{namespace}")
    assert found.message == "{{ lookup('pipe', 'id') }}"
    assert "because {namespace}." in found.explanation
