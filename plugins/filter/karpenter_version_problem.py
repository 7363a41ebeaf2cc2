# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_version_problem: why a version of Karpenter does not fit a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_version_problem
short_description: Why a version of Karpenter does not fit a cluster
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Refuses a version of Karpenter whose needs are not known, or that is older than Kubernetes' version asks for.
options:
  _input:
    description: Version of Karpenter, such as V(1.14.3); its last part may be left out.
    type: str
    required: true
  kubernetes:
    description: The cluster's Kubernetes version, such as V(1.36). One that is not known is not judged.
    type: str
    required: true
  option:
    description: Name of the variable that gives the version, for the sentence.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a version that does not fit
  ansible.builtin.assert:
    that: problem == ''
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ '1.5.0' | accelerated.nodes.karpenter_version_problem('1.36', 'karpenter_chart_version') }}"
"""

RETURN = r"""
_value:
  description: A sentence; empty when it fits.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import version_problem


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_version_problem": version_problem}
