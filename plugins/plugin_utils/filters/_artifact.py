# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job leaves to those after it, for set_stats, and what those say of it."""

from __future__ import annotations

from collections.abc import Mapping
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


def job_reports(left: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a report of each job."""
    if not isinstance(left, Mapping):
        raise AnsibleFilterError("job_reports wants a dictionary.")
    # A cluster may have written the messages: never to be taken for templates.
    return wrap_var(_artifact.reports(left))
