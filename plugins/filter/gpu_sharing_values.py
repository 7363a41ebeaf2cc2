# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter gpu_sharing_values: chart values by which NVIDIA's device plugin shares the GPUs of pools."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gpu_sharing_values
short_description: Chart values by which NVIDIA's device plugin shares the GPUs of pools
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Renders the device plugin's configurations from the option C(gpu_shares) of pools, one for each number of shares and one for nodes without,
    as values of its own chart or of the GPU Operator's.
  - The nodes choose theirs by a label that the filter P(accelerated.nodes.node_pool#filter) gives them.
options:
  _input:
    description: Descriptions of pools. What is wrong with them is told elsewhere, and passed over here.
    type: raw
    required: true
  method:
    description: What installs the device plugin.
    type: str
    choices: [device_plugin, gpu_operator]
    default: device_plugin
"""

EXAMPLES = r"""
- name: Show the values
  ansible.builtin.debug:
    msg: "{{ node_pools_definitions | accelerated.nodes.gpu_sharing_values('device_plugin') }}"
"""

RETURN = r"""
_value:
  description: The values; empty where no pool shares GPUs.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._gpu_shares import chart_values
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import sound_pools


def gpu_sharing_values(descriptions: Any, method: str = "device_plugin") -> dict[str, Any]:
    """Return the chart's values."""
    return chart_values(method, sound_pools(descriptions))


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"gpu_sharing_values": gpu_sharing_values}
