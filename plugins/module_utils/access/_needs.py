# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each part of the collection asks of the API server: a row a need. Pure.

This file is internal to the collection and may change in any release. What a part needs for its charts' objects is not here: it is
read off the charts (``_chart_needs``), since it differs by version and values. docs/permissions.md shows this table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right

# Part -> what of the collection it is for.
PARTS = {
    "preflight": "role preflight; its playbook needs eks_prerequisites, karpenter, nvidia, neuron and node_pools too, whose checks it makes",
    "eks_prerequisites": "role eks_prerequisites, on a cluster that lets nodes in by the ConfigMap aws-auth",
    "karpenter": "role karpenter, playbook upgrade",
    "nvidia": "role nvidia",
    "neuron": "role neuron",
    "node_pools": "role node_pools",
    "verify": "playbook verify, role accelerator_verify",
    "verify_actions": "accelerator_verify_on_failure, accelerator_verify_mark and accelerator_verify_give_back",
    "llmaz": "playbook llmaz, role llmaz",
    "teardown": "playbook teardown, and every role's state absent",
}
CHART_PARTS = ("karpenter", "nvidia", "neuron", "llmaz")
# Stand in ``Need.namespace`` for what the inventory says.
VERIFY_NAMESPACE = "{verify}"


@dataclass(frozen=True)
class Need:
    """Verbs on resources of one group, needed where all of ``parts`` are wanted.

    ``namespace``: empty for the whole cluster. ``names``: of the objects, empty for all. ``seldom``: when it is asked for, where not
    every run does.
    """

    parts: tuple[str, ...]
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    reason: str
    namespace: str = ""
    names: tuple[str, ...] = ()
    seldom: str = ""

    def rights(self, namespaces: Mapping[str, str]) -> Iterator[Right]:
        """One by one; ``namespaces`` maps what stands for a namespace to its name."""
        place = namespaces.get(self.namespace, self.namespace)
        for resource in self.resources:
            for verb in self.verbs:
                for name in self.names or ("",):
                    yield Right(place, self.group, resource, verb, name)


POOL_GROUP, CLASS_GROUP, AUTO_GROUP = "karpenter.sh", "karpenter.k8s.aws", "eks.amazonaws.com"
RBAC = "rbac.authorization.k8s.io"
DEFINITIONS = "apiextensions.k8s.io"
SLOW = "a wait that does not end soon: its verdict's cause"
RESOLVE = "node_pools_resolve_finalizers"
AWS_AUTH = "authentication mode CONFIG_MAP"


def _causes(*parts: str) -> tuple[Need, ...]:
    """What the verdict of a wait for NodeClaims reads for the cause (docs/permissions.md, nodeclaim_wait)."""
    reason = "the cause of a wait that fails: taints, pods that hold a node up, events, plugins, the controller"
    return (
        Need(parts, "", ("nodes",), ("list",), reason, seldom=SLOW),
        Need(parts, "", ("pods", "events"), ("list",), reason, seldom=SLOW),
        Need(parts, "apps", ("daemonsets", "deployments"), ("list",), reason, seldom=SLOW),
        Need(parts, POOL_GROUP, ("nodepools",), ("list",), reason, seldom=SLOW),
        Need(parts, CLASS_GROUP, ("ec2nodeclasses",), ("list",), reason, seldom=SLOW),
    )


AUTO_MODE, SHARES, BACKUP = "a pool with auto_mode", "a pool with gpu_shares", "an upgrade with karpenter_backup_dir"

