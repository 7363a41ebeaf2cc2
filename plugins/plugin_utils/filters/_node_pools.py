# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters on short descriptions of node pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._gpu_shares import chart_values
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import (
    PoolError,
    manifests,
    objects_of,
    problems,
    sound_pools,
)


def node_pool(descriptions: Any, defaults: Optional[Mapping[str, Any]] = None) -> list[dict[str, Any]]:
    """Return the manifests of one description or a list of them.

    Raises:
        AnsibleFilterError: With a sentence for each thing that is wrong.
    """
    try:
        return manifests(descriptions, defaults)
    except PoolError as error:
        raise AnsibleFilterError(str(error)) from error


def node_pool_objects(descriptions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the objects that descriptions make."""
    return [each for description in descriptions for each in objects_of(description)]


def node_pool_problems(descriptions: Any, defaults: Optional[Mapping[str, Any]] = None) -> list[str]:
    """Return what is wrong with one description or a list of them."""
    return problems(descriptions, defaults)


def gpu_sharing_values(descriptions: Any, method: str = "device_plugin") -> dict[str, Any]:
    """Return the chart's values."""
    return chart_values(method, sound_pools(descriptions))
