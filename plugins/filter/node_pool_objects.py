# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter node_pool_objects: the objects that pool descriptions make, by kind and name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_pool_objects
short_description: The objects that pool descriptions make, by kind and name
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Names the NodePool and the class of each description, without a look at the rest of it, so that what a wrong description has made can be
    removed too. A class that a pool only uses is not among them, and neither are NodeOverlays, which have a label with the pool's name.
options:
  _input:
    description: Descriptions as the filter P(accelerated.nodes.node_pool#filter) takes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Remove the pools
  kubernetes.core.k8s:
    state: absent
    definition: "{{ node_pools_definitions | accelerated.nodes.node_pool_objects | selectattr('kind', 'eq', 'NodePool') }}"
"""

RETURN = r"""
_value:
  description: Objects with C(apiVersion), C(kind) and C(metadata.name), each pool's class after it.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import objects_of


def node_pool_objects(descriptions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the objects that descriptions make."""
    return [each for description in descriptions for each in objects_of(description)]


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"node_pool_objects": node_pool_objects}
