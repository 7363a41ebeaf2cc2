# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes Jobs: those of this run at its end, and those that an earlier run has left behind.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import passes
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, list_all
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._errands import Errands
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import MANAGED_BY, MANAGED_BY_LABEL, RUN_LABEL

PAUSE_SECONDS = 1.0
# The clocks of this host and of the API server may differ, and a run may still be reading its Job's log.
EXPIRED_SECONDS = 300
SWEEP_SECONDS = 30


def delete_job(client: Client, namespace: str, name: str, uid: str = "") -> None:
    """Delete a Job with its pods; one that is gone already, or is another than that of ``uid``, is left.

    Raises:
        ApiError: It could not be deleted.
    """
    options: dict[str, Any] = {"propagationPolicy": "Background", **({"preconditions": {"uid": uid}} if uid else {})}
    try:
        client.delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", options)
    except ApiError as error:
        if error.status not in (404, 409):
            raise


def delete_jobs(client: Client, namespace: str, names: Iterable[str], deadline: Deadline) -> list[str]:
    """Delete Jobs with their pods, some at a time; return a sentence for each that could not be deleted."""
    return _delete(client, namespace, dict.fromkeys(names, ""), deadline)


def _delete(client: Client, namespace: str, uids: Mapping[str, str], deadline: Deadline) -> list[str]:
    errands = Errands(lambda: None)
    for name, uid in uids.items():
        errands.give("delete", name, partial(delete_job, client, namespace, name, uid))
    left: dict[str, str] = {}
    again: dict[str, float] = {}
    while (errands.open or again) and deadline.remaining:
        for name in [name for name, when in again.items() if when <= deadline.elapsed]:
            del again[name]
            errands.give("delete", name, partial(delete_job, client, namespace, name, uids[name]))
        for answer in errands.answers(min(deadline.remaining, PAUSE_SECONDS)):
            left.pop(answer.name, None)
            if answer.error is not None:
                left[answer.name] = answer.error.message
                if passes(answer.error):
                    again[answer.name] = deadline.elapsed + PAUSE_SECONDS
        if again and not errands.open:
            deadline.pause(PAUSE_SECONDS)
    left = {**{name: "the API server has not answered." for _kind, name in sorted(errands.open)}, **left}
    errands.close()
    return [f"Job {namespace}/{name} could not be deleted: {why}" for name, why in left.items()]


def sweep(client: Client, namespace: str) -> list[str]:
    """Delete what earlier runs have left, if its time is over; return a sentence for each that could not be deleted.

    Raises:
        ApiError: Jobs may not be listed.
    """
    query = {"labelSelector": f"{MANAGED_BY_LABEL}={MANAGED_BY},{RUN_LABEL}"}
    jobs, _version = list_all(client, Source(f"/apis/batch/v1/namespaces/{namespace}/jobs", query))
    old = expired(jobs, datetime.now(timezone.utc))
    return _delete(client, namespace, old, Deadline(SWEEP_SECONDS))


def expired(jobs: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, str]:
    """Return name and uid of the Jobs whose own deadline has long passed, so that no run can be waiting for them. Pure."""
    found = {}
    for job in jobs:
        meta, seconds = job["metadata"], job["spec"].get("activeDeadlineSeconds")
        born = datetime.strptime(meta["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if seconds is not None and now > born + timedelta(seconds=seconds + EXPIRED_SECONDS):
            found[meta["name"]] = meta["uid"]
    return found
