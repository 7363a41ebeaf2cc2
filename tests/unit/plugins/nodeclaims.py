# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NodeClaims for tests, in the shape that the API server gives them."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim


def claim(name="gpu-1", deleting=False, **conditions) -> NodeClaim:
    """A claim with the given conditions, each "Status" or ("Status", "Reason", "Message")."""
    items = []
    for kind, value in conditions.items():
        status, reason, message = (value, kind, "") if isinstance(value, str) else value
        items.append({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-11-22T10:00:00Z"})
    meta = {
        "name": name,
        "uid": f"uid-{name}",
        "creationTimestamp": "2026-11-22T10:00:00Z",
        "labels": {
            "karpenter.sh/nodepool": "gpu",
            "node.kubernetes.io/instance-type": "g4dn.xlarge",
            "topology.kubernetes.io/zone": "us-west-2a",
            "karpenter.sh/capacity-type": "on-demand",
        },
    }
    if deleting:
        meta["deletionTimestamp"] = "2026-11-22T10:05:00Z"
    return NodeClaim.from_object(
        {
            "metadata": meta,
            "spec": {"nodeClassRef": {"name": "gpu"}, "resources": {"requests": {"nvidia.com/gpu": "1", "cpu": "3500m"}}},
            "status": {"nodeName": f"node-{name}", "capacity": {"nvidia.com/gpu": "1", "cpu": "4"}, "conditions": items},
        }
    )


READY = {"Launched": "True", "Registered": "True", "Initialized": "True", "Ready": "True"}
STUCK = {
    "Launched": "True",
    "Registered": "True",
    "Initialized": ("Unknown", "ResourceNotRegistered", 'Resource "nvidia.com/gpu" was requested but not registered'),
    "Ready": ("Unknown", "ReconcilingDependents", "Initialized=Unknown"),
}
