# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools of EKS Auto Mode, where AWS runs Karpenter and the device plugins: a NodeClass of another group, and other labels. Pure.

This file is internal to the collection and may change in any release. Source: https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
and create-node-pool.html. The definition of the kind is not public: what is here was held against one that was written from its documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._capacity_reservations import FIELD as RESERVATIONS
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._capacity_reservations import terms
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

CLASS_API = "eks.amazonaws.com/v1"
CLASS_GROUP = "eks.amazonaws.com"
CLASS_KIND = "NodeClass"
#: The class that Auto Mode brings.
BUILT_IN = "default"

_KARPENTER_LABELS = "karpenter.k8s.aws/"
_LABELS = f"{CLASS_GROUP}/"
_STORAGE = {"size": "size", "iops": "iops", "throughput": "throughput", "kms_key_id": "kmsKeyID"}

# Option of a description -> what Auto Mode has in its place.
_WITHOUT = {
    "ami_alias": "it chooses and replaces the images itself",
    "allow_latest_ami": "it chooses and replaces the images itself",
    "efa_interfaces": "its class has advancedNetworking, which node_class_spec can hold",
    "gpu_shares": "its device plugin cannot be configured",
}
#: Options that make a class of the pool's own; without any, the pool uses the one that Auto Mode brings.
CLASS_OPTIONS = (
    "node_role",
    "instance_profile",
    "volume",
    "tags",
    "subnet_selector",
    "security_group_selector",
    "capacity_reservations",
    "node_class_spec",
)


def makes_class(description: Mapping[str, Any]) -> bool:
    """Say whether an Auto Mode pool's description makes a NodeClass."""
    return "node_class" not in description and any(option in description for option in CLASS_OPTIONS)


def class_name(description: Mapping[str, Any]) -> str:
    """Return the name of the NodeClass that an Auto Mode pool uses."""
    own: str = description["name"]
    return description.get("node_class", own if makes_class(description) else BUILT_IN)


def label_of(key: str) -> str:
    """Return the label by which Auto Mode's nodes say what Karpenter's say by ``key``."""
    return f"{_LABELS}{key[len(_KARPENTER_LABELS) :]}" if key.startswith(_KARPENTER_LABELS) else key


def node_class(pool: Pool, selectors: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """Render a pool's NodeClass.

    Args:
        pool: The pool.
        selectors: The selector terms of subnets and security groups, by field.
        tags: The tags of its instances.
    """
    given = pool.description
    storage = {_STORAGE[name]: value for name, value in given.get("volume", {}).items()}
    identity = {"role": given.get("node_role"), "instanceProfile": given.get("instance_profile")}
    optional = {**identity, "ephemeralStorage": storage, RESERVATIONS: terms(pool), "tags": dict(tags)}
    spec = {**selectors, **{name: value for name, value in optional.items() if value}}
    return {
        "apiVersion": CLASS_API,
        "kind": CLASS_KIND,
        "metadata": {"name": pool.node_class},
        "spec": merged(spec, given.get("node_class_spec", {})),
    }


def auto_mode_rule(pool: Pool) -> Iterator[str]:
    """What Auto Mode does not let a pool choose, and what its class needs."""
    if not pool.auto_mode:
        return
    given = pool.description
    for option, instead in _WITHOUT.items():
        if option in given:
            yield f"auto_mode is true, and so {option} would have no effect: {instead}. Leave it out."
    for field in given.get("volume", {}):
        if field not in _STORAGE:
            yield f"volume has '{field}', and with auto_mode the volume's fields are {', '.join(_STORAGE)}: leave it out."
    spec = given.get("node_class_spec", {})
    if makes_class(given) and not ({"node_role", "instance_profile"} & set(given) or {"role", "instanceProfile"} & set(spec)):
        yield (
            "auto_mode is true, and the pool has a NodeClass of its own without node_role: name the role of Auto Mode's nodes, whose access"
            " entry has the type EC2 and the policy AmazonEKSAutoNodePolicy. Karpenter's node role is another."
        )
