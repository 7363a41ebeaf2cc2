# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the Jobs of a run, and again where that was refused for the moment only.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import passes
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._agenda import (
    CREATE,
    END,
    PAUSE_SECONDS,
    PODLESS,
    PODLESS_SECONDS,
    TRIES,
    Agenda,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._errands import Answer, Errands
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_roll import Entry, JobRoll
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import PENDING, STOPPED, JobState, job_state
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import MODULE_SECONDS


class JobCreation:
    """Creates Jobs, in one namespace."""

    def __init__(self, client: Client, namespace: str, roll: JobRoll, agenda: Agenda, errands: Errands) -> None:
        self._client, self._roll, self._agenda, self._errands = client, roll, agenda, errands
        self._path = f"/apis/batch/v1/namespaces/{namespace}/jobs"

    def at_once(self, manifest: dict[str, Any], now: float) -> None:
        """Create one Job. It counts as created even if the answer was lost, so that it is deleted in any case."""
        name = self._roll.begin(manifest, 0, now)
        self._client.create(self._path, manifest)
        self._roll.entries[name].manifest = None
        self._roll.states[name] = job_state(None, None)

    def order(self, manifest: Mapping[str, Any], seconds: int, now: float) -> None:
        """Have one Job created, for which there are so many seconds."""
        self.again(self._roll.begin(manifest, seconds, now))

    def again(self, name: str) -> None:
        """Have a Job created that was begun before."""
        manifest = self._roll.entries[name].manifest or {}
        self._errands.give(CREATE, name, partial(self._client.create, self._path, manifest))

    def take(self, answer: Answer, now: float) -> dict[str, JobState]:
        """Take over what came of a creation; return the Job's end, if it is refused for good.

        Raises:
            ApiError: No Job may be created at all.
        """
        name, error, entry = answer.name, answer.error, self._roll.entries.get(answer.name)
        if entry is None:
            # The Job was seen, told of and deleted before this answer came: what was asked for again may be there again.
            self._roll.there[name] = None
            return {}
        # A conflict: an earlier request has made it, and its answer was lost.
        if error is not None and error.status != 409:
            end = self._refused(name, entry, error, now)
            return {name: end} if end else {}
        entry.manifest, entry.since, entry.failures = None, now, 0
        self._agenda.put(END, name, now + entry.seconds + MODULE_SECONDS)
        self._agenda.put(PODLESS, name, now + PODLESS_SECONDS)
        if self._roll.states[name].reason == "Creating":
            self._roll.states[name] = job_state(None, None)
        return {}

    def _refused(self, name: str, entry: Entry, error: ApiError, now: float) -> Optional[JobState]:
        """Try again what passes, and a quota as long as Jobs of our own may be what uses it up; the rest is this Job's end."""
        if error.status == 401 or (error.status == 403 and "cannot create resource" in error.message):
            raise error
        self._roll.states[name] = JobState(PENDING, "Creating", shorten(error.message))
        full = "exceeded quota" in error.message
        if full and self._roll.none_created:
            entry.failures += 1
        if passes(error) or (full and entry.failures < TRIES):
            self._agenda.put(CREATE, name, now + PAUSE_SECONDS)
            return None
        self._roll.there.pop(name, None)
        return JobState(STOPPED, "QuotaExceeded" if full else "Refused", shorten(error.message, 600))
