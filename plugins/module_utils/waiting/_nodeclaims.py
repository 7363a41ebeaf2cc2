# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Karpenter's NodeClaims as values: the one door they come in by, what state they are in, and when a wait for them is over.

Pure: knows neither Ansible nor how the objects were read. Conditions and their order: kubernetes-sigs/karpenter,
pkg/apis/v1/nodeclaim_status.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

NODECLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
NODEPOOLS = "/apis/karpenter.sh/v1/nodepools"
EC2NODECLASSES = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"

NODEPOOL_LABEL = "karpenter.sh/nodepool"
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
ZONE_LABEL = "topology.kubernetes.io/zone"
CAPACITY_TYPE_LABEL = "karpenter.sh/capacity-type"

EFA = "vpc.amazonaws.com/efa"
RESOURCES = tuple(row.resource for row in ACCELERATORS.values())

# In the order in which a claim passes through them.
STEPS = ("Launched", "Registered", "Initialized")
PHASES = {"Launched": "Pending", "Registered": "Launched", "Initialized": "Registered"}


class Condition(NamedTuple):
    """One status condition. ``status`` is True, False or Unknown, as text; ``since`` an RFC 3339 time, or empty."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: str = ""

    @property
    def true(self) -> bool:
        return self.status == "True"


def conditions_of(obj: dict) -> dict[str, Condition]:
    """The conditions of any object, by type. One that was set for an older generation of the object says nothing of this one."""
    found = (obj.get("status") or {}).get("conditions") or []
    generation = (obj.get("metadata") or {}).get("generation") or 0
    conditions = [_condition(item, generation) for item in found]
    return {condition[0]: condition for condition in conditions}  # By its place, as for thousands of objects the name takes longer.


def is_going(obj: Mapping[str, Any]) -> bool:
    """Whether any object is being deleted, which its conditions do not say: they stay as they are until it is gone."""
    return bool((obj.get("metadata") or {}).get("deletionTimestamp"))


def _condition(item: Mapping[str, Any], generation: int) -> Condition:
    get = item.get
    kind, since, observed = intern(get("type", "")), get("lastTransitionTime") or "", get("observedGeneration")
    if observed is not None and observed < generation:
        return Condition(kind, "Unknown", "AwaitingReconciliation", f"object is awaiting reconciliation since generation {observed}", since)
    # One claim has the same few words as thousands of others: kept once.
    return Condition(kind, intern(get("status", "")), intern(get("reason") or ""), intern(get("message") or ""), intern(since))


class NodeClaim(NamedTuple):
    """A NodeClaim. Times are RFC 3339; what Karpenter has not settled yet is an empty string.

    ``requested`` are the resources that the pods behind the claim asked for, ``promised`` the accelerators that its instance
    type has: both are numbers by resource name. ``finalizers`` are what keeps a claim that is deleted, ``efa`` the number of EFA
    interfaces that its instance was launched with.
    """

    name: str
    uid: str
    node_pool: str
    node_class: str
    node: str
    instance_type: str
    zone: str
    capacity_type: str
    created: str
    deleting: bool
    provider_id: str
    requested: Mapping[str, int]
    promised: Mapping[str, int]
    conditions: Mapping[str, Condition]
    finalizers: tuple[str, ...] = ()
    efa: int = 0

    @classmethod
    def from_object(cls, obj: dict) -> NodeClaim:
        """Reads an object of ``karpenter.sh/v1 NodeClaim``."""
        meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        labels = meta.get("labels") or {}
        return cls(
            name=meta["name"],
            uid=meta.get("uid") or meta["name"],
            node_pool=intern(labels.get(NODEPOOL_LABEL, "")),
            node_class=intern((spec.get("nodeClassRef") or {}).get("name", "")),
            node=status.get("nodeName") or "",
            instance_type=intern(labels.get(INSTANCE_TYPE_LABEL, "")),
            zone=intern(labels.get(ZONE_LABEL, "")),
            capacity_type=intern(labels.get(CAPACITY_TYPE_LABEL, "")),
            created=meta.get("creationTimestamp") or "",
            deleting=is_going(obj),
            provider_id=status.get("providerID") or "",
            requested=accelerators_in((spec.get("resources") or {}).get("requests")),
            promised=accelerators_in(status.get("capacity")),
            conditions=conditions_of(obj),
            finalizers=tuple(meta.get("finalizers") or ()) if meta.get("deletionTimestamp") else (),
            efa=number_of((status.get("capacity") or {}).get(EFA)),
        )

    def has(self, condition: str) -> bool:
        """Whether the condition is True."""
        found = self.conditions.get(condition)
        return bool(found and found.true)

    @property
    def blocking(self) -> Condition | None:
        """The first step that is not done; None when all are. A step that Karpenter has not begun is Unknown."""
        for step in STEPS:
            if not self.has(step):
                return self.conditions.get(step) or Condition(
                    step, "Unknown", "AwaitingReconciliation", "object is awaiting reconciliation"
                )
        return None

    @property
    def phase(self) -> str:
        """Pending, Launched, Registered, Initialized, Ready or Terminating: how far the claim has come."""
        if self.deleting:
            return "Terminating"
        if self.has("Ready"):
            return "Ready"
        return PHASES[self.blocking.type] if self.blocking else "Initialized"


def accelerators_in(quantities: Mapping[str, Any] | None) -> dict[str, int]:
    """The accelerator resources among Kubernetes quantities, as numbers; zeros are left out."""
    if not quantities:
        return {}
    found = ((resource, number_of(quantities[resource])) for resource in RESOURCES if resource in quantities)
    return {resource: number for resource, number in found if number}


def number_of(quantity: object) -> int:
    """A quantity of devices as a number; 0 for one that is not whole."""
    text = str(quantity)
    return int(text) if text.isdecimal() else 0


# The states a wait can ask for, each with what a claim must be. A claim that is going away is in none of them.
STATES: dict[str, Callable[[NodeClaim], bool]] = {
    "launched": lambda claim: claim.has("Launched"),
    "registered": lambda claim: claim.has("Registered"),
    "initialized": lambda claim: claim.has("Initialized"),
    "ready": lambda claim: claim.has("Ready") and claim.blocking is None,
    # Karpenter looks for drift once a claim is launched; before, no word on it means nothing.
    "not_drifted": lambda claim: claim.has("Launched") and not claim.has("Drifted"),
}
ABSENT = "absent"


class Standing(NamedTuple):
    """Where a claim stands before a goal: ``done``, or ``behind``, or neither, as one that is going away."""

    done: bool
    behind: bool


@dataclass(frozen=True)
class Goal:
    """When a wait is over: every claim that is not going away is in ``state``, and at least ``count`` are; or none is left.

    ``exact``: it must be ``count`` claims, no more. ``whole``: a claim is ready only when its Node has registered every
    accelerator that its instance type promises; Karpenter is content with one of eight.
    """

    state: str
    count: int = 1
    exact: bool = False
    whole: bool = True

    def standing(self, claim: NodeClaim) -> Standing:
        """Where one claim stands."""
        if self.state == ABSENT:
            return Standing(done=False, behind=True)
        there = STATES[self.state](claim)
        return Standing(done=there and not claim.deleting, behind=not there and not claim.deleting)

    def enough(self, done: int, behind: int) -> bool:
        """Whether so many claims that are done and behind meet the goal."""
        if self.state == ABSENT or behind:
            return not behind
        return done == self.count if self.exact else done >= self.count

    def done(self, claims: Iterable[NodeClaim]) -> list[NodeClaim]:
        """The claims that are where they should be."""
        return [claim for claim in claims if self.standing(claim).done]

    def missing(self, claims: Iterable[NodeClaim]) -> list[NodeClaim]:
        """The claims that the wait is waiting for."""
        return [claim for claim in claims if self.standing(claim).behind]

    def met(self, claims: Iterable[NodeClaim]) -> bool:
        claims = list(claims)
        return self.enough(len(self.done(claims)), len(self.missing(claims)))


def views(claims: Sequence[NodeClaim], offers: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """The claims as the modules return them; ``offers``: what Nodes have allocatable, by node name."""
    now = datetime.now(timezone.utc)
    return [view(claim, now, accelerators_in(offers.get(claim.node))) for claim in claims]


def without_karpenter(error: ApiError) -> CollectionError:
    """The error, or where the API server does not know NodeClaims the sentence that says so."""
    if error.status != 404:
        return error
    return CollectionError(
        "The cluster does not know NodeClaims: Karpenter's CRDs are not installed. Run the role accelerated.nodes.karpenter first."
    )


def view(claim: NodeClaim, now: datetime, registered: Mapping[str, int] | None = None) -> dict:
    """What the modules return of a claim. ``registered``: the accelerators that its Node has allocatable."""
    blocking = claim.blocking
    return {
        "name": claim.name,
        "uid": claim.uid,
        "node_pool": claim.node_pool,
        "node_class": claim.node_class,
        "node": claim.node,
        "instance_type": claim.instance_type,
        "zone": claim.zone,
        "capacity_type": claim.capacity_type,
        "phase": claim.phase,
        "reason": blocking.reason if blocking else "",
        "message": blocking.message if blocking else "",
        "conditions": [condition._asdict() for condition in claim.conditions.values()],
        "accelerators": {"promised": dict(claim.promised), "registered": dict(registered or {})},
        "age": age_of(claim.created, now),
    }


def age_of(created: str, now: datetime) -> int:
    """Seconds since an RFC 3339 time; 0 for a clock that is behind, or no time."""
    born = moment(created)
    return max(0, int((now - born).total_seconds())) if born else 0


@lru_cache(maxsize=1024)
def moment(text: str) -> datetime | None:
    """An RFC 3339 time in UTC, to the second; None for no time."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
