# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time-slicing from one value: the device plugin's configuration, the node's labels and Karpenter's NodeOverlays. Pure.

This file is internal to the collection and may change in any release. The plugin chooses its configuration by a label of the node
(NVIDIA/k8s-device-plugin, config.map and nvidia.com/device-plugin.config); Karpenter learns how many shares a node will have by a NodeOverlay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._reachability import names_unknown

OVERLAY_API = "karpenter.sh/v1alpha1"
POOL_LABEL = "karpenter.sh/nodepool"
#: Label of the overlays by which those that are no longer wanted are found.
OWNED_BY = "accelerated.nodes/node-pool"
CONFIG_LABEL = "nvidia.com/device-plugin.config"
SHARES_LABEL = "nvidia.com/gpu.replicas"
RESOURCE = "nvidia.com/gpu"

_DEFAULT = "default"
_CONFIG = """\
version: v1
sharing:
  timeSlicing:
    renameByDefault: false
    failRequestsGreaterThanOne: false
    resources:
      - name: nvidia.com/gpu
        replicas: {shares}
"""


def shares_of(pool: Pool) -> int:
    """Return into how many shares each GPU is divided; 1 for not at all."""
    shares: int = pool.description.get("gpu_shares", 1)
    return shares


def labels(pool: Pool, own_plugin: bool) -> dict[str, str]:
    """Return the node labels that choose the plugin's configuration, and say to everybody how many shares a GPU has.

    Args:
        pool: The pool.
        own_plugin: Whether its image brings the plugin, which takes its configuration from elsewhere.
    """
    shares = shares_of(pool)
    if shares == 1:
        return {}
    return {SHARES_LABEL: str(shares), **({} if own_plugin else {CONFIG_LABEL: _name(shares)})}


def overlays(pool: Pool) -> list[dict[str, Any]]:
    """Return a NodeOverlay for each number of GPUs that an instance of the pool can have."""
    shares = shares_of(pool)
    counts = sorted({each.resource_count for each in pool.types if each.resource_count}) if shares > 1 else []
    return [
        {
            "apiVersion": OVERLAY_API,
            "kind": "NodeOverlay",
            "metadata": {"name": f"{pool.name}-{count}-gpu", "labels": {OWNED_BY: pool.name}},
            "spec": {
                "requirements": [
                    {"key": POOL_LABEL, "operator": "In", "values": [pool.name]},
                    {"key": label.GPU_COUNT, "operator": "In", "values": [str(count)]},
                ],
                "capacity": {RESOURCE: str(count * shares)},
            },
        }
        for count in counts
    ]


def configurations(pools: Iterable[Pool]) -> dict[str, str]:
    """Return the device plugin's configurations by name, the one of nodes without shares among them; none where no pool shares GPUs."""
    wanted = sorted({shares_of(pool) for pool in pools} - {1})
    return {_DEFAULT: "version: v1\n", **{_name(shares): _CONFIG.format(shares=shares) for shares in wanted}} if wanted else {}


def chart_values(method: str, pools: Iterable[Pool]) -> dict[str, Any]:
    """Return the values by which a chart gives the device plugin its configurations.

    Args:
        method: ``device_plugin`` (its own chart) or ``gpu_operator``.
        pools: The pools that are to be made.
    """
    found = configurations(pools)
    if not found:
        return {}
    if method == "gpu_operator":
        return {"devicePlugin": {"config": {"create": True, "name": "accelerated-nodes-gpu-shares", "default": _DEFAULT, "data": found}}}
    return {"config": {"default": _DEFAULT, "map": found}}


def _name(shares: int) -> str:
    return f"shares-{shares}"


def shares_rule(pool: Pool) -> Iterator[str]:
    """Where GPUs cannot be shared, or nobody could say how many shares a node will have."""
    shares = pool.description.get("gpu_shares")
    if shares is None:
        return
    if pool.kinds != ("nvidia",):
        yield f"gpu_shares is {shares}, and the pool's accelerator is {' and '.join(pool.kinds) or 'none'}: only NVIDIA's GPUs can be shared."
    elif not pool.types or names_unknown(pool.stated):
        yield (
            f"gpu_shares is {shares}, and the requirements name instances that this collection does not know, so that it cannot tell Karpenter"
            " how many shares they will have: name them in instance_types or instance_families."
        )
    given = pool.description.get("labels", {})
    for name in (SHARES_LABEL, CONFIG_LABEL):
        if name in given:
            yield f"gpu_shares is {shares}, and labels has '{name}', which follows from it: leave the label out."
    if "userData" in pool.description.get("node_class_spec", {}) and _says_bottlerocket(pool.description):
        yield f"gpu_shares is {shares}, and node_class_spec has userData, where Bottlerocket's settings for it go: leave one of the two out."


def _says_bottlerocket(description: Mapping[str, Any]) -> bool:
    return str(description.get("ami_alias", "")).startswith("bottlerocket@")
