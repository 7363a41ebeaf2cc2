# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Jobs of what is done beyond the listing, made from the Job that lists. Pure.

This file is internal to the collection and may change in any release. They keep what the listing's Job has: node, tolerations,
Pod Security Standard "restricted", deadline and TTL.
"""

from __future__ import annotations

import copy
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import ComputeTest
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import NUMBER_LABEL, ROLE_LABEL, job_name, set_devices

TEST = "test"
# So long a pod keeps its devices, that the other one of a pair is there meanwhile.
HOLD_SECONDS = 15


def bystander_job(base: Mapping[str, Any], run: str, number: int, node: str, accelerator: Accelerator) -> dict[str, Any]:
    """Return the Job that requests no device and lists the device files that it has.

    Args:
        base: The Job that lists the node's accelerators.
        run: Identifier of this run.
        number: Which batch of tests it belongs to.
        node: Name of the Node.
        accelerator: What the node has.
    """
    job = _renamed(base, run, number, node)
    container = _container(job)
    container["command"] = ["ls", "/dev"]
    set_devices(container, accelerator, 0)
    return job


def holder_jobs(base: Mapping[str, Any], run: str, number: int, node: str, accelerator: Accelerator, count: int) -> list[dict[str, Any]]:
    """Return two Jobs that each request so many devices, list them, and keep them for a while; see bystander_job."""
    # A tool's last line need not be ended.
    script = f"date +begin=%s; {shlex.join(accelerator.command)}; code=$?; sleep {HOLD_SECONDS}; echo; date +end=%s; exit $code"
    jobs = [_renamed(base, run, number, f"{node}-{which}") for which in ("a", "b")]
    for job in jobs:
        _container(job)["command"] = ["sh", "-c", script]
        set_devices(_container(job), accelerator, count)
    return jobs


def compute_job(base: Mapping[str, Any], run: str, number: int, node: str, test: ComputeTest) -> dict[str, Any]:
    """Return the Job that computes on all devices of the node; see bystander_job."""
    job = _renamed(base, run, number, node)
    container = _container(job)
    container.update(image=test.image, command=list(test.command))
    # What the check's own tool needs is not for other images: neither its search path nor its modest memory.
    container["env"] = [each for each in container.get("env") or () if each["name"] != "PATH"]
    container["resources"]["limits"].pop("memory", None)
    container["securityContext"].pop("readOnlyRootFilesystem", None)
    container["volumeMounts"] = [{"name": "shm", "mountPath": "/dev/shm"}]  # noqa: S108
    job["spec"]["template"]["spec"]["volumes"] = [{"name": "shm", "emptyDir": {"medium": "Memory"}}]
    return job


def _renamed(base: Mapping[str, Any], run: str, number: int, subject: str) -> dict[str, Any]:
    job: dict[str, Any] = copy.deepcopy(dict(base))
    job["metadata"]["name"] = job_name(f"{TEST}{number}", run, subject)
    for meta in (job["metadata"], job["spec"]["template"]["metadata"]):
        meta["labels"] = {**meta["labels"], ROLE_LABEL: TEST, NUMBER_LABEL: str(number)}
    return job


def _container(job: Mapping[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return container
