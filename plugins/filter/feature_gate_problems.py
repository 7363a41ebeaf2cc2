# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter feature_gate_problems: feature gates of Karpenter that pools need and that are off."""

from __future__ import annotations

DOCUMENTATION = r"""
name: feature_gate_problems
short_description: Feature gates of Karpenter that pools need and that are off
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Karpenter ignores what a pool asks for while the feature's gate is off, and says nothing. This says it.
  - It only reads what it is given, so it works on what M(kubernetes.core.k8s_info) returned.
positional: deployments, planned, installed
options:
  _input:
    description: Descriptions as the filter P(accelerated.nodes.node_pool#filter) takes them.
    type: list
    elements: dict
    required: true
  deployments:
    description: The cluster's Deployments of Karpenter. Without any, what is planned decides, or nothing once Karpenter should be there.
    type: list
    elements: dict
    required: true
  planned:
    description: The gates that are to be set, by their names in the chart's values.
    type: dict
    default: {}
  installed:
    description: Whether Karpenter has been brought into its state already, so that what runs decides.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse pools that Karpenter would ignore
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ node_pools_definitions | accelerated.nodes.feature_gate_problems(deployments, {'staticCapacity': true}) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each gate that a pool needs and that is off.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._feature_gates import gate_problems

Objects = list[Mapping[str, Any]]


def feature_gate_problems(
    descriptions: Objects, deployments: Objects, planned: Optional[Mapping[str, Any]] = None, installed: bool = False
) -> list[str]:
    """Return a sentence for each gate that is off."""
    return gate_problems(descriptions, deployments, planned or {}, installed)


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"feature_gate_problems": feature_gate_problems}
