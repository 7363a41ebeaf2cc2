# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a watch shows of the Jobs and pods of a run: where each Job stands by it. Asks nothing.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Source, View
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import STOPPED, JobState, job_state

# Devices that the last pod has just given back are free within seconds.
UNSCHEDULABLE_SECONDS = 20


class Sightings:
    """What was last seen of each Job and its pod, by the Job's name."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, Any]] = {}
        self._unschedulable_since: dict[str, float] = {}

    def note(self, view: View) -> set[str]:
        """Take over what has changed; return the names of the Jobs that something may have happened to."""
        touched = set()
        for source, kept in view.gone:
            known, name = self._known(source), kept["job"]
            if name in known and known[name]["uid"] == kept["uid"]:
                del known[name]
            touched.add(name)
        for source, kept in view.changed:
            if kept["uid"] in view.objects[source]:
                self._known(source)[kept["job"]] = kept
            touched.add(kept["job"])
        # Whether a pod has been unschedulable for too long is a matter of time alone.
        touched.update(self._unschedulable_since)
        return touched

    def has_pod(self, name: str) -> bool:
        """Whether the Job has a pod."""
        return name in self._pods

    def state(self, name: str, before: JobState, now: float) -> JobState:
        """Return where a Job stands now, given where it stood before; to be asked whenever something happened to it."""
        job, pod = self._jobs.get(name), self._pods.get(name)
        if job is None and pod is None:
            return replace(before, phase=STOPPED, reason="Deleted", message="its Job and pod were deleted")
        state = job_state(job, pod)
        if pod is None:
            # What the pod has said stays true after it is gone.
            state = replace(state, pod=before.pod, disrupted=before.disrupted, injected=before.injected)
        if state.reason != "Unschedulable":
            self._unschedulable_since.pop(name, None)
        elif now - self._unschedulable_since.setdefault(name, now) >= UNSCHEDULABLE_SECONDS:
            state = replace(state, phase=STOPPED)
        return state

    def forget(self, name: str) -> None:
        """Keep nothing of a Job that is over."""
        known: list[dict[str, Any]] = [self._jobs, self._pods, self._unschedulable_since]
        for each in known:
            each.pop(name, None)

    def _known(self, source: str) -> dict[str, dict[str, Any]]:
        return self._jobs if source == "jobs" else self._pods


def sources(namespace: str, selector: str) -> dict[str, Source]:
    """Return what to follow, so that a view shows these Jobs and their pods."""
    query = {"labelSelector": selector}
    return {
        "jobs": Source(f"/apis/batch/v1/namespaces/{namespace}/jobs", query, keep=_kept_job),
        "pods": Source(f"/api/v1/namespaces/{namespace}/pods", query, keep=_kept_pod),
    }


def _kept_job(item: Mapping[str, Any]) -> dict[str, Any]:
    return _kept(item, item["metadata"]["name"])


def _kept_pod(item: Mapping[str, Any]) -> dict[str, Any]:
    owners = item["metadata"].get("ownerReferences") or ()
    return _kept(item, next((each["name"] for each in owners if each.get("kind") == "Job"), ""))


def _kept(item: Mapping[str, Any], job: str) -> dict[str, Any]:
    """Return what is kept of a Job or a pod: the name of its Job, and its status."""
    meta = item["metadata"]
    return {"job": job, "uid": meta.get("uid") or meta["name"], "metadata": {"name": meta["name"]}, "status": item.get("status") or {}}
