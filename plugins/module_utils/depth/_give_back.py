# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives back the nodes that Karpenter made for one run alone: deletes their NodeClaims and waits until they are gone.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, follow
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NODECLAIMS, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Placement

# Given a node's name: the pods of others that hold its accelerators; None if they may not be listed.
Holders = Callable[[str], Optional[Sequence[str]]]


class Provisioned(NamedTuple):
    """A NodeClaim that exists only because a run has asked for a node. Times are RFC 3339; one that is not ready has no ``ready_at``."""

    node_pool: str
    node_claim: str
    uid: str
    node: str
    asked_at: str
    ready_at: str

    @property
    def result(self) -> dict[str, str]:
        """What the module returns of it."""
        return {name: getattr(self, name) for name in ("node_pool", "node_claim", "asked_at", "ready_at")}


@dataclass
class GivenBack:
    """What was given back, as the module returns it; what was kept, and what could not be given back, a sentence each."""

    given: list[dict[str, str]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def made_for(before: Iterable[str], claims: Iterable[NodeClaim], placements: Iterable[Placement], asked_at: str) -> list[Provisioned]:
    """Return the NodeClaims that a run's pods have caused: they are new, and Karpenter made them for these pods or they run there.

    Args:
        before: Uids of the NodeClaims that were there before.
        claims: The NodeClaims that are there now.
        placements: Where the pods that ask for nodes run, or are to run.
        asked_at: When they began to ask.
    """
    places = list(placements)
    nodes, names, old = {each.node for each in places if each.node}, {each.claim for each in places if each.claim}, set(before)
    mine = [each for each in claims if each.uid not in old and (each.node in nodes or each.name in names)]
    return [Provisioned(each.node_pool, each.name, each.uid, each.node, asked_at, _ready_at(each)) for each in mine]


def _ready_at(claim: NodeClaim) -> str:
    return claim.conditions["Ready"].since if claim.has("Ready") else ""


def give_back(
    client: Client,
    provisioned: Sequence[Provisioned],
    holders: Holders,
    deadline: Deadline,
    progress: Progress,
    outcome: Optional[GivenBack] = None,
) -> GivenBack:
    """Delete the NodeClaims, but for those whose accelerators others have come to use, and wait until they are gone.

    Args:
        client: The API server.
        provisioned: The NodeClaims.
        holders: Who uses a node.
        deadline: How long is waited.
        progress: Is told how far it is.
        outcome: What is filled as it happens, and returned; a new one by default.
    """
    outcome = outcome or GivenBack()
    going = _delete(client, provisioned, holders, outcome)
    if going:
        _await_end(client, going, outcome, deadline, progress)
    return outcome


def let_go(client: Client, provisioned: Sequence[Provisioned], holders: Holders, outcome: GivenBack) -> None:
    """Delete the NodeClaims likewise, and do not wait: what is given back so has no time at which it was gone."""
    known = {each["node_claim"] for each in outcome.given}
    going = _delete(client, [each for each in provisioned if each.node_claim not in known], holders, outcome)
    outcome.given += [{"node_claim": each.node_claim, "deleted_at": at, "gone_at": ""} for each, at in going.values()]


def _delete(client: Client, provisioned: Sequence[Provisioned], holders: Holders, outcome: GivenBack) -> dict[str, tuple[Provisioned, str]]:
    """Return, by uid, what was deleted and when."""
    going: dict[str, tuple[Provisioned, str]] = {}
    silent = ""
    for each in provisioned:
        sentence = "" if silent else _in_use(each, holders(each.node) if each.node else [])
        if sentence:
            outcome.kept.append(sentence)
            continue
        try:
            if not silent:
                client.delete(f"{NODECLAIMS}/{each.node_claim}", {"preconditions": {"uid": each.uid}})
        except ApiError as error:
            # A server that has not answered once keeps nobody waiting for each of the others.
            silent = "" if error.status else error.message
            # Gone already, or another of the same name: nothing of this run's is left.
            if error.status not in (404, 409, 0):
                outcome.trouble.append(f"NodeClaim {each.node_claim} could not be given back: {error.message}")
                continue
        if silent:
            outcome.trouble.append(f"NodeClaim {each.node_claim} could not be given back: {silent}")
        else:
            going[each.uid] = (each, now_text())
    return going


def _in_use(each: Provisioned, holders: Optional[Sequence[str]]) -> str:
    if holders is None:
        return f"NodeClaim {each.node_claim} was not given back, as it cannot be seen whether other pods use it (verb list on pods)."
    if holders:
        return f"NodeClaim {each.node_claim} was not given back, as others use it by now: {', '.join(holders[:5])}."
    return ""


def _await_end(
    client: Client, going: Mapping[str, tuple[Provisioned, str]], outcome: GivenBack, deadline: Deadline, progress: Progress
) -> None:
    left = dict(going)
    try:
        for view in follow(client, {"nodeclaims": Source(NODECLAIMS, keep=NodeClaim.from_object)}, deadline):
            for uid in [uid for uid in left if uid not in view.objects["nodeclaims"]]:
                each, deleted_at = left.pop(uid)
                outcome.given.append({"node_claim": each.node_claim, "deleted_at": deleted_at, "gone_at": now_text()})
            progress(lambda: _words(left), deadline.elapsed, last=not left)
            if not left:
                return
    except ApiError as error:
        outcome.trouble += [f"It is not known whether NodeClaim {each.node_claim} is gone: {error.message}" for each, _at in left.values()]
        return
    outcome.trouble += [
        f"NodeClaim {each.node_claim} was deleted and is not gone after {deadline.elapsed:.0f} s: look at its Node and its events, "
        "or raise wait_timeout."
        for each, _at in left.values()
    ]


def _words(left: Mapping[str, tuple[Provisioned, str]]) -> dict[str, str]:
    names = ", ".join(each.node_claim for each, _at in list(left.values())[:5])
    return {"give back": f"{len(left)} NodeClaims left" + (f": {names}" if names else "")}
