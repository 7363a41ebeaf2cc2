# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Karpenter's NodeClaims as values: the one door they come in by, what state they are in, and which claims came and went.

Pure: knows neither Ansible nor how the objects were read. Conditions and their order: kubernetes-sigs/karpenter,
pkg/apis/v1/nodeclaim_status.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import ACCELERATORS

NODECLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
NODEPOOLS = "/apis/karpenter.sh/v1/nodepools"
EC2NODECLASSES = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"

NODEPOOL_LABEL = "karpenter.sh/nodepool"
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
ZONE_LABEL = "topology.kubernetes.io/zone"
CAPACITY_TYPE_LABEL = "karpenter.sh/capacity-type"

# In the order in which a claim passes through them.
STEPS = ("Launched", "Registered", "Initialized")
PHASES = {"Launched": "Pending", "Registered": "Launched", "Initialized": "Registered"}


@dataclass(frozen=True)
class Condition:
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
    """The conditions of any object, by type."""
    found = (obj.get("status") or {}).get("conditions") or []
    return {
        str(item.get("type")): Condition(
            type=str(item.get("type")),
            status=str(item.get("status")),
            reason=str(item.get("reason") or ""),
            message=str(item.get("message") or ""),
            since=str(item.get("lastTransitionTime") or ""),
        )
        for item in found
    }


@dataclass(frozen=True)
class NodeClaim:
    """A NodeClaim. Times are RFC 3339; what Karpenter has not settled yet is an empty string.

    ``requested`` are the resources that the pods behind the claim asked for, ``promised`` the accelerators that its instance
    type has: both are numbers by resource name.
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
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    @classmethod
    def from_object(cls, obj: dict) -> NodeClaim:
        """Reads an object of ``karpenter.sh/v1 NodeClaim``."""
        meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        labels = meta.get("labels") or {}
        return cls(
            name=meta["name"],
            uid=meta["uid"],
            node_pool=labels.get(NODEPOOL_LABEL, ""),
            node_class=(spec.get("nodeClassRef") or {}).get("name", ""),
            node=status.get("nodeName") or "",
            instance_type=labels.get(INSTANCE_TYPE_LABEL, ""),
            zone=labels.get(ZONE_LABEL, ""),
            capacity_type=labels.get(CAPACITY_TYPE_LABEL, ""),
            created=meta.get("creationTimestamp") or "",
            deleting=bool(meta.get("deletionTimestamp")),
            provider_id=status.get("providerID") or "",
            requested=accelerators_in((spec.get("resources") or {}).get("requests")),
            promised=accelerators_in(status.get("capacity")),
            conditions=conditions_of(obj),
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


def accelerators_in(quantities: dict | None) -> dict[str, int]:
    """The accelerator resources among Kubernetes quantities, as numbers; zeros are left out."""
    found = {row.resource: _number((quantities or {}).get(row.resource)) for row in ACCELERATORS.values()}
    return {resource: number for resource, number in found.items() if number}


def _number(quantity: object) -> int:
    text = str(quantity or "0")
    return int(text) if re.fullmatch(r"[0-9]+", text) else 0


# The states a wait can ask for, each with what a claim must be. A claim that is going away is in none of them.
STATES: dict[str, Callable[[NodeClaim], bool]] = {
    "launched": lambda claim: claim.has("Launched"),
    "registered": lambda claim: claim.has("Registered"),
    "initialized": lambda claim: claim.has("Initialized"),
    "ready": lambda claim: claim.has("Ready") and claim.blocking is None,
}
ABSENT = "absent"


@dataclass(frozen=True)
class Selection:
    """Which claims are meant: of these pools, with these labels, of these names; empty means any."""

    node_pools: tuple[str, ...] = ()
    label_selectors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The list options that make the API server select; names are left to ``matches``."""
        pools = (f"{NODEPOOL_LABEL} in ({','.join(self.node_pools)})",) if self.node_pools else ()
        selector = ",".join((*pools, *self.label_selectors))
        return {"labelSelector": selector} if selector else {}

    def matches(self, claim: NodeClaim) -> bool:
        return not self.names or claim.name in self.names

    def __str__(self) -> str:
        parts = (("node_pools", self.node_pools), ("label_selectors", self.label_selectors), ("names", self.names))
        named = [f"{word} {', '.join(values)}" for word, values in parts if values]
        return " and ".join(named) or "any"


@dataclass(frozen=True)
class Goal:
    """When a wait is over: every claim that is not going away is in ``state``, and at least ``count`` are; or none is left."""

    state: str
    count: int = 1

    def done(self, claims: Iterable[NodeClaim]) -> list[NodeClaim]:
        """The claims that are where they should be."""
        if self.state == ABSENT:
            return []
        return [claim for claim in claims if not claim.deleting and STATES[self.state](claim)]

    def missing(self, claims: Iterable[NodeClaim]) -> list[NodeClaim]:
        """The claims that the wait is waiting for."""
        if self.state == ABSENT:
            return list(claims)
        return [claim for claim in claims if not claim.deleting and not STATES[self.state](claim)]

    def met(self, claims: Iterable[NodeClaim]) -> bool:
        claims = list(claims)
        if self.missing(claims):
            return False
        return self.state == ABSENT or len(self.done(claims)) >= self.count


class Ledger:
    """Every claim seen during a wait, with each condition's changes and the end it met."""

    def __init__(self) -> None:
        self._entries: dict[str, dict] = {}

    def record(self, claims: Iterable[NodeClaim], gone: Iterable[NodeClaim] = ()) -> bool:
        """Notes what is new; whether anything was."""
        changed = [self._note(claim) for claim in claims]
        ended = [self._end(claim) for claim in gone]
        return any(changed) or any(ended)

    @property
    def entries(self) -> list[dict]:
        """JSON-able, in the order in which the claims were first seen."""
        return list(self._entries.values())

    def _note(self, claim: NodeClaim) -> bool:
        entry = self._entries.setdefault(claim.uid, {"uid": claim.uid, "transitions": [], "end": None})
        before = (entry.get("phase"), len(entry["transitions"]))
        for name in ("name", "node_pool", "node", "instance_type", "zone", "capacity_type", "phase"):
            entry[name] = getattr(claim, name)
        known = {item["type"]: item for item in entry["transitions"]}
        for condition in claim.conditions.values():
            last = known.get(condition.type)
            if last is None or (last["status"], last["reason"]) != (condition.status, condition.reason):
                entry["transitions"].append(asdict(condition))
        return before != (entry["phase"], len(entry["transitions"]))

    def _end(self, claim: NodeClaim) -> bool:
        self._note(claim)
        blocking = claim.blocking
        why = f"{blocking.type}: {blocking.reason}" if blocking else ""
        self._entries[claim.uid]["end"] = {"reason": "Deleted", "why": why}
        return True


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
        "conditions": [asdict(condition) for condition in claim.conditions.values()],
        "accelerators": {"promised": dict(claim.promised), "registered": dict(registered or {})},
        "age": age_of(claim.created, now),
    }


def age_of(created: str, now: datetime) -> int:
    """Seconds since an RFC 3339 time; 0 for a clock that is behind, or no time."""
    try:
        born = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return 0
    return max(0, int((now - born).total_seconds()))
