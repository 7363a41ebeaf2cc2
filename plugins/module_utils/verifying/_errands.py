# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests beside a watch: a few threads ask, so that one slow answer holds up neither the watch nor the other requests.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

THREADS = 4


class Answer(NamedTuple):
    """What came of an errand: what it returned, or the error that it ended with."""

    kind: str
    name: str
    value: Any
    error: Optional[ApiError]


class Errands:
    """Runs errands, the oldest first, and keeps what came of each until it is taken.

    :param ring: called from a thread when an answer has come.
    """

    def __init__(self, ring: Callable[[], None], threads: int = THREADS) -> None:
        self._ring, self._most = ring, threads
        self._todo: queue.SimpleQueue = queue.SimpleQueue()
        self._done: queue.SimpleQueue = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.open: set[tuple[str, str]] = set()

    def give(self, kind: str, name: str, errand: Callable[[], Any]) -> None:
        """Have something done; ``kind`` and ``name`` come back with the answer."""
        self.open.add((kind, name))
        self._todo.put((kind, name, errand))
        if len(self._threads) < min(self._most, len(self.open)):
            # Daemons, as a server that never answers must not keep the module from ending.
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()

    def count(self, kind: str) -> int:
        """How many errands of a kind have no answer that was taken."""
        return sum(each == kind for each, _name in self.open)

    def answers(self, seconds: float = 0.0) -> Iterator[Answer]:
        """Take what has come; waits up to ``seconds`` for the first."""
        try:
            if seconds > 0 and self.open:
                yield self._taken(self._done.get(timeout=seconds))
            while True:
                yield self._taken(self._done.get_nowait())
        except queue.Empty:
            return

    def close(self) -> None:
        """Let go of what has not begun, and of the threads once they have an answer; it is not waited for."""
        try:
            while True:
                kind, name, _errand = self._todo.get_nowait()
                self.open.discard((kind, name))
        except queue.Empty:
            for _each in self._threads:
                self._todo.put(None)
            self._threads = []

    def _taken(self, answer: Answer) -> Answer:
        self.open.discard((answer.kind, answer.name))
        return answer

    def _work(self) -> None:
        while True:
            errand = self._todo.get()
            if errand is None:
                return
            self._done.put(_answer(*errand))
            self._ring()


def _answer(kind: str, name: str, errand: Callable[[], Any]) -> Answer:
    try:
        return Answer(kind, name, errand(), None)
    except ApiError as error:
        return Answer(kind, name, None, error)
    except CollectionError as error:
        # An exec plugin may fail where the server would not.
        return Answer(kind, name, None, ApiError(error.message, 401, "NoCredentials"))
