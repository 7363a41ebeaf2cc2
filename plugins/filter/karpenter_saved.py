# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_saved: objects as a file from which they can be made again."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_saved
short_description: Objects as a file from which they can be made again
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes of objects, as the API server gives them, a List that C(kubectl apply) takes. What the server sets, status and finalizers are left out.
options:
  _input:
    description: Kubernetes objects, as the API server gives them, in the order in which they are to be made again.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Save the node pools
  ansible.builtin.copy:
    content: "{{ found.resources | accelerated.nodes.karpenter_saved | to_nice_yaml }}"
    dest: node-pools.yml
    mode: "0600"
"""

RETURN = r"""
_value:
  description: A List of the objects.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_upgrade import saved


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_saved": saved}
