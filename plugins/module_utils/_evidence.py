# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a diagnosis needs; decides nothing. What may not be read is named, and the rest is read all the same."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import ACCELERATORS, is_plugin_pod
from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._diagnosis import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils._nodeclaims import EC2NODECLASSES, NODEPOOLS, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Source, list_all

NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
EVENTS = "/api/v1/events"
DAEMONSETS = "/apis/apps/v1/daemonsets"

# Each path with the rule that allows to list it, for the sentence that names what is missing.
RULES = {
    NODES: 'apiGroups [""], resources [nodes]',
    PODS: 'apiGroups [""], resources [pods]',
    EVENTS: 'apiGroups [""], resources [events]',
    DAEMONSETS: "apiGroups [apps], resources [daemonsets]",
    NODEPOOLS: "apiGroups [karpenter.sh], resources [nodepools]",
    EC2NODECLASSES: "apiGroups [karpenter.k8s.aws], resources [ec2nodeclasses]",
}
# What tells why a claim never came or went away; other events are not needed.
EVENT_REASONS = ("InsufficientCapacityError", "FailedScheduling")


def gather(client: Client, claims: Iterable[NodeClaim]) -> Evidence:
    """The evidence around ``claims``: their nodes, the device plugins, pools, classes and telling events."""
    unreadable: list[str] = []

    def read(path: str, query: dict | None = None) -> list[dict]:
        try:
            return list_all(client, Source(path, query or {}))[0]
        except ApiError as error:
            unreadable.append(_sentence(path, error))
            return []

    wanted = {claim.node for claim in claims if claim.node}
    return Evidence(
        nodes={item["metadata"]["name"]: item for item in (read(NODES) if wanted else []) if item["metadata"]["name"] in wanted},
        plugin_pods=[pod for node in sorted(wanted) for pod in read(PODS, {"fieldSelector": f"spec.nodeName={node}"}) if _is_plugin(pod)],
        daemon_sets=[item for item in read(DAEMONSETS) if _is_plugin(item["spec"]["template"])],
        node_pools=_by_name(read(NODEPOOLS)),
        node_classes=_by_name(read(EC2NODECLASSES)),
        events=[event for reason in EVENT_REASONS for event in read(EVENTS, {"fieldSelector": f"reason={reason}"})],
        unreadable=unreadable,
    )


def nodes_by_name(client: Client) -> dict[str, dict]:
    """Every Node by its name; empty where nodes may not be listed.

    :raises ApiError: the server refuses for another reason than missing rights.
    """
    try:
        return _by_name(list_all(client, Source(NODES))[0])
    except ApiError as error:
        if error.status != 403:
            raise
        return {}


def _is_plugin(pod: dict) -> bool:
    return any(is_plugin_pod(pod, row) for row in ACCELERATORS.values())


def _by_name(items: list[dict]) -> dict[str, dict]:
    return {item["metadata"]["name"]: item for item in items}


def _sentence(path: str, error: ApiError) -> str:
    if error.status == 403:
        return f"The cause may be incomplete: listing {path} is not allowed; it needs a rule with {RULES[path]}, verbs [list]."
    return f"The cause may be incomplete: {error.message}"
