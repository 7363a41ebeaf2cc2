# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._no_claim_causes import of_no_claim
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import asked, claim, condition, event, node_class, pod, pool, stuck
from tests.unit.plugins.module_utils.diagnosis.test_launch_causes import NO_CAPACITY, QUOTA

DOWN = {"metadata": {"name": "karpenter", "namespace": "kube-system"}, "spec": {"replicas": 2}, "status": {}}
TAINT = "Failed to schedule pod, did not tolerate taint (taint=nvidia.com/gpu:NoSchedule)"
NO_OFFERING = (
    "Failed to schedule pod, no instance type has the required offering, requirements=karpenter.sh/nodepool In [gpu], resources={}"
)
FILTERED = "NodePool requirements filtered out all compatible available instance types"

LAUNCHED = "Status condition transitioned, Type: Launched, Status: Unknown -> True, Reason: Launched"


def evidence(**more) -> Evidence:
    """A ready pool and class, with nothing wrong but what is given."""
    return Evidence(**{"node_pools": {"gpu": pool()}, "node_classes": {"gpu": node_class()}, "controllers": [running()], **more})


def running() -> dict:
    return {"metadata": {"name": "karpenter"}, "spec": {"replicas": 2}, "status": {"availableReplicas": 2}}


@pytest.mark.parametrize(
    ("more", "obj", "reason"),
    [
        ({}, "NodePool gpu", "NoNodeClaim"),
        ({"node_pools": {}}, "NodePool gpu", "NodePoolNotFound"),
        ({"controllers": [DOWN]}, "Deployment kube-system/karpenter", "ControllerNotRunning"),
        ({"controllers": []}, "Karpenter", "ControllerNotRunning"),
        ({"controllers": None}, "NodePool gpu", "NoNodeClaim"),
        (
            {"node_pools": {"gpu": pool(condition("NodeRegistrationHealthy", "False", "RegistrationFailed"), condition("Ready"))}},
            "NodePool gpu",
            "NodePoolRegistrationUnhealthy",
        ),
        ({"events": [event("NoCompatibleInstanceTypes", FILTERED, "gpu", "NodePool")]}, "NodePool gpu", "NoInstanceTypeFits"),
        ({"events": [event("NoCompatibleInstanceTypes", FILTERED, "other", "NodePool")]}, "NodePool gpu", "NoNodeClaim"),
        ({"events": [event("FailedScheduling", TAINT, "train", "Pod")], "pods": [pod()]}, "Pod ml/train", "PodTaintNotTolerated"),
        # It has a node by now, or asks for no GPU, so it is not what the pool is awaited for.
        ({"events": [event("FailedScheduling", TAINT, "train", "Pod")], "pods": [pod(nodeName="n")]}, "NodePool gpu", "NoNodeClaim"),
        ({"events": [event("FailedScheduling", TAINT, "train", "Pod")], "pods": [pod(gpus=0)]}, "NodePool gpu", "NoNodeClaim"),
        # The scheduler's own event of the same reason.
        (
            {
                "events": [event("FailedScheduling", "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "train", "Pod")],
                "pods": [pod()],
            },
            "Pod ml/train",
            "PodNotConsidered",
        ),
        ({"events": [event("InsufficientCapacityError", QUOTA, "gpu-1a2b3")]}, "NodeClaim gpu-1a2b3", "VCPULimitExceeded"),
        ({"events": [event("InsufficientCapacityError", NO_CAPACITY, "gpu-1a2b3")]}, "NodeClaim gpu-1a2b3", "InsufficientCapacityError"),
        ({"events": [event("InsufficientCapacityError", QUOTA, "gpu-big-1a2b3")]}, "NodePool gpu", "NoNodeClaim"),
    ],
)
def test_of_no_claim(more, obj, reason):
    found = of_no_claim(asked(), evidence(**more))
    assert (found.object, found.reason) == (obj, reason)


# What Karpenter says once it has left out the types that it could not launch.
NO_OTHER = "Failed to schedule pod, no instance type has enough resources, requirements=karpenter.sh/nodepool In [gpu], resources={}"


@pytest.mark.parametrize(
    ("tried", "words", "reason"),
    [
        ("2026-11-22T10:00:00Z", NO_OFFERING, "InsufficientCapacityError"),
        ("2026-11-22T10:00:00Z", NO_OTHER, "InsufficientCapacityError"),
        ("2026-11-22T10:01:30Z", NO_OTHER, "InsufficientCapacityError"),
        # Long ago: Karpenter has forgotten it, so it is not why nothing is left.
        ("2026-11-22T09:30:00Z", NO_OTHER, "NoInstanceTypeFits"),
        ("2026-11-22T09:30:00Z", NO_OFFERING, "NoOfferingAvailable"),
    ],
)
def test_of_no_claim_tells_the_tries_when_karpenter_leaves_out_what_it_tried(tried, words, reason):
    events = [
        event("InsufficientCapacityError", NO_CAPACITY, "gpu-1a2b3", at=tried),
        event("FailedScheduling", words, "train", "Pod", at="2026-11-22T10:01:00Z"),
    ]
    assert of_no_claim(asked(), evidence(events=events, pods=[pod()])).reason == reason


def test_of_no_claim_tells_the_tries_when_their_pool_is_left_out_for_them():
    tolerant = pod(tolerations=[{"operator": "Exists"}])
    events = [
        event("InsufficientCapacityError", QUOTA, "gpu-1a2b3", at="2026-11-22T10:00:00Z"),
        event("NoCompatibleInstanceTypes", FILTERED, "gpu", "NodePool", at="2026-11-22T10:00:20Z"),
        event("FailedScheduling", "Failed to schedule pod, did not tolerate taint (taint=a:NoSchedule)", "train", "Pod"),
    ]
    assert of_no_claim(asked(), evidence(events=events, pods=[tolerant])).reason == "VCPULimitExceeded"
    assert of_no_claim(asked(), evidence(events=events[1:], pods=[tolerant])).reason == "NoInstanceTypeFits"
    assert not of_no_claim(asked(), evidence(events=events[1:])).hopeless
    found = of_no_claim(asked(), evidence(events=events[2:], pods=[tolerant]))
    assert (found.reason, found.hopeless) == ("NodePoolLeftOut", False)
    assert "was not ready then" in found.explanation


def test_of_no_claim_compares_pod_and_pool_where_karpenter_speaks_of_other_pools():
    """What Karpenter says of a pod it does not repeat for five minutes, so it may be from before the pool was ready."""
    events = [event("FailedScheduling", "Failed to schedule pod, did not tolerate taint (taint=a:NoSchedule)", "train", "Pod")]
    found = of_no_claim(asked(), evidence(events=events, pods=[pod()]))
    assert (found.object, found.reason) == ("Pod ml/train", "PodTaintNotTolerated")
    assert found.message == "NodePool gpu has the taint nvidia.com/gpu:NoSchedule, which the pod does not tolerate"


def test_of_no_claim_believes_the_later_of_a_try_and_a_refusal():
    events = [
        event("InsufficientCapacityError", NO_CAPACITY, "gpu-1a2b3", at="2026-11-22T10:00:00Z"),
        event("FailedScheduling", TAINT, "train", "Pod", at="2026-11-22T10:01:00Z"),
    ]
    assert of_no_claim(asked(), evidence(events=events, pods=[pod()])).reason == "PodTaintNotTolerated"


def test_of_no_claim_counts_the_claims_that_are_gone():
    gone = [stuck("Launched", "AwaitingReconciliation")]
    other = event("InsufficientCapacityError", QUOTA, "gpu-other")
    own = [event("InsufficientCapacityError", NO_CAPACITY, "gpu-x7k2p"), other]
    found = of_no_claim(asked(gone=gone), evidence(events=own))
    assert (found.object, found.reason) == ("NodeClaim gpu-x7k2p", "InsufficientCapacityError")
    assert found.message.startswith("1 try (g4dn.xlarge; us-west-2a), last: NodeClaim gpu-x7k2p event: ")


def test_of_no_claim_of_a_launch_that_ran_out_of_time_gives_the_reason_that_it_had():
    found = of_no_claim(asked(gone=[stuck("Launched", "Unauthorized", "words")]), evidence(read_at="2026-11-22T10:06:00Z"))
    assert (found.reason, found.message) == ("Unauthorized", "1 try, last: Unauthorized: words")


def test_of_no_claim_of_nodes_that_never_joined():
    found = of_no_claim(asked(gone=[stuck("Registered", "NodeNotFound", "words")]), evidence(read_at="2026-11-22T10:16:00Z"))
    assert found.reason == "RegistrationTimeout"


def test_of_no_claim_says_that_a_claim_was_deleted_where_nothing_else_is_known():
    found = of_no_claim(asked(gone=[claim()]), evidence(read_at="2026-11-22T10:01:00Z"))
    assert (found.reason, found.message) == ("Deleted", "1 try, last: it was Ready")


@pytest.mark.parametrize(
    ("since", "read_at", "hopeless"),
    [
        ("", "2026-11-22T10:02:00Z", True),
        ("2026-11-22T10:00:30Z", "2026-11-22T10:00:59Z", True),  # the event is of this wait
        ("2026-11-22T10:01:30Z", "2026-11-22T10:01:40Z", False),  # it may have been mended before the wait began
        ("2026-11-22T10:01:30Z", "2026-11-22T10:02:30Z", True),  # Karpenter would have acted on that
    ],
)
def test_of_no_claim_does_not_despair_of_what_was_before_the_wait(since, read_at, hopeless):
    found = of_no_claim(
        asked(since=since), evidence(events=[event("FailedScheduling", TAINT, "train", "Pod")], pods=[pod()], read_at=read_at)
    )
    assert (found.reason, found.hopeless) == ("PodTaintNotTolerated", hopeless)


def test_of_no_claim_does_not_despair_of_a_quota_that_an_earlier_try_met():
    events = [event("InsufficientCapacityError", QUOTA, "gpu-1a2b3")]
    assert not of_no_claim(asked(since="2026-11-22T10:02:00Z"), evidence(events=events)).hopeless
    assert of_no_claim(asked(since="2026-11-22T10:00:00Z"), evidence(events=events)).hopeless
    assert of_no_claim(
        asked(gone=[stuck("Launched", "")]), evidence(events=[event("InsufficientCapacityError", QUOTA, "gpu-x7k2p")])
    ).hopeless


def test_of_no_claim_names_limit_and_use():
    words = "all available instance types exceed limits for nodepool (NodePool=gpu)"
    tight = pool(limits={"nvidia.com/gpu": 5}, used={"nvidia.com/gpu": "4"})
    found = of_no_claim(
        asked(),
        evidence(
            node_pools={"gpu": tight}, events=[event("FailedScheduling", f"Failed to schedule pod, {words}", "train", "Pod")], pods=[pod()]
        ),
    )
    assert (found.object, found.reason) == ("NodePool gpu", "NodePoolLimitReached")
    assert found.message == f"{words}; limits: nvidia.com/gpu 4 of 5 used"


def test_of_no_claim_by_pods_finds_their_pool():
    question = asked(node_pools=(), pods=[pod()])
    unready = node_class(condition("SubnetsReady", "False", "SubnetsNotFound", "words"), condition("Ready", "False", "UnhealthyDependents"))
    found = of_no_claim(question, evidence(node_classes={"gpu": unready}))
    assert (found.object, found.reason) == ("EC2NodeClass gpu", "SubnetsNotFound")


@pytest.mark.parametrize(
    ("more", "read_at", "reason"),
    [
        ([], "2026-11-22T10:05:00Z", "VCPULimitExceeded"),
        # A node of the pool was launched since, so it is history.
        (
            [event("Launched", LAUNCHED, "gpu-9z8y7", at="2026-11-22T10:02:00Z")],
            "2026-11-22T10:05:00Z",
            "NoNodeClaim",
        ),
        (
            [event("Launched", LAUNCHED, "other-9z8y7", at="2026-11-22T10:02:00Z")],
            "2026-11-22T10:05:00Z",
            "VCPULimitExceeded",
        ),
        (
            [event("Launched", LAUNCHED, "gpu-9z8y7", at="2026-11-22T10:00:00Z")],
            "2026-11-22T10:05:00Z",
            "VCPULimitExceeded",
        ),
        # Karpenter tries again within minutes as long as a pod waits, so nothing waits.
        ([], "2026-11-22T10:30:00Z", "NoNodeClaim"),
    ],
)
def test_of_no_claim_leaves_out_tries_that_are_history(more, read_at, reason):
    events = [event("InsufficientCapacityError", QUOTA, "gpu-1a2b3"), *more]
    assert of_no_claim(asked(), evidence(events=events, read_at=read_at)).reason == reason


def test_of_no_claim_takes_a_try_that_has_begun_for_no_launch():
    begun = LAUNCHED.replace("Unknown -> True", "True -> Unknown")
    events = [
        event("InsufficientCapacityError", "InsufficientInstanceCapacity", "gpu-x7k2p", at="2026-11-22T10:01:00Z"),
        event("Launched", begun, "gpu-9z8y7", at="2026-11-22T10:02:00Z"),
    ]
    assert of_no_claim(asked(), evidence(events=events)).reason == "InsufficientCapacityError"
