# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What accelerators Nodes have registered, beside what their NodeClaims promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import NODES
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim, is_going, number_of

DOMAINS = ("nvidia.com/", "aws.amazon.com/")
# Names under which NVIDIA's device plugin offers parts of a GPU in place of nvidia.com/gpu (MIG strategy mixed, renameByDefault).
SHARES = ("nvidia.com/mig-", "nvidia.com/gpu.shared")
FEW = 3  # Up to so many nodes are asked for by name: the list of all is large.

Offer = Mapping[str, int]


def offers_of(client: Client, claims: Iterable[NodeClaim], deadline: Deadline, staying: bool = False) -> dict[str, Offer]:
    """What the claims' Nodes offer, by node name: numbers by resource name. A Node that is not there is left out.

    :param staying: leave out those that are being deleted as well.
    :raises ApiError: nodes cannot be listed.
    """
    wanted = sorted({claim.node for claim in claims if claim.node})
    if not wanted:
        return {}
    queries = [{"fieldSelector": f"metadata.name={name}"} for name in wanted] if len(wanted) <= FEW else [{}]
    sources = {str(number): Source(NODES, query, _kept) for number, query in enumerate(queries)}
    nodes = (node for nodes in read(client, sources, deadline).values() for node in nodes)
    found = {node.name: node.offer for node in nodes if not (staying and node.going)}
    return {name: found[name] for name in wanted if name in found}


def offer_of(node: Mapping[str, Any] | None) -> Offer:
    """The accelerators, whole or in parts, among a Node's allocatable resources."""
    allocatable = ((node or {}).get("status") or {}).get("allocatable") or {}
    return {name: number_of(value) for name, value in allocatable.items() if name.startswith(DOMAINS)}


class _Node(NamedTuple):
    """What is kept of a Node; ``going``: it is being deleted."""

    name: str
    offer: Offer
    going: bool


def _kept(node: dict) -> _Node:
    return _Node(node["metadata"]["name"], offer_of(node), is_going(node))


class Lack(NamedTuple):
    """A resource of which a Node offers fewer than its claim promises."""

    resource: str
    offered: int
    promised: int


def lacks(claim: NodeClaim, offer: Offer) -> list[Lack]:
    """What a Node offers too few of; nothing where it offers accelerators in parts."""
    if any(number for name, number in offer.items() if name.startswith(SHARES)):
        return []
    found = (Lack(resource, offer.get(resource, 0), number) for resource, number in claim.promised.items())
    return [each for each in found if each.offered < each.promised]


def shortfall(claim: NodeClaim, offer: Offer | None) -> str:
    """What keeps the node of a claim that Karpenter calls ready from being so; empty when nothing does. None: it is not there to stay."""
    if offer is None:
        return f"its node {claim.node} is gone, or being deleted"
    found = ", ".join(f"{each.offered} of {each.promised} {each.resource}" for each in lacks(claim, offer))
    return f"its node has registered {found}" if found else ""


def unreadable(error: ApiError) -> str:
    """What it means that nodes cannot be read."""
    return f"What the nodes have registered is not known, so registered is empty: {error.message}"
