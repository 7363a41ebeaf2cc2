# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter node_pool_images: which EKS images node pools boot."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_pool_images
short_description: Which EKS images node pools boot
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Takes pool descriptions as the P(accelerated.nodes.node_pool#filter) filter does, and returns architecture and variant of the images that
    their nodes boot, for M(accelerated.nodes.eks_ami_info).
options:
  _input:
    description: A list of descriptions that P(accelerated.nodes.node_pool_problems#filter) finds nothing wrong with.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Look up the newest release of the images that the pools boot
  accelerated.nodes.eks_ami_info:
    kubernetes_version: "1.36"
    images: "{{ node_pools_definitions | accelerated.nodes.node_pool_images }}"
"""

RETURN = r"""
_value:
  description: The images, each with architecture (C(x86_64) or C(arm64)) and variant (C(standard), C(nvidia) or C(neuron)).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import images_of


def node_pool_images(descriptions: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the images that the pools boot."""
    return [image._asdict() for image in images_of(descriptions)]


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"node_pool_images": node_pool_images}
