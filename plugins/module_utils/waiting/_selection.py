# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which NodeClaims are meant: of pools, with labels, of names, or those that run or are to run certain pods. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NODEPOOL_LABEL, NodeClaim

JOB_LABEL = "batch.kubernetes.io/job-name"
# Where Karpenter says which claim a pending pod waits for (kubernetes-sigs/karpenter, pkg/events and provisioning/scheduling).
NOMINATED = re.compile(r"nodeclaim/([^,\s]+)")
FINISHED = ("Succeeded", "Failed")


class Owner(NamedTuple):
    """A pod (kind ``pod``) or a Job (kind ``job``) whose claims are meant."""

    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    @property
    def query(self) -> dict[str, str]:
        """The list options that select its pods."""
        if self.kind == "pod":
            return {"fieldSelector": f"metadata.name={self.name}"}
        return {"labelSelector": f"{JOB_LABEL}={self.name}"}

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class Placement(NamedTuple):
    """A pod, and where it runs or is to run: a node's name, or a claim's; both empty while nothing is known."""

    pod: str
    owner: Owner
    node: str = ""
    claim: str = ""

    def __str__(self) -> str:
        return f"Pod {self.owner.namespace}/{self.pod}"


@dataclass(frozen=True)
class Selection:
    """Which claims are meant: of these pools, with these labels, of these names, for these pods; empty means any."""

    node_pools: tuple[str, ...] = ()
    label_selectors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The list options that make the API server select; names and owners are left to ``matches``."""
        pools = (f"{NODEPOOL_LABEL} in ({','.join(self.node_pools)})",) if self.node_pools else ()
        selector = ",".join((*pools, *self.label_selectors))
        return {"labelSelector": selector} if selector else {}

    def matches(self, claim: NodeClaim, placements: Optional[Iterable[Placement]] = None) -> bool:
        """Whether a claim that the API server selected is meant; ``placements`` are those of the owners' pods."""
        if self.names and claim.name not in self.names:
            return False
        return not self.owners or any(_holds(claim, placement) for placement in placements or ())

    def __str__(self) -> str:
        parts = (
            ("node_pools", self.node_pools),
            ("label_selectors", self.label_selectors),
            ("names", self.names),
            ("pods of", tuple(map(str, self.owners))),
        )
        named = [f"{word} {', '.join(values)}" for word, values in parts if values]
        return " and ".join(named) or "any"


def _holds(claim: NodeClaim, placement: Placement) -> bool:
    if placement.node:
        return placement.node == claim.node
    return placement.claim == claim.name


def placements_of(pods: Iterable[tuple[Owner, Mapping[str, Any]]], events: Iterable[Mapping[str, Any]]) -> list[Placement]:
    """Where the pods that have not finished run, or are to run by Karpenter's last word on them.

    :param pods: Pod objects, each with the owner that it was read for.
    :param events: the events Nominated, in any order.
    """
    nominated: dict[str, tuple[str, str]] = {}
    for event in events:
        found = NOMINATED.search(str(event.get("message") or ""))
        uid = str((event.get("involvedObject") or {}).get("uid"))
        when = str(event.get("lastTimestamp") or event.get("eventTime") or "")
        if found and when >= nominated.get(uid, ("", ""))[0]:
            nominated[uid] = (when, found.group(1))
    return [
        Placement(
            pod["metadata"]["name"],
            owner,
            (pod.get("spec") or {}).get("nodeName") or "",
            nominated.get(pod["metadata"]["uid"], ("", ""))[1],
        )
        for owner, pod in pods
        if (pod.get("status") or {}).get("phase") not in FINISHED
    ]
