"""Runs modules as processes of their own, each forked after the libraries' imports, so that many of them can run side by side.

The collection's own files are imported anew in each process, as what a module notes when it begins must be its own.

``python module_process.py <collections> <module>...`` reads jobs from standard input, a JSON object a line, and answers each with one.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

COLLECTION = "ansible_collections.accelerated.nodes"
LIMIT_SECONDS = 90  # A module that hangs is ended, and its test fails.


def main(collections: str, *names: str) -> None:
    """Serve jobs: ``module``, ``arguments``, ``out`` and ``err`` (paths); the answer has ``rc``, ``seconds``
    (those that it ran or waited by itself) and ``queued`` (those that it waited for a processor)."""
    sys.path.insert(0, collections)
    for name in names:
        importlib.import_module(f"{COLLECTION}.plugins.modules.{name}")
    for name in [name for name in sys.modules if name.startswith(COLLECTION)]:
        del sys.modules[name]
    for line in iter(sys.stdin.readline, ""):
        job = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _become(job)
            importlib.import_module(f"{COLLECTION}.plugins.modules.{job['module']}").main()
            return
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        seconds, queued = time.monotonic() - began, _queued(child)
        _pid, status = os.waitpid(child, 0)
        answer = {"rc": os.waitstatus_to_exitcode(status), "seconds": seconds - queued, "queued": queued}
        print(json.dumps(answer), flush=True)


def _queued(pid: int) -> float:
    """Seconds for which a process was ready to run and had no processor: those that a busy machine takes, not the module."""
    try:
        _running, waiting, _slices = Path(f"/proc/{pid}/schedstat").read_text().split()
    except OSError:
        return 0.0
    return int(waiting) / 1e9


def _become(job: dict[str, Any]) -> None:
    for number, path in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = [job["module"], job["arguments"]]
    signal.alarm(LIMIT_SECONDS)


class ModuleProcesses:
    """One server of jobs; ``variables`` are added to the environment."""

    def __init__(self, collections: Path, *names: str, **variables: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("K8S_AUTH_", "KUBECONFIG"))}
        self._server = subprocess.Popen(
            [sys.executable, __file__, str(collections), *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment | variables,
        )

    def run(self, module: str, place: Path, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a module to its end, its files in ``place``; returns the server's answer, and ``out`` and ``err``."""
        job = {"module": module, **{name: str(place / name) for name in ("arguments", "out", "err")}}
        (place / "arguments").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer | {name: (place / name).read_text(encoding="utf-8") for name in ("out", "err")}

    def stop(self) -> None:
        self._server.stdin.close()
        self._server.wait(LIMIT_SECONDS)
        self._server.stdout.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
