# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter unready_reasons: why NodePools and EC2NodeClasses are not ready."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unready_reasons
short_description: Why NodePools and EC2NodeClasses are not ready
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Holds the objects that were asked for against what the cluster has, and returns the conditions by which Karpenter does not
    call them ready, each with the next step.
options:
  _input:
    description: The manifests that were asked for.
    type: list
    elements: dict
    required: true
  resources:
    description: The objects that the cluster has, as M(kubernetes.core.k8s_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Wait until the pools are ready
  kubernetes.core.k8s_info:
    api_version: karpenter.sh/v1
    kind: NodePool
  register: pools
  until: manifests | accelerated.nodes.unready_reasons(pools.resources) == []
  retries: 60
  delay: 2
"""

RETURN = r"""
_value:
  description: A sentence or more for each object that is not ready; empty when all are.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._conditions import unready


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"unready_reasons": unready}
