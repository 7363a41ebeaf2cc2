# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a diagnosis is asked, and what was read to answer it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal, NodeClaim
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner


@dataclass(frozen=True)
class Question:
    """Why are these claims not where they should be?

    :param claims: the selected claims that exist; :param gone: those that were seen in this wait and went away, oldest first.
    :param goal: what they should be.
    :param node_pools: names of the pools that are meant; empty for any.
    :param pods: the pods whose claims are awaited, as the API gives them; empty when the selection is not by pods.
    :param owners: the pods and Jobs that the selection names.
    :param offers: the accelerators that the claims' nodes had registered when the wait last looked (numbers by resource name, by
        node name; None for a Node that was gone or going): what is known of a Node that the evidence lacks.
    :param cluster_name: EKS name of the cluster, so that the nodes' access to it can be checked; empty to leave AWS alone.
    :param region: its AWS region; empty for the environment's.
    :param since: when the wait began (RFC 3339). An event from before does not end a wait early: it may be mended since.
    """

    claims: Sequence[NodeClaim]
    goal: Goal
    node_pools: Sequence[str] = ()
    gone: Sequence[NodeClaim] = ()
    pods: Sequence[dict] = ()
    cluster_name: str = ""
    region: str = ""
    since: str = ""
    owners: Sequence[Owner] = ()
    offers: Mapping[str, Optional[Mapping[str, int]]] = field(default_factory=dict)

    @property
    def behind(self) -> list[NodeClaim]:
        """The claims that are not where they should be; those that are going away first, as what holds them up is known."""
        return sorted(self.goal.missing(self.claims), key=lambda claim: not claim.deleting)


@dataclass(frozen=True)
class Access:
    """How the cluster lets nodes in, and as which role those of an EC2NodeClass come.

    :param mode: authentication mode: API, API_AND_CONFIG_MAP or CONFIG_MAP.
    :param roles: ARN of the node role by EC2NodeClass; its name alone where the instance profile could not be read.
    :param entries: type of each role's access entry, by ARN; None when they could not be read.
    :param mapped: the roles that the ConfigMap aws-auth lets in as nodes, by ARN; None when it could not be read.
    """

    mode: str
    roles: Mapping[str, str] = field(default_factory=dict)
    entries: Optional[Mapping[str, str]] = None
    mapped: Optional[Sequence[str]] = None


@dataclass(frozen=True)
class Evidence:
    """What was read around the claims when the question came up; objects as the API gives them.

    ``plugin_pods`` are those of device plugins on the claims' nodes, ``daemon_sets`` all of the cluster. ``deployments`` and
    ``controllers`` (Deployments and pods of Karpenter) are None where they were not read. ``pods`` are those that wait
    for a node and may be meant. ``drained_pods`` are those on the
    node of a claim that is going. ``jobs`` are those asked for whose pods have all ended, by namespace and name: empty for one that
    is gone, and left out where it was not read. ``unreadable`` says, in a sentence each, what could not be read and which rule
    would allow it; ``read_at`` is when (RFC 3339).
    """

    nodes: Mapping[str, dict] = field(default_factory=dict)
    plugin_pods: Sequence[dict] = ()
    daemon_sets: Sequence[dict] = ()
    node_pools: Mapping[str, dict] = field(default_factory=dict)
    node_classes: Mapping[str, dict] = field(default_factory=dict)
    events: Sequence[dict] = ()
    deployments: Optional[Sequence[dict]] = None
    controllers: Optional[Sequence[dict]] = None
    controller_pods: Sequence[dict] = ()
    pods: Sequence[dict] = ()
    drained_pods: Sequence[dict] = ()
    jobs: Mapping[str, dict] = field(default_factory=dict)
    access: Optional[Access] = None
    unreadable: Sequence[str] = ()
    read_at: str = ""
