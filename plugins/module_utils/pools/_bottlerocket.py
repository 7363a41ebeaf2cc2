# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools that boot Bottlerocket, whose NVIDIA images bring a device plugin of their own. Pure.

This file is internal to the collection and may change in any release. Source of the settings: Bottlerocket's reference,
settings.kubelet-device-plugins (1.29 and newer).
"""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

FAMILY = "bottlerocket"

#: Labels that keep NVIDIA's device plugin and what the GPU Operator brings off a node.
OPT_OUT = {"nvidia.com/gpu.present": "false", "nvidia.com/gpu.deploy.operands": "false"}


def boots_bottlerocket(pool: Pool, alias: str) -> bool:
    """Say whether the class that the pool gets boots Bottlerocket; of a class that exists already, this is not known.

    Args:
        pool: The pool.
        alias: The image alias that it gets, or its family alone.
    """
    if pool.auto_mode or "node_class" in pool.description:
        return False
    spec = pool.description.get("node_class_spec", {})
    named = [str(each.get("alias", "")) for each in spec.get("amiSelectorTerms") or ()] if "amiSelectorTerms" in spec else [alias]
    return spec.get("amiFamily") == "Bottlerocket" or any(each.partition("@")[0] == FAMILY for each in named)


def user_data(shares: int) -> str:
    """Return the settings by which its device plugin shares each GPU."""
    plugin = "settings.kubelet-device-plugins.nvidia"
    lines = (
        f"[{plugin}]",
        'device-sharing-strategy = "time-slicing"',
        f"[{plugin}.time-slicing]",
        f"replicas = {shares}",
        "rename-by-default = false",
        "fail-requests-greater-than-one = false",
    )
    return "\n".join(lines) + "\n"


def sharing(pool: Pool, alias: str) -> dict[str, Any]:
    """Return the class's fields that share its GPUs; none where the pool boots something else."""
    shares = pool.description.get("gpu_shares")
    return {"userData": user_data(shares)} if shares and boots_bottlerocket(pool, alias) else {}
