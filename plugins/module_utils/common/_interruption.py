# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ends a module before its time: SIGTERM, SIGINT and SIGHUP, or that nobody is left to hear its result.

A signal is raised as an exception where the main thread is, once: what follows is the way out, on which later signals change
nothing. It is not raised while ``held``, that is while something is being removed.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LISTEN_SECONDS = 2.0
STDOUT = 1


class Interrupted(BaseException):
    """The module is to end now. No CollectionError, as nothing on the way may take it for the end of its own work."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Interruption:
    """The process' signals, and what is to be removed however it ends."""

    def __init__(self) -> None:
        self._cleaning: list[Callable[[], None]] = []
        self._holds = 0
        self._raised = False
        self._pending = ""
        # What could not be removed, in sentences: what ended its removal may have kept them from coming back by the usual way.
        self.left: list[str] = []

    def listen(self) -> None:
        """Take over the signals, of the main thread, and begin to look whether anyone hears."""
        for number in SIGNALS:
            # Whoever had one ignored, as nohup does, meant it.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle)
        threading.Thread(target=self._look_for_a_listener, daemon=True).start()

    def over(self) -> None:
        """Take no more notice of signals: the result is on its way out."""
        self._raised = True

    def at_end(self, clean: Callable[[], None]) -> None:
        """Have something called by ``clean``, unless it is ``done`` before."""
        self._cleaning.append(clean)

    def done(self, clean: Callable[[], None]) -> None:
        """Forget what was to be called."""
        if clean in self._cleaning:
            self._cleaning.remove(clean)

    def clean(self) -> None:
        """Call what has not been done: an interruption may come just where something was about to be removed."""
        while self._cleaning:
            self._cleaning.pop()()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put off what comes meanwhile until the end of the context."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._pending and not self._holds:
            self._raise()

    def _handle(self, number: int, _frame: Any) -> None:
        if not self._raised and not self._pending:
            self._pending = signal.Signals(number).name
            if not self._holds:
                self._raise()

    def _raise(self) -> None:
        name, self._pending, self._raised = self._pending, "", True
        raise Interrupted(name)

    def _look_for_a_listener(self) -> None:
        """Ends the module when what reads its result is gone, as when Ansible is killed: nobody sends a signal then."""
        ears = select.poll()
        ears.register(STDOUT, 0)
        while not self._raised:
            for _file, event in ears.poll(LISTEN_SECONDS * 1000):
                if not event & select.POLLNVAL:
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                return


INTERRUPTION = Interruption()
