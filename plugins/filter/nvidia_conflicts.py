# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter nvidia_conflicts: what would put two of NVIDIA's device plugins on one node."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nvidia_conflicts
short_description: What would put two of NVIDIA's device plugins on one node
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Finds a release of the other method, and pools of Bottlerocket nodes, which bring a device plugin of their own.
  - It only reads what it is given, so it works on what M(kubernetes.core.k8s_info) returned.
positional: objects, definitions, ami_family
options:
  _input:
    description: The method that is to be installed, V(device_plugin) or V(gpu_operator).
    type: str
    required: true
  objects:
    description: The cluster's Deployments, DaemonSets, NodePools and EC2NodeClasses.
    type: list
    elements: dict
    required: true
  definitions:
    description: Descriptions of the pools that are to be made, as the filter P(accelerated.nodes.node_pool#filter) takes them.
    type: list
    elements: dict
    default: []
  ami_family:
    description: Family of the images of pools that name none.
    type: str
    default: al2023
"""

EXAMPLES = r"""
- name: Refuse a second device plugin
  ansible.builtin.assert:
    that: conflicts | length == 0
    fail_msg: "{{ conflicts | join(' ') }}"
  vars:
    conflicts: "{{ 'device_plugin' | accelerated.nodes.nvidia_conflicts(objects, node_pools_definitions) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each conflict; empty when there is none.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._nvidia_conflicts import conflicts


def nvidia_conflicts(method: str, objects: list[dict[str, Any]], definitions: Any = (), ami_family: str = "al2023") -> list[str]:
    """Return a sentence for each conflict."""
    return conflicts(method, list(definitions), ami_family, objects)


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"nvidia_conflicts": nvidia_conflicts}
