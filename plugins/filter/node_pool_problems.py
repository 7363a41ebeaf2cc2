# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter node_pool_problems: what is wrong with short pool descriptions."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_pool_problems
short_description: What is wrong with short pool descriptions
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Checks pool descriptions as the P(accelerated.nodes.node_pool#filter) filter does, and returns what it finds instead of failing.
  - Needs neither cluster nor AWS, so that everything can be refused before anything is changed.
options:
  _input:
    description: One description, or a list of them; see the P(accelerated.nodes.node_pool#filter) filter.
    type: raw
    required: true
  defaults:
    description: What descriptions leave out, as far as it is known; see the P(accelerated.nodes.node_pool#filter) filter.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse wrong node pools
  ansible.builtin.assert:
    that: node_pools_definitions | accelerated.nodes.node_pool_problems == []
    fail_msg: "{{ node_pools_definitions | accelerated.nodes.node_pool_problems | join(' ') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong; empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import problems


def node_pool_problems(descriptions: Any, defaults: Optional[Mapping[str, Any]] = None) -> list[str]:
    """Return what is wrong with one description or a list of them."""
    return problems(descriptions, defaults)


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"node_pool_problems": node_pool_problems}
