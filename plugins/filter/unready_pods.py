# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter unready_pods: why pods are not ready."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unready_pods
short_description: Explain why pods are not ready
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Says for each pod that is not ready what keeps it, and what to do about it, as P(accelerated.nodes.unready_workload#filter) does for
    the pods of a Deployment or a DaemonSet.
positional: events, name
options:
  _input:
    description: The pods, as the API server returns them.
    type: list
    elements: dict
    required: true
  events:
    description: Events of their namespace. Those about other objects are passed over.
    type: list
    elements: dict
    default: []
  name:
    description: What the pods are of, for the next step.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Say why a model is not served
  ansible.builtin.debug:
    msg: "{{ pods | accelerated.nodes.unready_pods(events, 'qwen2') }}"
"""

RETURN = r"""
_value:
  description: A finding for each unready pod (object, reason, message, next_step).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._workloads import explain_pods


def unready_pods(pods: list[dict[str, Any]], events: Optional[list[dict[str, Any]]] = None, name: str = "") -> list[dict[str, Any]]:
    """Return a finding for each pod that is not ready."""
    return explain_pods(name, pods, events or [])


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"unready_pods": unready_pods}
