# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_upgrade_problems: what stands in the way of a version of Karpenter."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_upgrade_problems
short_description: What stands in the way of a version of Karpenter
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Looks at Karpenter's custom resource definitions for what would break an installation or an upgrade in the middle - objects that are stored in
    a version of the API that the new Karpenter no longer reads, owners that Helm does not accept, definitions older than the controller - and
    for a Kubernetes that the version does not support.
options:
  _input:
    description: The CustomResourceDefinitions of Karpenter that there are, as the API server gives them.
    type: list
    elements: dict
    required: true
  plan:
    description:
      - C(version) of the controller's chart and C(crd_version) of the definitions' chart, C(kubernetes) (the server's version), C(release) and
        C(namespace) of the definitions' chart, and C(adopt), whether definitions that no release owns are to be taken over.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse an upgrade that cannot work
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    plan:
      version: 1.14.3
      crd_version: 1.14.3
      kubernetes: "1.36"
      release: karpenter-crd
      namespace: kube-system
      adopt: false
    problems: "{{ definitions.resources | accelerated.nodes.karpenter_upgrade_problems(plan) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that stands in the way; empty when nothing does.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_upgrade import upgrade_problems


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_upgrade_problems": upgrade_problems}
