# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes Karpenter provision nodes, by Jobs that need them, and waits until they are ready.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._job_runs import JobRun, run_labels
from ansible_collections.accelerated.nodes.plugins.module_utils._jobs import DEMAND, demand_job
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import Goal
from ansible_collections.accelerated.nodes.plugins.module_utils._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils._selection import Selection
from ansible_collections.accelerated.nodes.plugins.module_utils._wait import Order, Wait
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline


@dataclass(frozen=True)
class Demand:
    """So many nodes of one NodePool."""

    node_pool: str
    number: int
    accelerator: Accelerator
    taints: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """How the demand ended: why nodes are not ready, if so, and what could not be removed."""

    trouble: Optional[CollectionError]
    leftovers: list[str]


def provision(client: Client, run: str, demands: Sequence[Demand], request: Request, progress: Progress) -> Asked:
    """Make the demand, wait until the pools' NodeClaims are ready, and take the demand away.

    Raises:
        ApiError: The demand cannot be made.
    """
    deadline = Deadline(request.wait_timeout)
    selection = Selection(node_pools=tuple(each.node_pool for each in demands))
    # Whether all that is promised has registered is the verification's to say, with more than a count.
    goal = Goal("ready", sum(each.number for each in demands), whole=False)
    with JobRun(client, request.namespace, run_labels(run, DEMAND), deadline) as jobs:
        for manifest in _manifests(run, demands, request):
            jobs.create(manifest)
        trouble = _wait(Wait(client, Order(selection, goal), deadline, progress))
        if trouble is None:
            # The devices are free for the checks once the demand's pods have ended.
            jobs.settle()
    return Asked(trouble, jobs.leftovers)


def _wait(wait: Wait) -> Optional[CollectionError]:
    try:
        wait.run()
    except CollectionError as error:
        return error
    return None


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
        for number in range(demand.number)
    ]
