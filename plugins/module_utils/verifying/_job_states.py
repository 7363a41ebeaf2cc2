# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a check has come, from its pod and its Job. Pure.

This file is internal to the collection and may change in any release. Reasons are the kubelet's and the Job controller's
own words (kubernetes/kubernetes, pkg/kubelet/images/types.go, pkg/kubelet/container, pkg/controller/job).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import CONTAINER

PENDING, RUNNING, ENDED, STUCK, STOPPED = "pending", "running", "ended", "stuck", "stopped"

# A log is the node's word, so it is bounded; eight GPUs with all counters take about 0.6 MiB.
MAX_LOG_BYTES = 4 * 1024 * 1024

# A container that waits for one of these does not start by waiting longer.
STUCK_REASONS = frozenset(
    {
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)


@dataclass(frozen=True)
class JobState:
    """Where one check stands.

    Attributes:
        phase: ``pending``, ``running``; or one of the ends: ``ended`` (the container ran and left an exit code),
            ``stuck`` (it cannot start), ``stopped`` (something else ended it).
        reason: The system's word for it, such as ``Unschedulable`` or ``OOMKilled``.
        message: The system's sentence, on one line.
        exit_code: The container's exit code, once it ended.
        pod: Name of the pod; empty while there is none.
        began: Whether the container has begun to run.
        injected: Names of the pod's other containers, which are not of the check.
        disrupted: What the pod says of its being evicted; empty if it was not.
        log: What the container printed.
        cut: Whether it printed more than was read.
        events: What was told of the pod, or of the Job where there is no pod, where that matters.
        fate: What became of the node meanwhile; empty where it is as it was.
        image: The image that the container ran from, as the node names it; empty while that is not known.
        image_id: The same with its digest.
    """

    phase: str
    reason: str = ""
    message: str = ""
    exit_code: Optional[int] = None
    pod: str = ""
    began: bool = False
    injected: tuple[str, ...] = ()
    disrupted: str = ""
    log: str = ""
    cut: bool = False
    events: tuple[str, ...] = ()
    fate: str = ""
    image: str = ""
    image_id: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.phase in (ENDED, STUCK, STOPPED)

    @property
    def was_stopped(self) -> bool:
        """Whether the container was ended by a signal, which need not be its own fault."""
        return self.phase == ENDED and self.exit_code in (137, 143)


def job_state(job: Optional[Mapping[str, Any]], pod: Optional[Mapping[str, Any]]) -> JobState:
    """Return where a check stands. The pod tells more than the Job, so the Job is asked only where there is no pod."""
    if pod is not None:
        status = pod.get("status") or {}
        ours = _ours(status)
        return replace(
            _of_pod(pod),
            began=_began(status),
            injected=tuple(each for each in _names(status) if each != CONTAINER),
            disrupted=_disrupted(status),
            image=str(ours.get("image") or ""),
            image_id=str(ours.get("imageID") or ""),
        )
    for condition in ((job or {}).get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Failed" and condition.get("status") == "True":
            return JobState(STOPPED, condition.get("reason", ""), shorten(condition.get("message", "")))
    return JobState(PENDING, "NoPod", "its pod has not been created yet")


def _of_pod(pod: Mapping[str, Any]) -> JobState:
    status = pod.get("status") or {}
    name = pod["metadata"]["name"]
    container = _container(status)
    ended = container.get("terminated")
    if ended and status.get("reason") not in ("Evicted", "DeadlineExceeded"):
        return JobState(ENDED, ended.get("reason", ""), shorten(ended.get("message", "")), ended.get("exitCode"), name)
    if status.get("phase") in ("Failed", "Succeeded"):
        return JobState(STOPPED, status.get("reason", "") or "PodFailed", shorten(status.get("message", "") or _failed(status)), pod=name)
    waiting = container.get("waiting") or {}
    if waiting.get("reason") in STUCK_REASONS:
        return JobState(STUCK, waiting["reason"], shorten(waiting.get("message", "")), pod=name)
    if "running" in container:
        return JobState(RUNNING, "Running", pod=name)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return JobState(PENDING, condition.get("reason", ""), shorten(condition.get("message", "")), pod=name)
    return JobState(PENDING, waiting.get("reason", "") or "Starting", shorten(waiting.get("message", "")), pod=name)


def _container(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state of our container, whatever others a webhook has injected."""
    return _ours(status).get("state") or {}


def _ours(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the status of our container; empty while there is none."""
    return next((each for each in status.get("containerStatuses") or () if each.get("name") == CONTAINER), {})


def _statuses(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for kind in ("initContainerStatuses", "containerStatuses") for each in status.get(kind) or ()]


def _names(status: Mapping[str, Any]) -> list[str]:
    return [shorten(str(each.get("name", "")), 63) for each in _statuses(status)]


def _began(status: Mapping[str, Any]) -> bool:
    state = _container(status)
    return "running" in state or "terminated" in state


def _disrupted(status: Mapping[str, Any]) -> str:
    for each in status.get("conditions") or ():
        if each.get("type") == "DisruptionTarget" and each.get("status") == "True":
            return shorten(": ".join(filter(None, (each.get("reason", ""), each.get("message", "")))))
    return ""


def _failed(status: Mapping[str, Any]) -> str:
    """Return which container made the pod fail, where it is not ours."""
    ends = ((each.get("name"), (each.get("state") or {}).get("terminated") or {}) for each in _statuses(status))
    return next((f"its container {name} ended with exit code {end['exitCode']}" for name, end in ends if end.get("exitCode")), "")
