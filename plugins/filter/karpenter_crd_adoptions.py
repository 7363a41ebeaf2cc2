# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_crd_adoptions: how a Helm release takes over custom resource definitions."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_crd_adoptions
short_description: How a Helm release takes over custom resource definitions
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Helm upgrades only what has its label and the annotations of the release. For each definition that no release owns, gives what has to be
    laid over it.
options:
  _input:
    description: CustomResourceDefinitions, as the API server gives them.
    type: list
    elements: dict
    required: true
  release:
    description: Name of the release that is to own them.
    type: str
    required: true
  namespace:
    description: Namespace of that release.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Give them to the release
  kubernetes.core.k8s:
    definition: "{{ definitions.resources | accelerated.nodes.karpenter_crd_adoptions('karpenter-crd', 'kube-system') }}"
"""

RETURN = r"""
_value:
  description: Definitions with their names, the label and the annotations alone; empty when each has an owner.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_upgrade import adoptions


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_crd_adoptions": adoptions}
