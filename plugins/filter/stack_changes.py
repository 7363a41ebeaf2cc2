# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter stack_changes: what a change set of CloudFormation would change."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_changes
short_description: What a change set of CloudFormation would change
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Says line by line what M(amazon.aws.cloudformation) gives as C(meta) in check mode.
options:
  _input:
    description: C(Changes) of the change set. Anything but a list has no changes.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Ask what would change
  amazon.aws.cloudformation:
    stack_name: network
    template_body: "{{ lookup('ansible.builtin.file', 'network.yml') }}"
  check_mode: true
  register: stack

- name: Say it
  ansible.builtin.debug:
    msg: "{{ stack.meta | accelerated.nodes.stack_changes }}"
"""

RETURN = r"""
_value:
  description: A sentence for each resource.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._stack import stack_changes


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"stack_changes": stack_changes}
