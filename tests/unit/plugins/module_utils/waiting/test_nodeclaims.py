# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    Goal,
    NodeClaim,
    age_of,
    conditions_of,
    view,
)

from tests.unit.plugins.nodeclaims import READY, STUCK, claim


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


def test_goal_exact_is_not_met_by_one_too_many():
    two = [claim("a", **READY), claim("b", **READY)]
    assert Goal("ready", 1).met(two)
    assert not Goal("ready", 1, exact=True).met(two)
    assert Goal("ready", 2, exact=True).met(two)


def test_goal_not_drifted_needs_a_launched_claim_without_drift():
    assert Goal("not_drifted").met([claim(**READY)])
    assert not Goal("not_drifted").met([claim(**READY, Drifted=("True", "AMIDrift", "AMIDrift"))])
    assert not Goal("not_drifted").met([claim()])


def test_goal_ready_is_not_met_while_a_step_is_undone_whatever_ready_says():
    assert not Goal("ready").met([claim(**{**STUCK, "Ready": "True"})])


def test_conditions_of_an_older_generation_say_nothing():
    stale = {"type": "Ready", "status": "True", "observedGeneration": 1}
    found = conditions_of({"metadata": {"generation": 2}, "status": {"conditions": [stale]}})
    assert found["Ready"].status == "Unknown"
    assert conditions_of({"metadata": {"generation": 1}, "status": {"conditions": [stale]}})["Ready"].true


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
