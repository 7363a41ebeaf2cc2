# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that say why pods, and what runs them, are not ready."""

from __future__ import annotations

from typing import Any, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._workloads import explain, explain_pods


def unready_pods(pods: list[dict[str, Any]], events: Optional[list[dict[str, Any]]] = None, name: str = "") -> list[dict[str, Any]]:
    """Return a finding for each pod that is not ready."""
    return explain_pods(name, pods, events or [])


def unready_workload(workload: dict, pods: list[dict] | None = None, events: list[dict] | None = None) -> list[dict]:
    """Return the findings of L(explain); refuse what is neither a Deployment nor a DaemonSet."""
    # The text of an undefined variable is its own error; ansible-core before 2.19 hands one to filters.
    kind = workload.get("kind") if isinstance(workload, dict) else str(workload)
    if kind not in ("DaemonSet", "Deployment"):
        raise AnsibleFilterError(f"unready_workload takes a Deployment or a DaemonSet, not {kind!r}.")
    return explain(workload, pods or [], events or [])
