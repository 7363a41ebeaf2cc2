# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter karpenter_image_problems: what is wrong with an image of Karpenter's controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: karpenter_image_problems
short_description: What is wrong with an image of Karpenter's controller
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Checks repository, tag and digest of a controller's image against the chart that is to run it, so that an image that cannot be pulled, or
    that does not fit the chart, is refused before anything is changed.
options:
  _input:
    description: C(controller.image) of the chart's values; what it lacks is the chart's own.
    type: dict
    required: true
  stock:
    description: Repository of Karpenter's own image, or of its mirror.
    type: str
    required: true
  chart_version:
    description: Version of the chart, with or without a leading C(v).
    type: str
    required: true
  skew_allowed:
    description: Whether image and chart may be of different versions.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse an image that does not fit
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    image: {repository: inftyai/karpenter-provider-aws, tag: 1.5.0, digest: ""}
    problems: "{{ image | accelerated.nodes.karpenter_image_problems('public.ecr.aws/karpenter/controller', '1.5.0') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong; empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_image import image_problems


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"karpenter_image_problems": image_problems}
