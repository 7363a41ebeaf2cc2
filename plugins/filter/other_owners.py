# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter other_owners: which objects somebody else keeps as they want them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: other_owners
short_description: Which objects somebody else keeps as they want them
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Looks for the marks of Helm, Argo CD and Flux, for the label C(app.kubernetes.io/managed-by) with another value than
    C(accelerated.nodes), and for owner references.
  - Two owners of one object undo each other's changes, so that it is better refused.
options:
  _input:
    description: Kubernetes objects, as the API server gives them.
    type: list
    elements: dict
    required: true
  names:
    description: Names of the objects that are meant.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse node pools of somebody else
  ansible.builtin.assert:
    that: found.resources | accelerated.nodes.other_owners(['gpu']) == []
    fail_msg: "{{ found.resources | accelerated.nodes.other_owners(['gpu']) | join(' ') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each object that somebody else owns; empty when nobody does.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._owners import other_owners


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"other_owners": other_owners}
