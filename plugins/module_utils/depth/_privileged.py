# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A look at busy nodes: by a privileged pod that sees the node's devices without requesting any.

This file is internal to the collection and may change in any release. Only on the user's word: option probe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import PRIVILEGED
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import CheckPass
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import set_devices
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

ENFORCE_LABEL = "pod-security.kubernetes.io/enforce"
_NEXT_STEP = (
    f"Make a namespace of its own for this, with the label {ENFORCE_LABEL}=privileged, and name it in the option namespace; "
    "or set probe to scheduled."
)


class PrivilegedPass(CheckPass):
    """One pass over busy nodes."""

    def results(self, subjects: Sequence[Subject], deadline: Deadline) -> list[NodeResult]:
        """Return the verdicts, which say how the nodes were looked at; see CheckPass."""
        return [replace(each, probe=PRIVILEGED) for each in super().results(subjects, deadline)]

    def manifest(self, subject: Subject, seconds: int) -> dict[str, Any]:
        """Return the Job that looks at one node within so many seconds, whoever holds its devices."""
        return privileged_job(super().manifest(subject, seconds), ACCELERATORS[subject.expected.accelerator])


def privileged_job(job: dict[str, Any], accelerator: Accelerator) -> dict[str, Any]:
    """Make the Job that lists a node's accelerators do so without a request: privileged, with the node's device files."""
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    set_devices(container, accelerator, 0)
    # NVIDIA's runtime brings in all devices and the tool by this variable, where it is the node's default.
    container["env"] = [*(container.get("env") or ()), {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]
    container["securityContext"] = {"privileged": True, "readOnlyRootFilesystem": True}
    container["volumeMounts"] = [{"name": "dev", "mountPath": "/dev"}]
    pod["volumes"] = [{"name": "dev", "hostPath": {"path": "/dev"}}]
    pod["securityContext"] = {"runAsUser": 0}
    return job


def refuse_privileged(client: Client, namespace: str) -> None:
    """Make sure that a namespace admits privileged pods.

    Raises:
        CollectionError: It does not, or is not there.
    """
    try:
        found = client.get(f"/api/v1/namespaces/{namespace}")
    except ApiError as error:
        if error.status != 404:
            raise
        raise CollectionError(
            f"probe is privileged, but there is no namespace {namespace}, and the one that would be made admits no privileged pods. "
            f"{_NEXT_STEP}"
        ) from error
    level = _level(found)
    if level not in ("", PRIVILEGED):
        raise CollectionError(
            f"probe is privileged, but namespace {namespace} admits only pods of the Pod Security Standard {level} "
            f"(label {ENFORCE_LABEL}). {_NEXT_STEP}"
        )


def _level(namespace: Mapping[str, Any]) -> str:
    labels: Mapping[str, str] = namespace["metadata"].get("labels") or {}
    return labels.get(ENFORCE_LABEL, "")
