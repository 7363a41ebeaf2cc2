# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import (
    Goal,
    Ledger,
    NodeClaim,
    Selection,
    age_of,
    view,
)


def claim(name="gpu-1", deleting=False, **conditions) -> NodeClaim:
    """A claim with the given conditions, each "Status" or ("Status", "Reason", "Message")."""
    items = []
    for kind, value in conditions.items():
        status, reason, message = (value, kind, "") if isinstance(value, str) else value
        items.append({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-11-22T10:00:00Z"})
    meta = {
        "name": name,
        "uid": f"uid-{name}",
        "creationTimestamp": "2026-11-22T10:00:00Z",
        "labels": {
            "karpenter.sh/nodepool": "gpu",
            "node.kubernetes.io/instance-type": "g4dn.xlarge",
            "topology.kubernetes.io/zone": "us-west-2a",
            "karpenter.sh/capacity-type": "on-demand",
        },
    }
    if deleting:
        meta["deletionTimestamp"] = "2026-11-22T10:05:00Z"
    return NodeClaim.from_object(
        {
            "metadata": meta,
            "spec": {"nodeClassRef": {"name": "gpu"}, "resources": {"requests": {"nvidia.com/gpu": "1", "cpu": "3500m"}}},
            "status": {"nodeName": f"node-{name}", "capacity": {"nvidia.com/gpu": "1", "cpu": "4"}, "conditions": items},
        }
    )


READY = {"Launched": "True", "Registered": "True", "Initialized": "True", "Ready": "True"}
STUCK = {
    "Launched": "True",
    "Registered": "True",
    "Initialized": ("Unknown", "ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered'),
    "Ready": ("Unknown", "ReconcilingDependents", "Initialized=Unknown"),
}


def test_from_object_reads_labels_and_accelerators():
    found = claim(**READY)
    assert (found.node_pool, found.instance_type, found.zone, found.capacity_type) == ("gpu", "g4dn.xlarge", "us-west-2a", "on-demand")
    assert found.requested == {"nvidia.com/gpu": 1}
    assert found.promised == {"nvidia.com/gpu": 1}


def test_from_object_without_status_is_pending():
    found = NodeClaim.from_object({"metadata": {"name": "x", "uid": "u"}})
    assert found.phase == "Pending"
    assert found.blocking.reason == "AwaitingReconciliation"


@pytest.mark.parametrize(
    ("conditions", "phase"),
    [
        ({}, "Pending"),
        ({"Launched": "Unknown"}, "Pending"),
        ({"Launched": "True"}, "Launched"),
        ({"Launched": "True", "Registered": "True"}, "Registered"),
        ({"Launched": "True", "Registered": "True", "Initialized": "True"}, "Initialized"),
        (READY, "Ready"),
    ],
)
def test_phase_follows_the_conditions(conditions, phase):
    assert claim(**conditions).phase == phase


def test_blocking_is_the_first_step_that_is_not_done():
    assert claim(**STUCK).blocking.reason == "ResourceNotRegistered"
    assert claim(**READY).blocking is None


def test_goal_ready_is_not_met_by_a_claim_that_is_going_away():
    assert not Goal("ready").met([claim(deleting=True, **READY)])


def test_goal_ready_is_not_met_by_nothing():
    assert not Goal("ready").met([])


def test_goal_ready_ignores_a_leaving_claim_beside_a_ready_one():
    assert Goal("ready").met([claim("a", **READY), claim("b", deleting=True, **READY)])


def test_goal_ready_needs_every_claim_and_the_count():
    assert not Goal("ready").met([claim("a", **READY), claim("b", **STUCK)])
    assert not Goal("ready", 2).met([claim("a", **READY)])
    assert Goal("ready", 2).met([claim("a", **READY), claim("b", **READY)])


def test_goal_absent_is_met_only_when_none_is_left():
    assert Goal("absent").met([])
    assert not Goal("absent").met([claim(deleting=True, **READY)])


def test_selection_asks_the_server_for_pools_and_labels():
    selection = Selection(("gpu", "trn"), ("intent=gpu",), ("a",))
    assert selection.query == {"labelSelector": "karpenter.sh/nodepool in (gpu,trn),intent=gpu"}
    assert not selection.matches(claim("b"))
    assert str(selection) == "node_pools gpu, trn and label_selectors intent=gpu and names a"
    assert Selection().query == {}


def test_ledger_keeps_each_transition_once_and_the_end():
    ledger = Ledger()
    assert ledger.record([claim(**STUCK)])
    assert not ledger.record([claim(**STUCK)])
    assert ledger.record([claim(**READY)])
    assert ledger.record([], [claim(**READY)])
    (entry,) = ledger.entries
    initialized = [item["status"] for item in entry["transitions"] if item["type"] == "Initialized"]
    assert initialized == ["Unknown", "True"]
    assert entry["end"] == {"reason": "Deleted", "why": ""}


def test_ledger_tells_a_replacement_under_the_same_name_apart():
    ledger = Ledger()
    first = claim(**STUCK)
    ledger.record([first])
    ledger.record([NodeClaim(**{**vars(first), "uid": "another"})], [first])
    assert [entry["uid"] for entry in ledger.entries] == ["uid-gpu-1", "another"]


def test_view_returns_reason_and_accelerators():
    now = datetime(2026, 11, 22, 10, 1, tzinfo=UTC)
    found = view(claim(**STUCK), now)
    assert found["phase"] == "Registered"
    assert found["reason"] == "ResourceNotRegistered"
    assert found["accelerators"] == {"promised": {"nvidia.com/gpu": 1}, "registered": {}}
    assert found["age"] == 60


def test_age_of_a_clock_that_is_behind_is_zero():
    assert age_of("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)) == 0
    assert age_of("", datetime.now(UTC)) == 0
