# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter neuron_problems: which parts of AWS Neuron's chart do not go together."""

from __future__ import annotations

DOCUMENTATION = r"""
name: neuron_problems
short_description: Which parts of AWS Neuron's chart do not go together
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Applies the chart's own rules to the values that it is to get, before Helm is called, and says what is wrong by the names of the role's
    variables.
positional: feature_gates
options:
  _input:
    description: The values that the chart is to get.
    type: dict
    required: true
  feature_gates:
    description: The feature gates that Karpenter is to get, as some overlap with the chart's node recovery.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse what does not go together
  ansible.builtin.assert:
    that: neuron_values | accelerated.nodes.neuron_problems == []
    fail_msg: "{{ neuron_values | accelerated.nodes.neuron_problems | join(' ') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong; empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._neuron_rules import problems


def neuron_problems(values: Mapping[str, Any], feature_gates: Optional[Mapping[str, Any]] = None) -> list[str]:
    """Return what is wrong with the chart's values."""
    return problems(values, feature_gates or {})


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"neuron_problems": neuron_problems}
