"""Processes that outlive the command that started them: start, recognise, end.

A process is known by its id and its start time together, so that an id which the system has given to
somebody else is never signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

#: Field of /proc/<pid>/stat, counted after the command's closing parenthesis: state is 0, starttime 19.
_STATE, _START_TIME = 0, 19


def start(name: str, command: Sequence[str], directory: Path, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in its own session, its output appended to ``log``, its identity recorded under ``directory``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    record = _record(directory, name)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{process.pid} {_start_time(process.pid)}\n", encoding="utf-8")
    return process


def running(directory: Path, name: str) -> int | None:
    """The id of the recorded process if it still runs."""
    try:
        pid, started = _record(directory, name).read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if alive(int(pid)) and _start_time(int(pid)) == started else None


def recorded(directory: Path) -> list[str]:
    """Names of all processes ever recorded, running or not."""
    return sorted(path.stem for path in (directory / "pids").glob("*.pid"))


def stop(directory: Path, name: str, patience: float = 20) -> None:
    """End the recorded process: politely, then after ``patience`` seconds for certain."""
    pid = running(directory, name)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        if not gone([pid], patience):
            _signal(pid, signal.SIGKILL)
            gone([pid], 5)
    _record(directory, name).unlink(missing_ok=True)


def gone(pids: Iterable[int], patience: float) -> bool:
    """Whether all of ``pids`` ended within ``patience`` seconds."""
    deadline = time.monotonic() + patience
    left = list(pids)
    while left := [pid for pid in left if alive(pid)]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    """Whether the process exists and is more than a zombie."""
    stat = _stat(pid)
    return bool(stat) and stat[_STATE] not in "ZX"


def _record(directory: Path, name: str) -> Path:
    return directory / "pids" / f"{name}.pid"


def _start_time(pid: int) -> str:
    stat = _stat(pid)
    return stat[_START_TIME] if stat else ""


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # It ended between the look and the signal.
