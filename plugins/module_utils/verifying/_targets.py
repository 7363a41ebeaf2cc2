# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a cluster one run is about: the nodes that it verifies, and those that it lacks.

This file is internal to the collection and may change in any release. What decides is in _verification and _demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import NODES, PODS, by_name
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import EVENTS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import (
    Lack,
    accelerator_of_pool,
    free_on,
    holding_of,
    lacking,
    taints_of_pool,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._provision import Demand
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._remarks import Remarks
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Subject, subjects
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    NODECLAIMS,
    NODEPOOLS,
    NodeClaim,
    without_karpenter,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Selection

READ_SECONDS = 60  # So long a list may take, faults that pass included.


class Targets:
    """The nodes, NodeClaims and NodePools of a request, each time as they are then; the NodePools as they were first.

    Attributes:
        selection: Which nodes and NodeClaims the request is about.
    """

    def __init__(self, client: Client, request: Request, remarks: Remarks) -> None:
        self._client, self._request, self._remarks = client, request, remarks
        pools = dict.fromkeys((*request.scope.node_pools, *request.provision))
        self.selection = Selection(node_pools=tuple(pools), label_selectors=request.label_selectors)

    def all(self) -> tuple[Subject, ...]:
        """Return the nodes that there are; refuse a name that none of them has."""
        nodes = self.read(NODES, self.selection.query)
        names = {each["metadata"]["name"] for each in nodes}
        missing = [each for each in self._request.scope.nodes if each not in names]
        if missing:
            raise CollectionError(f"nodes names {', '.join(missing)}, but the selection ({self.selection}) holds no such Node.")
        return self._of(nodes)

    def named(self, names: Iterable[str]) -> tuple[Subject, ...]:
        """Return nodes as they are now; one that is gone is not among them."""
        wanted = set(names)
        return tuple(each for each in self._of(self.read(NODES, self.selection.query)) if each.name in wanted)

    def lacking(self) -> dict[str, Lack]:
        """Return the pools that need more nodes; refuse a pool that does not exist, or has no accelerators to provision."""
        for pool in (*self.selection.node_pools, *self._request.scope.expect.pools):
            self._pool(pool)
        wanted = self._wanted()
        claims = self.node_claims() if wanted else []
        lacks = lacking(wanted, claims, {})
        # Which of the nodes that are there are busy matters only where there are some, and too few.
        return lacking(wanted, claims, self._free()) if any(each.missing < each.wanted for each in lacks.values()) else lacks

    def demands(self, lacks: Mapping[str, Lack]) -> list[Demand]:
        """Return how the nodes that are lacking are asked for."""
        return [Demand(pool, lack, self._accelerator(pool), taints_of_pool(self._pool(pool))) for pool, lack in lacks.items()]

    def empty_pools(self, seen: Iterable[str]) -> list[str]:
        """Return the NodePools that nodes are wanted of, and that are not among those seen."""
        if self._request.scope.nodes:
            return []
        present = set(seen)
        return [pool for pool in dict.fromkeys((*self.selection.node_pools, *self._wanted())) if pool not in present]

    def node_claims(self) -> list[NodeClaim]:
        """Return the NodeClaims of the selection; refuse a cluster that knows none."""
        try:
            items = self.read(NODECLAIMS, self.selection.query)
        except ApiError as error:
            raise without_karpenter(error) from error
        return [NodeClaim.from_object(each) for each in items]

    def read(self, path: str, query: Optional[dict[str, str]] = None) -> list[dict[str, Any]]:
        """List objects; faults that pass are outlasted."""
        deadline = Deadline(min(READ_SECONDS, self._request.wait_timeout))
        return read(self._client, {"objects": Source(path, query or {})}, deadline)["objects"]

    def _of(self, nodes: Sequence[Mapping[str, Any]]) -> tuple[Subject, ...]:
        return subjects(self._request.scope, nodes, self.node_claims(), self._told())

    def _told(self) -> list[dict[str, Any]]:
        """Return the events about Nodes; none, with a warning, without the right to list events."""
        try:
            return self.read(EVENTS, {"fieldSelector": "involvedObject.kind=Node"})
        except ApiError as error:
            self._remarks.warn(f"What is told of nodes in events cannot be seen. {error.message}")
            return []

    def _free(self) -> dict[str, int]:
        """Return how many accelerators the nodes have left; none of it, with a warning, without the right to list pods."""
        query = {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}
        try:
            held = read(self._client, {"pods": Source(PODS, query, holding_of)}, Deadline(READ_SECONDS))["pods"]
        except ApiError as error:
            self._remarks.warn(f"Which nodes are busy cannot be seen, so more may be asked for than a pool lacks. {error.message}")
            return {}
        return free_on(self.read(NODES, self.selection.query), held)

    def _wanted(self) -> dict[str, int]:
        """Return the number of nodes that there must be, by NodePool."""
        request = self._request
        for pool in (*request.provision, *(request.scope.node_pools if request.provision_each else ())):
            self._accelerator(pool)
        if not request.provision_each:
            return dict(request.provision)
        each = request.scope.node_pools or [name for name, pool in self._pools.items() if accelerator_of_pool(pool)]
        return {**dict.fromkeys(each, request.provision_each), **request.provision}

    @cached_property
    def _pools(self) -> dict[str, dict[str, Any]]:
        """The cluster's NodePools, by name, in the order of their names."""
        try:
            found = by_name(self.read(NODEPOOLS))
        except ApiError as error:
            raise without_karpenter(error) from error
        return {name: found[name] for name in sorted(found)}

    def _pool(self, name: str) -> dict[str, Any]:
        if name not in self._pools:
            raise CollectionError(f"There is no NodePool {name} in the cluster; there are: {', '.join(self._pools) or 'none at all'}.")
        return self._pools[name]

    def _accelerator(self, pool: str) -> Accelerator:
        found = accelerator_of_pool(self._pool(pool))
        if found is None:
            raise CollectionError(
                f"provision asks for nodes of NodePool {pool}, but its requirements do not lead to instance types with one kind of "
                f"accelerator ({' or '.join(ACCELERATORS)}). Name a pool of accelerator nodes."
            )
        return found
