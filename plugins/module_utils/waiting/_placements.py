# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pods that a wait was asked to follow, and the NodeClaims that they run on or are to run on."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Source, View
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner, Placement, Selection, placements_of


class Placements:
    """Keeps, for a selection by pods or Jobs, where their pods stand. For any other selection it is empty and settled."""

    def __init__(self, selection: Selection) -> None:
        self._owners = {str(owner): owner for owner in selection.owners}
        self._events = {f"events of {owner.namespace}": owner for owner in selection.owners}
        self._unsettled: list[Placement] = []
        self.known: list[Placement] = []
        self.pods: list[dict] = []

    @property
    def sources(self) -> dict[str, Source]:
        """What to follow beside the claims. Without events a pod counts from when it is bound to its node."""
        pods = {name: Source(owner.path, owner.query) for name, owner in self._owners.items()}
        nominated = {"fieldSelector": "reason=Nominated,involvedObject.kind=Pod"}
        events = {name: Source(owner.path.replace("/pods", "/events"), nominated, needed=False) for name, owner in self._events.items()}
        return {**pods, **events}

    def note(self, seen: View) -> None:
        """Takes in what was seen of the pods and of Karpenter's word on them."""
        pods = [(owner, pod) for name, owner in self._owners.items() for pod in seen.objects[name].values()]
        events = [event for name in self._events for event in seen.objects[name].values()]
        self.pods = [pod for _owner, pod in pods]
        self.known = placements_of(pods, events)

    def settle(self, claims: Iterable[NodeClaim]) -> None:
        """Notes which pods have no claim among those selected."""
        claims = list(claims)
        nodes, names = {claim.node for claim in claims}, {claim.name for claim in claims}
        self._unsettled = [each for each in self.known if (each.node not in nodes if each.node else each.claim not in names)]

    @property
    def settled(self) -> bool:
        """Whether each pod has its claim."""
        return not self._unsettled

    @property
    def ended(self) -> bool:
        """Whether there were pods, and all have ended."""
        return bool(self.pods) and not self.known

    @property
    def notes(self) -> list[str]:
        """A sentence for each pod that runs where no selected claim is."""
        return [f"{each} runs on node {each.node}, which is not of a selected NodeClaim." for each in self._unsettled if each.node]


def owner_from(kind: str, text: str) -> Owner:
    """Reads ``namespace/name``, or a name in namespace default."""
    namespace, _slash, name = text.strip().rpartition("/")
    return Owner(kind, namespace or "default", name)