NEEDS = (
    Need(("preflight",), "", ("nodes",), ("list",), "nodes for Karpenter's replicas"),
    Need(("preflight",), "apps", ("deployments", "daemonsets"), ("list",), "a second device plugin"),
    Need(("preflight",), POOL_GROUP, ("nodepools",), ("list",), "a second device plugin"),
    Need(("preflight",), CLASS_GROUP, ("ec2nodeclasses",), ("list",), "the same, and pools that use a class which is there"),
    Need(("preflight",), AUTO_GROUP, ("nodeclasses",), ("list",), "pools that use a class which is there", seldom=AUTO_MODE),
    *(
        Need(("eks_prerequisites",), "", ("configmaps",), verbs, "the mapping of the node role", "kube-system", names, AWS_AUTH)
        for verbs, names in ((("get", "patch", "delete"), ("aws-auth",)), (("create",), ()))
    ),
    Need(("karpenter",), RBAC, ("clusterroles",), ("list",), "which of karpenter_cluster_roles this collection has made"),
    Need(
        ("karpenter",),
        DEFINITIONS,
        ("customresourcedefinitions",),
        ("get",),
        "the versions of the definitions that are there",
        names=(
            "capacitybuffers.autoscaling.x-k8s.io",
            "ec2nodeclasses.karpenter.k8s.aws",
            "nodeclaims.karpenter.sh",
            "nodeoverlays.karpenter.sh",
            "nodepools.karpenter.sh",
        ),
    ),
    Need(("karpenter",), "apps", ("deployments",), ("list",), "the version that runs"),
    Need(
        ("karpenter",), POOL_GROUP, ("nodepools", "nodeclaims", "nodeoverlays"), ("list",), "what is saved before an upgrade", seldom=BACKUP
    ),
    Need(("karpenter",), CLASS_GROUP, ("ec2nodeclasses",), ("list",), "what is saved before an upgrade", seldom=BACKUP),
    Need(("nvidia",), "apps", ("deployments", "daemonsets"), ("list",), "a device plugin that is there already is not joined by a second"),
    Need(("nvidia",), POOL_GROUP, ("nodepools",), ("list",), "pools of nodes that bring a device plugin of their own"),
    Need(("nvidia",), CLASS_GROUP, ("ec2nodeclasses",), ("list",), "pools of nodes that bring a device plugin of their own"),
    Need(
        ("node_pools",),
        DEFINITIONS,
        ("customresourcedefinitions",),
        ("get",),
        "whether Karpenter is there",
        names=("ec2nodeclasses.karpenter.k8s.aws", "nodepools.karpenter.sh"),
    ),
    Need(
        ("node_pools",),
        POOL_GROUP,
        ("nodepools",),
        ("get", "list", "watch", "create", "patch"),
        "the pools: whose they are, applying them, the wait until they are ready",
    ),
    Need(
        ("node_pools",),
        CLASS_GROUP,
        ("ec2nodeclasses",),
        ("get", "list", "watch", "create", "patch"),
        "their classes",
    ),
    Need(("node_pools",), POOL_GROUP, ("nodeoverlays",), ("list",), "overlays of shares that a pool no longer has"),
    Need(("node_pools",), POOL_GROUP, ("nodeoverlays",), ("get", "create", "patch", "delete"), "overlays of shared GPUs", seldom=SHARES),
    Need(
        ("node_pools",),
        "apps",
        ("deployments",),
        ("list",),
        "the feature gates that Karpenter runs with",
        seldom="a pool that needs a gate",
    ),
    Need(
        ("node_pools",),
        DEFINITIONS,
        ("customresourcedefinitions",),
        ("get",),
        "whether these are there",
        names=("nodeclasses.eks.amazonaws.com", "nodeoverlays.karpenter.sh"),
        seldom=f"{AUTO_MODE}, {SHARES}",
    ),
    Need(
        ("node_pools",),
        AUTO_GROUP,
        ("nodeclasses",),
        ("get", "list", "watch", "create", "patch"),
        "classes of EKS Auto Mode",
        seldom=AUTO_MODE,
    ),
    Need(("node_pools", "teardown"), AUTO_GROUP, ("nodeclasses",), ("delete",), "removing these classes", seldom=AUTO_MODE),
    Need(("node_pools", "teardown"), POOL_GROUP, ("nodepools",), ("delete",), "removing the pools"),
    Need(("node_pools", "teardown"), CLASS_GROUP, ("ec2nodeclasses",), ("delete",), "removing their classes"),
    Need(("node_pools", "teardown"), POOL_GROUP, ("nodeclaims",), ("list", "watch"), "the wait until their nodes are gone"),
    Need(("node_pools", "teardown"), "apps", ("deployments",), ("list",), "whether Karpenter is still there to end the nodes"),
    *_causes("node_pools", "teardown"),
    Need(
        ("node_pools", "teardown"),
        POOL_GROUP,
        ("nodeclaims",),
        ("get", "delete", "patch"),
        "letting go what a Karpenter that is gone still holds",
        seldom=RESOLVE,
    ),
    Need(("node_pools", "teardown"), "", ("nodes",), ("get", "patch"), "the same, for their nodes", seldom=RESOLVE),
    Need(("karpenter", "teardown"), POOL_GROUP, ("nodeclaims", "nodepools"), ("list",), "Karpenter is not removed from under its nodes"),
    Need(("karpenter", "teardown"), CLASS_GROUP, ("ec2nodeclasses",), ("list",), "Karpenter is not removed from under its nodes"),
    Need(("verify",), POOL_GROUP, ("nodeclaims",), ("list", "watch"), "which nodes there are to be, and those that are asked for"),
    Need(("verify",), POOL_GROUP, ("nodepools",), ("list",), "which pools have accelerators"),
    Need(("verify",), "", ("nodes",), ("list",), "the nodes, and what became of one under its check"),
    Need(("verify",), "", ("pods",), ("list",), "who holds a node's accelerators"),
    *_causes("verify"),
    Need(
        ("verify",),
        "resource.k8s.io",
        ("resourceslices",),
        ("list",),
        "whether DRA serves a node that offers no accelerators",
        seldom="such a node",
    ),
    Need(("verify",), "", ("namespaces",), ("get",), "the namespace of the Jobs", names=(VERIFY_NAMESPACE,)),
    Need(("verify",), "batch", ("jobs",), ("create", "delete", "list", "watch"), "the checks", VERIFY_NAMESPACE),
    Need(("verify",), "", ("pods",), ("list", "watch"), "how the checks end", VERIFY_NAMESPACE),
    Need(("verify",), "", ("pods/log",), ("get",), "what the checks print", VERIFY_NAMESPACE),
    Need(("verify",), "", ("serviceaccounts",), ("list",), "that a new namespace can take pods", VERIFY_NAMESPACE),
    Need(("verify",), "", ("events",), ("list",), "why a check does not start, and which NodeClaim it waits for", VERIFY_NAMESPACE),
    Need(("verify_actions",), "", ("nodes",), ("get", "patch"), "what is set on a node, and taken away later", seldom="these options"),
    Need(("verify_actions",), POOL_GROUP, ("nodeclaims",), ("delete",), "giving nodes back", seldom="accelerator_verify_give_back"),
    Need(("verify", "teardown"), "", ("namespaces",), ("get",), "whether there is a namespace to be cleaned", names=(VERIFY_NAMESPACE,)),
    Need(("verify", "teardown"), "batch", ("jobs",), ("list",), "Jobs that an interrupted run has left", VERIFY_NAMESPACE),
    Need(
        ("verify", "teardown"),
        "batch",
        ("jobs",),
        ("get", "delete"),
        "removing them",
        VERIFY_NAMESPACE,
        seldom="an interrupted run has left some",
    ),
    Need(
        ("llmaz",),
        DEFINITIONS,
        ("customresourcedefinitions",),
        ("get",),
        "whether llmaz is there",
        names=("openmodels.llmaz.io", "playgrounds.inference.llmaz.io"),
    ),
    Need(("llmaz",), "llmaz.io", ("openmodels",), ("get", "create", "patch"), "the models"),
    Need(("llmaz",), "inference.llmaz.io", ("playgrounds",), ("get", "create", "patch"), "the playgrounds"),
    Need(("llmaz",), "", ("pods", "events"), ("list", "watch"), "the pods that serve them, and what keeps them", seldom="a playground"),
    Need(("llmaz",), "", ("pods",), ("get",), "the wait until they are ready", seldom="a playground"),
    Need(("llmaz",), POOL_GROUP, ("nodeclaims",), ("list", "watch"), "the wait for their nodes", seldom="a pod that needs a node"),
    *_causes("llmaz"),
    Need(("llmaz", "teardown"), "llmaz.io", ("openmodels",), ("list", "delete"), "removing the models"),
    Need(("llmaz", "teardown"), "inference.llmaz.io", ("playgrounds",), ("list", "delete"), "removing the playgrounds"),
)


def needed(parts: Collection[str], namespaces: Mapping[str, str], needs: Iterable[Need] = NEEDS) -> Iterator[Right]:
    """The rights that these parts need.

    :param namespaces: what stands for a namespace in the table -> its name.
    """
    for need in needs:
        if set(need.parts) <= set(parts):
            for right in need.rights(namespaces):
                yield right._replace(name=namespaces.get(right.name, right.name))
