# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter aws_failure: why AWS refused what a module of amazon.aws asked."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_failure
short_description: Why AWS refused what a module of amazon.aws asked
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes a sentence of a failed result of one of amazon.aws' modules, with the call, AWS' reason and the next step. Refused credentials, a missing
    right, and AWS' limit on how often it may be asked are told apart.
options:
  _input:
    description: The failed result, also of a task with a loop.
    type: dict
    required: true
  action:
    description: What the module asks of AWS. Where the result names another operation of the service, that counts.
    type: str
    required: true
  region:
    description: The region that is asked.
    type: str
    required: true
seealso:
  - plugin: accelerated.nodes.stack_failure
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say why
  ansible.builtin.fail:
    msg: "{{ ansible_failed_result | accelerated.nodes.aws_failure('iam:DeleteInstanceProfile', 'us-west-2') }}"
"""

RETURN = r"""
_value:
  description: A sentence or two.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._refusals import module_failure


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"aws_failure": module_failure}
