# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter mirrored: where a chart or an image is taken from when one registry mirrors all that is public."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mirrored
short_description: Take a public chart or image from a mirror
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Replaces the public host of an image or of a chart by the mirror's address, and keeps the path.
  - A chart of a repository that is no registry is taken from the publisher's folder of the mirror, such as C(nvidia/gpu-operator).
  - An address that is not one of the public homes of what this collection installs stays as it is, so that a chart or an image that the
    user has named is theirs.
positional: registry, repository
options:
  _input:
    description: An image's repository, a chart's OCI address, or a chart's name in O(repository).
    type: str
    required: true
  registry:
    description: Address of the mirror, host and optional path without a scheme. Empty for none.
    type: str
    default: ""
  repository:
    description: Chart repository, that is not an OCI registry, of which the input is a chart's name.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See where an image would come from
  ansible.builtin.debug:
    # registry.example.com/mirror/nvidia/k8s-device-plugin
    msg: "{{ 'nvcr.io/nvidia/k8s-device-plugin' | accelerated.nodes.mirrored('registry.example.com/mirror') }}"
"""

RETURN = r"""
_value:
  description: The address to take it from.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts import _mirror


def mirrored(address: str, registry: str = "", repository: str = "") -> str:
    """Return the address in the mirror."""
    return _mirror.mirrored(address, registry or "", repository or "")


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"mirrored": mirrored}
