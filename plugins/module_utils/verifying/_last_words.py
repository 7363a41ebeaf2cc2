# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what is left of a check: what its container printed, and where that is not the end of the matter, events and the Node.

This file is internal to the collection and may change in any release. Only a log that must be there and is not is an error:
the rest explains, and is left out where it may not be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Source, list_all
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable, shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import message_of, time_of
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import EVENTS, NODES
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._fates import fate
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, MAX_LOG_BYTES, JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import CONTAINER

# Of what did not end, the last lines tell where it hangs.
LAST_LINES, LAST_BYTES = 50, 65_536
MOST_EVENTS = 3
FORBIDDEN = 403
# What every pod goes through, and tells nothing.
USUAL_EVENTS = frozenset({"Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "Killing", "Nominated"})


class LastWords:
    """Reads for the Jobs of one namespace, from any thread."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._refusals: dict[str, str] = {}
        self._root = f"/api/v1/namespaces/{namespace}"

    def complete(self, job: str, node: str, state: JobState) -> JobState:
        """Return the state with all that is known of its end.

        Args:
            job: The Job's name.
            node: The Node that it was for; empty for none in particular.
            state: How it ended, or where it stands.

        Raises:
            ApiError: The container ended, and its log cannot be read.
        """
        if state.phase == ENDED:
            state = self._with_log(state, {"limitBytes": MAX_LOG_BYTES + 1})
            if not state.was_stopped:
                return state
        else:
            state = self._with_what_it_said(state)
        events = self._events(f"{self._root}/events", state.pod or job)
        return replace(state, events=tuple(events), fate=self._fate(node, state))

    @property
    def notes(self) -> list[str]:
        """A sentence for each right that is missing, so that less is told than could be."""
        return [f"Why a check did not end by itself may not be told. {message}" for message in self._refusals.values()]

    def note(self, error: ApiError) -> None:
        """Take notice of what could not be read, if it is for a right that is missing; each such right once."""
        if error.status == FORBIDDEN:
            self._refusals[error.next_step] = error.message

    def _with_log(self, state: JobState, query: Mapping[str, Any]) -> JobState:
        raw = self._client.data(f"{self._root}/pods/{state.pod}/log", {"container": CONTAINER, **query}, limit=MAX_LOG_BYTES + 1)
        # One byte more than will do was asked for: where it came, there is more than was read.
        return replace(state, log=printable(raw[:MAX_LOG_BYTES].decode("utf-8", "replace")), cut=len(raw) > MAX_LOG_BYTES)

    def _with_what_it_said(self, state: JobState) -> JobState:
        if not (state.pod and state.began):
            return state
        try:
            return self._with_log(state, {"tailLines": LAST_LINES, "limitBytes": LAST_BYTES})
        except ApiError:
            return state

    def _events(self, path: str, name: str) -> list[str]:
        found = sorted(self._listed(path, f"involvedObject.name={name}") or (), key=time_of)
        told = dict.fromkeys(
            f"{each.get('reason')}: {shorten(message_of(each))}" for each in found if each.get("reason") not in USUAL_EVENTS
        )
        return list(told)[-MOST_EVENTS:]

    def _fate(self, node: str, state: JobState) -> str:
        nodes = self._listed(NODES, f"metadata.name={node}") if node else None
        if nodes is None:
            return fate(node, {"metadata": {}}, (), state.disrupted)
        events = self._listed(EVENTS, f"involvedObject.kind=Node,involvedObject.name={node}")
        return fate(node, nodes[0] if nodes else None, events or (), state.disrupted)

    def _listed(self, path: str, selector: str) -> Optional[Sequence[Mapping[str, Any]]]:
        try:
            return list_all(self._client, Source(path, {"fieldSelector": selector}))[0]
        except ApiError as error:
            self.note(error)
            return None
