# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_rights: what a version of Karpenter needs of AWS."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_rights
short_description: What a version of Karpenter needs of AWS
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - The policies of Karpenter's controller and the events of its interruption queue, as one minor version needs them, in the words of
    CloudFormation.
  - The statements refer to the resources C(NodeRole) and C(InterruptionQueue), and to the parameter C(ClusterName), of the template that they
    are put into.
options:
  _input:
    description: Version of Karpenter, such as V(1.14.3); its last part may be left out.
    type: str
    required: true
  cluster:
    description: Name of the EKS cluster.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the policies that Karpenter 1.14 needs
  ansible.builtin.debug:
    msg: "{{ ('1.14' | accelerated.nodes.karpenter_rights('production')).policies }}"
"""

RETURN = r"""
_value:
  description:
    - C(policies) are dictionaries of C(name), C(description) and C(statements).
    - C(rules) are dictionaries of C(name), C(source) and C(detail_type).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._karpenter_rights import rights


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_rights": rights}
