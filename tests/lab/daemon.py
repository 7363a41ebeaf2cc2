"""The lab's one supervisor: the simulated AWS, the node side, Karpenter's controller and the chart registry.

``up`` starts it detached; SIGTERM ends it with all that it started. It says that everything runs by writing
``facts.json``.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time

from tests.lab import aws, process, registry
from tests.lab.controller import Controller
from tests.lab.llmaz import Llmaz
from tests.lab.nodes import NodeSide
from tests.lab.state import LabError, State, write_whole

log = logging.getLogger("tests.lab")

#: The supervisor's own processes, by the names they are recorded under.
CHILDREN = ("registry", "karpenter")


def main() -> int:
    """Run until told to stop; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    # moto's server reports every request.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(State.load(), stop)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(state: State, stop: threading.Event) -> None:
    """Start every part, wait for ``stop``, end every part."""
    # AWS SDK calls that the parts make in this process go to the lab's AWS, whatever the user's shell says.
    os.environ.update(state.environment())
    end_children(state)
    child = process.start("registry", registry.command(state), state.directory, state.log("registry"), os.environ)
    emulator = aws.serve(state.ports["aws"], state)
    threads: list[threading.Thread] = []
    try:
        if _wait_for_control_plane(state, stop):
            facts = aws.prepare(state)
            threads = _start_parts(state, stop)
            write_whole(state.facts_file, json.dumps({"pid": os.getpid(), **facts}, indent=2) + "\n")
            log.info("all parts run")
            stop.wait()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        emulator.stop()
        end_children(state)
        child.wait()
        log.info("ended")


def end_children(state: State) -> None:
    """End what the supervisor, or one before it that was killed, started."""
    for name in CHILDREN:
        process.stop(state.directory, name)


def _start_parts(state: State, stop: threading.Event) -> list[threading.Thread]:
    parts = {
        "nodes": NodeSide(state.kubeconfig, state.aws_endpoint, state.directory).run,
        "controller": Controller(state).run,
        "llmaz": Llmaz(state.kubeconfig).run,
    }
    threads = [threading.Thread(target=run, args=(stop,), name=name) for name, run in parts.items()]
    for thread in threads:
        thread.start()
    return threads


def _wait_for_control_plane(state: State, stop: threading.Event, patience: float = 120) -> bool:
    """Whether ``up`` brought the control plane up (it writes the kubeconfig last) before ``stop`` was set."""
    deadline = time.monotonic() + patience
    while not state.kubeconfig.exists():
        if time.monotonic() > deadline:
            raise LabError(f"no control plane within {patience:.0f} s; see {state.directory / 'kwok'}")
        if stop.wait(0.1):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
