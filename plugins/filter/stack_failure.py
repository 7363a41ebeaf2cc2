# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter stack_failure: why a stack could not be changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_failure
short_description: Why a stack could not be changed
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes a sentence of a failed result of M(amazon.aws.cloudformation), with CloudFormation's reasons and the next step. Credentials that AWS
    no longer takes are told apart, as what was begun then goes on.
options:
  _input:
    description: The failed result.
    type: dict
    required: true
  stack:
    description: Name of the stack.
    type: str
    required: true
  region:
    description: Region of the stack.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say why
  ansible.builtin.fail:
    msg: "{{ ansible_failed_result | accelerated.nodes.stack_failure('network', 'us-west-2') }}"
"""

RETURN = r"""
_value:
  description: A sentence or two.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._stack import stack_failure


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"stack_failure": stack_failure}
