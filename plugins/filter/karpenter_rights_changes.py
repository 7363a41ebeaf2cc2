# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_rights_changes: what an upgrade of Karpenter changes in its rights."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_rights_changes
short_description: What an upgrade of Karpenter changes in its rights
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Compares what two versions of Karpenter need of AWS, the rights of the controller and the events of its queue.
options:
  _input:
    description: Version of Karpenter, such as V(1.14.3); its last part may be left out.
    type: str
    required: true
  former:
    description: The version that runs now.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say what an upgrade adds and takes away
  ansible.builtin.debug:
    msg: "{{ '1.14.3' | accelerated.nodes.karpenter_rights_changes('1.5.0') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each right that is added or taken away; empty where both versions need the same.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._karpenter_rights import changes


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_rights_changes": changes}
