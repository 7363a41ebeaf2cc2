# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module and shows the progress lines that it writes, as they come.

A module cannot print while it runs. The alternative, running it again for each slice of time, would start Python and list
everything anew at each slice, and be late by that much at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

POLL_SECONDS = 0.2


class Tail(threading.Thread):
    """Shows each line that is appended to a file, until stopped; then the rest of it.

    It ends the process once nobody is left to show lines to. A controller that cancels a job kills ansible-playbook, and not its workers, which since
    ansible-core 2.19 are in sessions of their own: without this the module would go on to its end.
    """

    def __init__(self, path: Path, show: Callable[[str], None]) -> None:
        super().__init__(daemon=True)
        self._path, self._show = path, show
        self._done = threading.Event()
        self._parent = os.getppid()

    def run(self) -> None:
        try:
            with self._path.open(encoding="utf-8", errors="replace") as lines:
                while not self._done.wait(POLL_SECONDS) and os.getppid() == self._parent:
                    self._drain(lines)
                self._drain(lines)
        except BrokenPipeError:
            # The way to ansible-playbook ends where nobody reads.
            self._parent = 0
        if os.getppid() != self._parent:
            # The worker, and by that the module, which removes what is its own.
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self._done.set()
        self.join()

    def _drain(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._show(line.rstrip("\n"))


class ProgressAction(ActionBase):
    """An action plugin over the module of the same name. Over a connection that is not local it only runs the module."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        del tmp
        if self._connection.transport != "local":
            return {**result, **self._execute_module(task_vars=task_vars)}
        return {**result, **self._run_with_progress(task_vars)}

    def _run_with_progress(self, task_vars: Any) -> dict[str, Any]:
        place = tempfile.mkdtemp(prefix="accelerated-nodes-")
        path = Path(place, "progress")
        path.touch()
        display = Display()
        host = (task_vars or {}).get("inventory_hostname", "")
        tail = Tail(path, lambda line: display.display(f"[{host}] {line}"))
        tail.start()
        try:
            return self._execute_module(module_args={**self._task.args, "progress_file": str(path)}, task_vars=task_vars)
        finally:
            tail.stop()
            shutil.rmtree(place, ignore_errors=True)
