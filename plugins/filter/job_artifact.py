# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter job_artifact: what a job leaves to those after it, for set_stats."""

from __future__ import annotations

DOCUMENTATION = r"""
name: job_artifact
short_description: What a job leaves to those after it, for set_stats
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes the C(data) of M(ansible.builtin.set_stats), which AWX shows as the artifacts of a job and hands on as variables to the next job of a workflow.
  - Each cluster has a variable of its own, C(accelerated_<kind>_<host>), since a workflow keeps only the last value of those of one name, such as
    those of the slices of a job.
  - Texts hold nothing that a template would be made of.
positional: kind, host
options:
  _input:
    description: What to leave; with V(verify) as O(kind), the registered result of M(accelerated.nodes.accelerator_verify), which is summed up.
    type: dict
    required: true
  kind:
    description: What has run.
    type: str
    required: true
  host:
    description: The cluster's host in the inventory. What is neither a letter nor a digit becomes an underscore.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Leave the verdict to the next job
  ansible.builtin.set_stats:
    data: "{{ accelerators | accelerated.nodes.job_artifact('verify', inventory_hostname) }}"
    per_host: false
"""

RETURN = r"""
_value:
  description: The variable.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.accelerated.nodes.plugins.module_utils.reports import _artifact


def job_artifact(value: Any, kind: str, host: str) -> dict[str, Any]:
    """Return the variable."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError("job_artifact wants a dictionary.")
    content = _artifact.verification(value) if kind == "verify" else _artifact.plain(value)
    return wrap_var({_artifact.artifact_name(kind, host): content})


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"job_artifact": job_artifact}
