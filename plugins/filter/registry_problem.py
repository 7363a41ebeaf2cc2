# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter registry_problem: what is wrong with the address of a mirror."""

from __future__ import annotations

DOCUMENTATION = r"""
name: registry_problem
short_description: What is wrong with the address of a mirror
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Says what is wrong with C(accelerated_registry), the registry that mirrors what is public.
options:
  _input:
    description: The address, host and optional port and path without a scheme. Empty for none.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a wrong mirror
  ansible.builtin.assert:
    that: accelerated_registry | accelerated.nodes.registry_problem == ''
    fail_msg: "{{ accelerated_registry | accelerated.nodes.registry_problem }}"
"""

RETURN = r"""
_value:
  description: A sentence; empty when nothing is wrong.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts import _mirror


def registry_problem(registry: Any) -> str:
    """Return what is wrong, or nothing."""
    return _mirror.registry_problem("" if registry is None else registry)


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"registry_problem": registry_problem}
