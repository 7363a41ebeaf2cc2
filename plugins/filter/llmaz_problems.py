# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter llmaz_problems: what is wrong with descriptions of models, and which flavours no node pool can provision."""

from __future__ import annotations

DOCUMENTATION = r"""
name: llmaz_problems
short_description: What is wrong with descriptions of models, and which flavours no node pool can provision
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Checks descriptions of llmaz's models and playgrounds, and holds the models' flavours against the node pools.
  - A flavour needs one pool whose requirements, labels, taints and limits let Karpenter make a node for it. Otherwise the sentence names
    flavour, pool and what is in the way.
  - Needs neither cluster nor AWS, so that everything can be refused before anything is changed.
positional: playgrounds, node_pools
options:
  _input:
    description: Descriptions of models, as the role P(accelerated.nodes.llmaz#role) takes them.
    type: list
    elements: dict
    required: true
  playgrounds:
    description: Descriptions of playgrounds, as the role takes them.
    type: list
    elements: dict
    default: []
  node_pools:
    description:
      - Descriptions of the node pools, as the filter P(accelerated.nodes.node_pool#filter) takes them.
      - Where there are none, flavours are not judged.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Refuse wrong models, and flavours that nothing can provision
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ llmaz_models | accelerated.nodes.llmaz_problems(llmaz_playgrounds, node_pools_definitions) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong; empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._flavors import flavor_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._llmaz import problems


def llmaz_problems(models: Any, playgrounds: Any = None, node_pools: Any = None) -> list[str]:
    """Return what is wrong; flavours are judged once nothing else is."""
    return problems(models, [] if playgrounds is None else playgrounds) or flavor_problems(models, node_pools or [])


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"llmaz_problems": llmaz_problems}
