"""Runs programs and says what they took, by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Usage:
    """What a program took: wall and CPU (user and system) seconds, peak resident memory in bytes; and when it ended."""

    seconds: float
    cpu: float
    peak: int
    ended: float
    output: str

    @property
    def result(self) -> dict[str, Any]:
        """What a module returned."""
        return json.loads(self.output)


class Program:
    """A program that runs. Times are of the clock ``time.monotonic``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has ended
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT, env=dict(environment), cwd=directory
        )
        #: (seconds since it began, resident bytes), in order.
        self.memory: list[tuple[float, int]] = []
        self._peak = 0
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def wait(self) -> Usage:
        """Waits for its end.

        :raises RuntimeError: it failed; with its last words.
        """
        _pid, status, usage = os.wait4(self._process.pid, 0)
        ended = time.monotonic()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._sampler.join()
        self._output.seek(0)
        output = self._output.read().decode("utf-8", "replace")
        self._output.close()
        if self._process.returncode:
            raise RuntimeError(f"a measured program ended with {self._process.returncode}: {output[-2000:]}")
        return Usage(ended - self.began, usage.ru_utime + usage.ru_stime, self._peak, ended, output)

    def wait_in_background(self) -> Callable[[], Usage]:
        """Waits while others are waited for too; returns what gives the outcome of ``wait``."""
        pool = ThreadPoolExecutor(1)
        future = pool.submit(self.wait)
        pool.shutdown(wait=False)
        return future.result

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def _sample(self) -> None:
        """The accounting's own ``ru_maxrss`` is no help: a child's begins with the memory of the parent that it was forked from."""
        status = Path(f"/proc/{self._process.pid}/status")
        while self._process.returncode is None:
            try:
                fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            except OSError:
                return
            if "VmHWM" not in fields:  # It has ended, and waits to be asked how.
                return
            self._peak = max(self._peak, _bytes(fields["VmHWM"]))
            self.memory.append((time.monotonic() - self.began, _bytes(fields["VmRSS"])))
            time.sleep(SAMPLE_SECONDS)


def _bytes(field: str) -> int:
    return int(field.split()[0]) * 1024
