# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._launch_causes import capacity_reason, end_of, tries

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import claim, condition, event, stuck

NOW = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
ICE = "NodeClaim gpu-x7k2p event: creating instance, insufficient capacity, with fleet error(s), "
NO_CAPACITY = (
    f"{ICE}InsufficientInstanceCapacity: We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested"
    " (us-west-2a)."
)
QUOTA = f"{ICE}VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket."


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([NO_CAPACITY], "InsufficientCapacityError"),
        ([QUOTA], "VCPULimitExceeded"),
        ([f"{ICE}MaxSpotInstanceCountExceeded: Max spot instance count exceeded"], "SpotQuotaExceeded"),
        ([f"{ICE}MaxFleetCountExceeded: ..."], "FleetQuotaExceeded"),
        ([f"{ICE}InsufficientFreeAddressesInSubnet: ..."], "InsufficientFreeAddressesInSubnet"),
        ([f"{ICE}AuthFailure.ServiceLinkedRoleCreationNotPermitted: ..."], "SpotSLRCreationFailed"),
        (['insufficient capacity, resolving nodeclass, ec2nodeclasses.karpenter.k8s.aws "gpu" not found'], "NodeClassNotFound"),
        ([f"{ICE}UnfulfillableCapacity: ..."], "InsufficientCapacityError"),
        ([f"{QUOTA} (aws-error-code=UnfulfillableCapacity, aws-operation-name=CreateFleet, aws-status-c..."], "VCPULimitExceeded"),
        (["insufficient capacity, all requested instance types were unavailable during launch"], "InsufficientCapacityError"),
        # The offerings of the first try are remembered as unavailable, so a later try names no code.
        ([QUOTA, "insufficient capacity, all requested instance types were unavailable during launch"], "VCPULimitExceeded"),
        # One type lacks quota, another capacity, which may come.
        ([NO_CAPACITY, QUOTA], "InsufficientCapacityError"),
        ([NO_CAPACITY + "; " + QUOTA], "InsufficientCapacityError"),
    ],
)
def test_capacity_reason_by_the_codes_of_ec2(messages, reason):
    assert capacity_reason(messages) == reason


def test_tries_names_types_and_zones():
    again = NO_CAPACITY.replace("g4dn.xlarge", "g5.12xlarge").replace("us-west-2a", "us-gov-west-1b")
    assert tries([NO_CAPACITY, again]) == "2 tries (g4dn.xlarge, g5.12xlarge; us-gov-west-1b, us-west-2a)"


def test_tries_that_tell_nothing():
    assert tries(["insufficient capacity"]) == "1 try"


@pytest.mark.parametrize(
    ("reason", "message", "end"),
    [
        ("InsufficientCapacityError", QUOTA, "VCPULimitExceeded"),
        ("InsufficientCapacityError", NO_CAPACITY, "InsufficientCapacityError"),
        ("SpotInterrupted", "Spot interruption warning was triggered", "SpotInterrupted"),
        ("InstanceStopping", "Instance is stopping", "InstanceStopping"),
        ("InstanceTerminating", "Instance is terminating", "InstanceTerminating"),
        ("InstanceUnhealthy", "An unhealthy warning was triggered for the instance", "InstanceUnhealthy"),
        ("TerminatingOnInterruption", "Interruption triggered termination for the NodeClaim", "TerminatingOnInterruption"),
        ("DisruptionTerminating", "Disrupting NodeClaim: Drifted", "DisruptionTerminating"),
        ("", "Failed resolving NodeClass", "NodeClassNotFound"),
        ("Launched", "Status condition transitioned, Type: Launched, Status: Unknown -> True, Reason: Launched", "Deleted"),
        # Every deletion has this one; it is no interruption.
        (
            "InstanceTerminating",
            "Status condition transitioned, Type: InstanceTerminating, Status: Unknown -> True, Reason: InstanceTerminating",
            "Deleted",
        ),
    ],
)
def test_end_of_by_the_event_that_ended_it(reason, message, end):
    found = end_of(claim(), [event(reason, message, "gpu-x7k2p"), event("SpotInterrupted", "of another", "gpu-other")], NOW)
    assert found["reason"] == end
    if end != "Deleted":
        assert found["message"] == message


def test_end_of_prefers_the_interruption_to_what_karpenter_did_about_it():
    events = [event("TerminatingOnInterruption", "t", "gpu-x7k2p"), event("SpotInterrupted", "s", "gpu-x7k2p", at="2026-11-22T09:00:00Z")]
    assert end_of(claim(), events, NOW) == {"reason": "SpotInterrupted", "message": "s"}


@pytest.mark.parametrize(
    ("held", "now", "end"),
    [
        (stuck("Launched", "Unauthorized", "words"), NOW, {"reason": "LaunchTimeout", "message": "Unauthorized: words"}),
        (stuck("Registered", "NodeNotFound", "words"), NOW, {"reason": "RegistrationTimeout", "message": "NodeNotFound: words"}),
        (
            stuck("Registered", "NodeNotFound"),
            NOW.replace(minute=5),
            {"reason": "Deleted", "message": "it was Launched (Registered: NodeNotFound)"},
        ),
        (claim(condition("DisruptionReason", "True", "Empty", "Empty")), NOW, {"reason": "Empty", "message": "Empty"}),
        (claim(), NOW, {"reason": "Deleted", "message": "it was Ready"}),
    ],
)
def test_end_of_by_its_conditions_where_no_event_tells(held, now, end):
    assert end_of(held, [], now) == end
