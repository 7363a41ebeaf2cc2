# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the evidence for a diagnosis beside a wait, so that a slow answer never holds the wait up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence, Question


class Investigation:
    """One look at a time, in a thread.

    :param look: reads the evidence for a question; raises nothing.
    """

    def __init__(self, look: Callable[[Question], Evidence]) -> None:
        self._look = look
        self._thread: Optional[threading.Thread] = None
        self._found: Optional[Evidence] = None
        self._fresh = False

    def begin(self, question: Question) -> None:
        """Looks, unless it is looking already."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, args=(question,), daemon=True)
            self._thread.start()

    def news(self) -> Optional[Evidence]:
        """What was found since this was last asked; None when nothing was."""
        if not self._fresh:
            return None
        self._fresh = False
        return self._found

    def result(self, seconds: float) -> Optional[Evidence]:
        """The latest evidence, after waiting that long for a look that goes on; None when there is none."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._found

    def _run(self, question: Question) -> None:
        self._found = self._look(question)
        self._fresh = True
