# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter ami_family_problem: what keeps a family's release from being looked up."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ami_family_problem
short_description: What keeps the release of a family of EKS' images from being looked up
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Takes the family of an image alias, and returns why M(accelerated.nodes.eks_ami_info) cannot look up its release, such as that AWS has
    ended its support for Amazon Linux 2.
options:
  _input:
    description: The family, such as V(al2023).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a family whose release cannot be looked up
  ansible.builtin.assert:
    that: node_pools_ami_family | accelerated.nodes.ami_family_problem == ''
    fail_msg: "{{ node_pools_ami_family | accelerated.nodes.ami_family_problem }}"
"""

RETURN = r"""
_value:
  description: What is wrong, in a sentence; empty when nothing is.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import family_problem


def ami_family_problem(family: Any) -> str:
    """Return what is wrong with the family."""
    return family_problem(str(family))


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"ami_family_problem": ami_family_problem}
