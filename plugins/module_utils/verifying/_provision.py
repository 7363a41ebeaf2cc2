# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes Karpenter provision nodes, by Jobs that need them, and waits until they are ready.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, follow, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import now_text
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._give_back import Provisioned, made_for
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import Lack
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import JobRun, run_labels
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import DEMAND, ROLE_LABEL, RUN_LABEL, demand_job
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NODECLAIMS, Goal, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner, Placement, Selection, placements_of
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._wait import Order, Wait

READ_SECONDS = 60
HASTE_SECONDS = 10  # The same for a module that is to end now.
PLACE_SECONDS = 30  # So long it may take until pods are bound to nodes that are ready, and until they are gone once deleted.
PLACE_PAUSE_SECONDS = 1.0
EVENTS_IN = "/api/v1/namespaces/{namespace}/events"


@dataclass(frozen=True)
class Demand:
    """So many nodes of one NodePool, and what asks for those that it lacks."""

    node_pool: str
    lack: Lack
    accelerator: Accelerator
    taints: Sequence[Mapping[str, Any]]


def seconds_for_nodes(remaining: float, check_timeout: int) -> float:
    """Return how long nodes may be waited for, so that those that have come can still be checked. Pure."""
    return remaining - min(check_timeout, remaining / 4)


class Provisioning:
    """What one run asks Karpenter for. The attributes are current however it ends.

    Attributes:
        trouble: Why nodes are not ready, if so.
        leftovers: A sentence for each thing that could not be removed, or is not known to be to remove.
        provisioned: The NodeClaims that exist only because of this.
        notes: A sentence for each right that was missing.
    """

    def __init__(self, client: Client, run: str, request: Request, progress: Progress) -> None:
        self.trouble: Optional[CollectionError] = None
        self.leftovers: list[str] = []
        self.provisioned: list[Provisioned] = []
        self.notes: list[str] = []
        self._client, self._run, self._request, self._progress = client, run, request, progress

    def run(self, demands: Sequence[Demand], before: Iterable[str], deadline: Deadline) -> None:
        """Make the demand, wait until the pools' NodeClaims are ready, and take the demand away.

        Args:
            demands: What is asked for.
            before: Uids of the NodeClaims that are there already.
            deadline: How long is waited.

        Raises:
            ApiError: The demand cannot be made.
        """
        namespace, asked_at, ended = self._request.namespace, now_text(), False
        selection = Selection(node_pools=tuple(each.node_pool for each in demands))
        # Whether all that is promised has registered is the verification's to say, with more than a count.
        goal = Goal("ready", sum(each.lack.wanted for each in demands), whole=False)
        jobs = JobRun(self._client, namespace, run_labels(self._run, DEMAND), deadline)
        try:
            with jobs:
                try:
                    for manifest in _manifests(self._run, demands, self._request):
                        jobs.create(manifest)
                    self.trouble, self.notes = _wait(Wait(self._client, Order(selection, goal), deadline, self._progress))
                    ended = True
                finally:
                    # Where the pods are, and so which nodes are theirs, is to be seen only as long as they are there.
                    with INTERRUPTION.held():
                        self._note_claims(selection, before, asked_at, ended)
        finally:
            self.leftovers += jobs.leftovers
        _await_end_of_pods(self._client, namespace, self._run)

    def _note_claims(self, selection: Selection, before: Iterable[str], asked_at: str, ended: bool) -> None:
        """Find out which NodeClaims exist only for this demand; in haste where it was ended."""
        seconds = READ_SECONDS if ended else HASTE_SECONDS
        try:
            places = _places(self._client, self._request.namespace, self._run, ended and self.trouble is None, seconds)
            source = Source(NODECLAIMS, selection.query, NodeClaim.from_object)
            claims = read(self._client, {"claims": source}, Deadline(seconds))["claims"]
        except ApiError as error:
            self.leftovers.append(f"It is not known which NodeClaims exist only because of this run. {error.message}")
            return
        self.provisioned = made_for(before, claims, places, asked_at)


def _places(client: Client, namespace: str, run: str, ready: bool, seconds: float) -> list[Placement]:
    """Return where the pods of the demand are or are to be; on nodes that are ready they are bound within seconds."""
    owner = Owner("run", namespace, run)
    events = Source(EVENTS_IN.format(namespace=namespace), {"fieldSelector": "reason=Nominated,involvedObject.kind=Pod"}, needed=False)
    patience = Deadline(PLACE_SECONDS)
    while True:
        seen = read(client, {"pods": _pods(namespace, run), "events": events}, Deadline(seconds))
        # Without their phase: one that has ended, as its image has no shell, has brought its node all the same.
        found = placements_of([(owner, {**each, "status": {}}) for each in seen["pods"]], seen["events"])
        if not ready or all(each.node for each in found) or not patience.remaining:
            return found
        patience.pause(PLACE_PAUSE_SECONDS)


def _await_end_of_pods(client: Client, namespace: str, run: str) -> None:
    """The devices are free for the checks once the demand's pods are gone; a check waits for what is not gone in time."""
    for view in follow(client, {"pods": _pods(namespace, run)}, Deadline(PLACE_SECONDS)):
        if not view.objects["pods"]:
            return


def _pods(namespace: str, run: str) -> Source:
    return Source(f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": f"{RUN_LABEL}={run},{ROLE_LABEL}={DEMAND}"})


def _wait(wait: Wait) -> tuple[Optional[CollectionError], list[str]]:
    """Return why the nodes are not ready, if so, and what the wait had to do without."""
    try:
        return None, wait.run()["warnings"]
    except CollectionError as error:
        return error, error.result.get("warnings", [])


def _manifests(run: str, demands: Sequence[Demand], request: Request) -> list[dict[str, Any]]:
    return [
        demand_job(
            run=run,
            node_pool=demand.node_pool,
            number=number,
            accelerator=demand.accelerator,
            namespace=request.namespace,
            image=request.images.get(demand.accelerator.name),
            taints=demand.taints,
            timeout=request.wait_timeout,
        )
        for demand in demands
        for number in range(demand.lack.pods)
    ]
