# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads for a diagnosis within a budget of time: a failure is noted in a sentence, and never raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, TypeVar

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, list_all
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
EVENTS = "/api/v1/events"
DAEMONSETS = "/apis/apps/v1/daemonsets"
DEPLOYMENTS = "/apis/apps/v1/deployments"
JOBS_IN = "/apis/batch/v1/namespaces/{namespace}/jobs"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"

Answer = TypeVar("Answer")

INCOMPLETE = "The cause may be incomplete:"


class Reading:
    """One look at the cluster.

    ``unreadable`` holds a sentence for each thing that could not be read. Once the API server has not answered, or the time is
    used up, nothing more is asked of it.
    """

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self.deadline = client, deadline
        self._lost = False
        self.unreadable: list[str] = []

    def objects(self, path: str, query: Optional[dict[str, Any]] = None) -> list[dict]:
        """The objects at the path; empty where they could not be read."""
        return self.maybe(path, query) or []

    def maybe(self, path: str, query: Optional[dict[str, Any]] = None) -> Optional[list[dict]]:
        """The objects at the path; None where they could not be read."""
        return self._ask(lambda seconds: list_all(self._client, Source(path, query or {}), timeout=seconds)[0])

    def get(self, path: str, absent: dict[str, Any]) -> Optional[dict[str, Any]]:
        """The object at the path; None where it could not be read, ``absent`` where it does not exist."""
        return self._ask(lambda seconds: self._client.get(path, timeout=seconds), absent)

    def _ask(self, request: Callable[[float], Answer], absent: Optional[Answer] = None) -> Optional[Answer]:
        if self._lost:
            return None
        if not self.deadline.remaining:
            self._lose("there was no time to read all of the evidence.")
            return None
        try:
            return request(self.deadline.remaining)
        except ApiError as error:
            if error.status == 404 and absent is not None:
                return absent
            if error.status:
                self.note(error.message)
            else:
                self._lose(error.message)
            return None

    def note(self, sentence: str) -> None:
        """Notes once what could not be read."""
        if f"{INCOMPLETE} {sentence}" not in self.unreadable:
            self.unreadable.append(f"{INCOMPLETE} {sentence}")

    def _lose(self, sentence: str) -> None:
        self._lost = True
        self.note(sentence)
