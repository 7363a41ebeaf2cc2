# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter: why a Deployment or DaemonSet is not ready."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unready_workload
short_description: Explain why a Deployment or DaemonSet is not ready
version_added: 0.1.0
author: accelerated.nodes contributors (@accelerated-nodes)
description:
  - Says for each pod of the workload that is not ready what keeps it, and what to do about it.
  - It only reads what it is given, so it works on what M(kubernetes.core.k8s_info) returned, or on a recorded object.
positional: pods, events
options:
  _input:
    description: The Deployment or DaemonSet, as the API server returns it.
    type: dict
    required: true
  pods:
    description: Pods of its namespace. Those of other workloads are passed over.
    type: list
    elements: dict
    default: []
  events:
    description: Events of its namespace. Those about other objects are passed over.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Say why Karpenter is not ready
  ansible.builtin.debug:
    msg: "{{ deployment | accelerated.nodes.unready_workload(pods, events) }}"
"""

RETURN = r"""
_value:
  description: A finding per unready pod, or one for the workload if it has no pods. Empty when its rollout is complete.
  type: list
  elements: dict
  sample:
    - object: pod kube-system/karpenter-5d8f7c-abcde
      reason: FailedScheduling
      message: "0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules"
      next_step: "Each of the 2 replicas needs a node of its own that Karpenter did not make: lower the number of replicas, or add nodes."
"""

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._workloads import explain


def unready_workload(workload: dict, pods: list[dict] | None = None, events: list[dict] | None = None) -> list[dict]:
    """Return the findings of L(explain); refuse what is neither a Deployment nor a DaemonSet."""
    # The text of an undefined variable is its own error; ansible-core before 2.19 hands one to filters.
    kind = workload.get("kind") if isinstance(workload, dict) else str(workload)
    if kind not in ("DaemonSet", "Deployment"):
        raise AnsibleFilterError(f"unready_workload takes a Deployment or a DaemonSet, not {kind!r}.")
    return explain(workload, pods or [], events or [])


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict:
        """Return the filter by its name."""
        return {"unready_workload": unready_workload}
