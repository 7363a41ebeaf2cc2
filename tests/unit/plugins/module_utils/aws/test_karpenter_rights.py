"""What each version of Karpenter needs of AWS.

The expectations are those of Karpenter's getting-started templates and of its reference of them, at the tags v1.0, v1.12, v1.14 and v1.15:
https://github.com/aws/karpenter-provider-aws/tree/main/website/content/en
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._karpenter_rights import DIFFERENCES, changes, rights


def actions(version: str, sid: str) -> list[str]:
    """Actions of one statement, none where the version has no such statement."""
    found = [statement for policy in rights(version, "demo")["policies"] for statement in policy["statements"] if statement["Sid"] == sid]
    return found[0]["Action"] if found else []


def reach(version: str) -> str:
    """The resources that an instance may be launched on."""
    (statement,) = (
        each for each in rights(version, "demo")["policies"][0]["statements"] if each["Sid"] == "AllowScopedEC2InstanceAccessActions"
    )
    return json.dumps(statement["Resource"])


def test_of_1_0_are_those_of_its_own_template() -> None:
    needed = rights("1.0.8", "demo")
    assert [policy["name"] for policy in needed["policies"]] == [
        "NodeLifecycle",
        "IAMIntegration",
        "EKSIntegration",
        "Interruption",
        "ResourceDiscovery",
    ]
    assert actions("1.0.8", "AllowRegionalReadActions") == [
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSpotPriceHistory",
        "ec2:DescribeSubnets",
    ]
    assert len(needed["rules"]) == 4


@pytest.mark.parametrize(
    ("sid", "action", "first"),
    [
        ("AllowRegionalReadActions", "ec2:DescribeCapacityReservations", 3),
        ("AllowUnscopedInstanceProfileListAction", "iam:ListInstanceProfiles", 7),
        ("AllowRegionalReadActions", "ec2:DescribePlacementGroups", 11),
        ("AllowRegionalReadActions", "ec2:DescribeInstanceStatus", 12),
        ("AllowZonalShiftStatusReadOnly", "arc-zonal-shift:GetManagedResource", 12),
        ("AllowScopedDeletion", "ec2:RebootInstances", 15),
    ],
)
def test_a_right_is_there_from_the_version_that_needs_it_on(sid: str, action: str, first: int) -> None:
    assert [minor for minor in range(16) if action in actions(f"1.{minor}.0", sid)] == list(range(first, 16))


def test_zones_are_asked_for_by_1_0_alone() -> None:
    assert [minor for minor in range(16) if "ec2:DescribeAvailabilityZones" in actions(f"1.{minor}", "AllowRegionalReadActions")] == [0]


@pytest.mark.parametrize(("kind", "first"), [("capacity-reservation", 3), ("placement-group", 11), ("security-group", 0)])
def test_instances_are_launched_on_what_the_version_knows(kind: str, first: int) -> None:
    assert [minor for minor in range(16) if f":{kind}/*" in reach(f"1.{minor}")] == list(range(first, 16))


def test_no_statement_is_empty() -> None:
    statements: list[dict[str, Any]] = [each for policy in rights("1.0", "demo")["policies"] for each in policy["statements"]]
    assert all(each["Action"] and each["Resource"] for each in statements)


def test_every_difference_is_of_something_that_is_there() -> None:
    """Or a mistyped action would be in no version, or in all of them."""
    text = json.dumps([rights("1.0", "demo"), rights("1.15", "demo")])
    assert [each.what for each in DIFFERENCES if f'"{each.what}"' not in text and f":{each.what}/*" not in text] == []


def test_changes_say_what_an_upgrade_adds_and_takes_away() -> None:
    assert changes("1.3.0", "1.0.8") == [
        "Takes away ec2:DescribeAvailabilityZones (zones by their IDs), which Karpenter no longer needs since 1.1.",
        "Adds ec2:DescribeCapacityReservations (capacity reservations), which Karpenter needs since 1.3.",
        "Adds ec2:RunInstances and ec2:CreateFleet on capacity-reservation/* (launching into capacity reservations), which Karpenter needs"
        " since 1.3.",
    ]


def test_changes_say_so_of_an_event() -> None:
    (sentence,) = changes("1.10", "1.9")
    assert sentence == (
        "Adds the event 'EC2 Capacity Reservation Instance Interruption Warning' (leaving reserved capacity that its owner takes back), which"
        " Karpenter needs since 1.10."
    )


def test_changes_of_a_way_back() -> None:
    assert changes("1.14", "1.15") == ["Takes away ec2:RebootInstances (node repair by a reboot), which Karpenter needs only since 1.15."]
    assert "Adds ec2:DescribeAvailabilityZones (zones by their IDs), which Karpenter needs before 1.1." in changes("1.0", "1.2")


@pytest.mark.parametrize(("version", "former"), [("1.14.3", "1.13.0"), ("1.14.3", "1.14"), ("1.9.1", "1.7")])
def test_changes_are_none_where_both_need_the_same(version: str, former: str) -> None:
    assert changes(version, former) == []
