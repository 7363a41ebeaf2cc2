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
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
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


@dataclass(frozen=True)
class Asked:
    """How the demand ended: why nodes are not ready, if so, what could not be removed, and the NodeClaims that exist only for it.

    ``notes`` has a sentence for each right that was missing.
    """

    trouble: Optional[CollectionError]
    leftovers: list[str]
    provisioned: list[Provisioned]
    notes: list[str]


def seconds_for_nodes(remaining: float, check_timeout: int) -> float:
    """Return how long nodes may be waited for, so that those that have come can still be checked. Pure."""
    return remaining - min(check_timeout, remaining / 4)


def provision(
    client: Client,
    run: str,
    demands: Sequence[Demand],
    before: Iterable[str],
    request: Request,
    deadline: Deadline,
    progress: Progress,
) -> Asked:
    """Make the demand, wait until the pools' NodeClaims are ready, and take the demand away.

    Args:
        client: The API server.
        run: Identifier of this run.
        demands: What is asked for.
        before: Uids of the NodeClaims that are there already.
        request: Images and namespace.
        deadline: How long is waited.
        progress: Is told how far it is.

    Raises:
        ApiError: The demand cannot be made.
    """
    asked_at = now_text()
    selection = Selection(node_pools=tuple(each.node_pool for each in demands))
    # Whether all that is promised has registered is the verification's to say, with more than a count.
    goal = Goal("ready", sum(each.lack.wanted for each in demands), whole=False)
    with JobRun(client, request.namespace, run_labels(run, DEMAND), deadline) as jobs:
        for manifest in _manifests(run, demands, request):
            jobs.create(manifest)
        trouble, notes = _wait(Wait(client, Order(selection, goal), deadline, progress))
        places = _places(client, request.namespace, run, trouble is None)
        claims = read(client, {"claims": Source(NODECLAIMS, selection.query, NodeClaim.from_object)}, Deadline(READ_SECONDS))["claims"]
    _await_end_of_pods(client, request.namespace, run)
    return Asked(trouble, jobs.leftovers, made_for(before, claims, places, asked_at), notes)


def _places(client: Client, namespace: str, run: str, ready: bool) -> list[Placement]:
    """Return where the pods of the demand are or are to be; on nodes that are ready they are bound within seconds."""
    owner = Owner("run", namespace, run)
    events = Source(EVENTS_IN.format(namespace=namespace), {"fieldSelector": "reason=Nominated,involvedObject.kind=Pod"}, needed=False)
    patience = Deadline(PLACE_SECONDS)
    while True:
        seen = read(client, {"pods": _pods(namespace, run), "events": events}, Deadline(READ_SECONDS))
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
