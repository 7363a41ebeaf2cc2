# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why claims were not launched, and why claims that are gone ended: from EC2's error codes, events and conditions. Pure.

Karpenter deletes a claim at once when every error that EC2 gave counts as missing capacity, and a used-up quota counts as that;
so the event that stays behind is read for EC2's codes (aws/karpenter-provider-aws pkg/errors/errors.go,
unfulfillableCapacityErrorCodes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import Event, message_of, of_uid
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim, age_of

CAPACITY = "InsufficientCapacityError"
# What stands in the message of a claim that ended for want of capacity -> what it means.
CODES = {
    "VcpuLimitExceeded": "VCPULimitExceeded",
    "MaxSpotInstanceCountExceeded": "SpotQuotaExceeded",
    "MaxFleetCountExceeded": "FleetQuotaExceeded",
    "InsufficientFreeAddressesInSubnet": "InsufficientFreeAddressesInSubnet",
    "AuthFailure.ServiceLinkedRoleCreationNotPermitted": "SpotSLRCreationFailed",
    "resolving nodeclass": "NodeClassNotFound",
    "InsufficientInstanceCapacity": CAPACITY,
    "UnfulfillableCapacity": CAPACITY,
    "Unsupported": CAPACITY,
    "SpotMaxPriceTooLow": CAPACITY,
    "ReservationCapacityExceeded": CAPACITY,
    "InvalidCapacityReservationState.Unavailable": CAPACITY,
}
_TYPE = re.compile(r"\b[a-z]+[0-9][a-z0-9-]*\.(?:[0-9]*x?large|metal[a-z0-9-]*|medium|small|micro|nano)\b")
_ZONE = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-[0-9][a-z]\b")

# Events that end a claim, the most telling first.
ENDS = (
    CAPACITY,
    "NodeClassNotReady",
    "SpotInterrupted",
    "CapacityReservationInstanceInterrupted",
    "InstanceStopping",
    "InstanceTerminating",
    "InstanceUnhealthy",
    "TerminatingOnInterruption",
    "DisruptionTerminating",
    "TerminationGracePeriodExpiring",
)
# Karpenter also tells each change of a condition as an event, with the condition's reason: on a deletion InstanceTerminating.
TRANSITION = "Status condition transitioned"
LAUNCH_SECONDS = 5 * 60
REGISTRATION_SECONDS = 15 * 60
# Karpenter's clock may be behind this machine's, and the deletion takes its time.
SLACK_SECONDS = 5


def capacity_reason(messages: Iterable[str]) -> str:
    """What the messages of tries that ended for want of capacity mean together.

    A quota only where no try says more than the quota: where one type lacks quota and another capacity, the other may still come.
    """
    # Karpenter adds (aws-error-code=UnfulfillableCapacity, ...) to whatever code EC2 gave.
    said = [message.partition("(aws-error-code=")[0] for message in messages]
    found = {reason for message in said for code, reason in CODES.items() if code in message}
    return found.pop() if len(found) == 1 else CAPACITY


def tries(messages: Sequence[str], claims: Sequence[NodeClaim] = ()) -> str:
    """How many tries there were, and with which instance types and zones, as far as they are told."""
    text = " ".join((*messages, *(f"{claim.instance_type} {claim.zone}" for claim in claims)))
    named = [", ".join(sorted(set(pattern.findall(text)))) for pattern in (_TYPE, _ZONE)]
    number = max(len(messages), len(claims))
    what = "; ".join(filter(None, named))
    return f"{number} {'try' if number == 1 else 'tries'}" + (f" ({what})" if what else "")


def end_of(claim: NodeClaim, events: Sequence[Event], now: datetime | None = None) -> dict[str, str]:
    """Why a claim that is gone ended: ``reason`` and ``message``; ``Deleted`` where nothing tells.

    :param claim: as it was last seen.
    :param events: events of any objects; those about this claim count.
    :param now: when it went; Karpenter's time limits for launch and registration are told by it.
    """
    own = [event for event in of_uid(events, claim.uid) if not message_of(event).startswith(TRANSITION)]
    for reason in ENDS:
        found = [message_of(event) for event in own if event.get("reason") == reason]
        if found:
            return {"reason": capacity_reason(found) if reason == CAPACITY else reason, "message": found[-1]}
    unresolved = [message_of(event) for event in own if not event.get("reason")]
    if unresolved:
        return {"reason": "NodeClassNotFound", "message": unresolved[-1]}
    return _end_by_conditions(claim, now or datetime.now(timezone.utc))


def _end_by_conditions(claim: NodeClaim, now: datetime) -> dict[str, str]:
    chosen = claim.conditions.get("DisruptionReason")
    if chosen and chosen.true:
        return {"reason": chosen.reason, "message": chosen.message}
    launched, registered = claim.conditions.get("Launched"), claim.conditions.get("Registered")
    if launched and not launched.true and _lasted(launched.since, LAUNCH_SECONDS, now):
        return {"reason": "LaunchTimeout", "message": f"{launched.reason}: {launched.message}".rstrip(": ")}
    if registered and not registered.true and claim.has("Launched") and _lasted(registered.since, REGISTRATION_SECONDS, now):
        return {"reason": "RegistrationTimeout", "message": f"{registered.reason}: {registered.message}".rstrip(": ")}
    blocking = claim.blocking
    words = f"it was {claim.phase}" + (f" ({blocking.type}: {blocking.reason})" if blocking and blocking.reason else "")
    return {"reason": "Deleted", "message": words}


def _lasted(since: str, seconds: int, now: datetime) -> bool:
    return bool(since) and age_of(since, now) >= seconds - SLACK_SECONDS
