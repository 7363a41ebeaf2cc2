"""The kubelets of Nodes that no instance is behind: the lab's node side without AWS, as a program of its own.

``python -m tests.bench.kubelets <directory of the lab>`` runs until it is told to stop.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from tests.lab.nodes import NodeSide
from tests.lab.state import State

#: Seconds between looks at nothing; the node side wakes for pods by itself.
IDLE_SECONDS = 60.0


class Kubelets(NodeSide):
    """Plays pods and serves their logs; the Nodes are the benchmark's own."""

    def _look(self, on: Mapping[str, Any]) -> None:
        """No instance joins or leaves."""
        self._next_look = time.monotonic() + IDLE_SECONDS

    def _keep_nodes(self, on: Mapping[str, Any], port: int) -> None:
        """Their accelerators are there from the beginning, without a device plugin."""


def main() -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    state = State.load()
    side = Kubelets(state.kubeconfig, state.aws_endpoint, state.directory)
    thread = threading.Thread(target=side.run, args=(stop,), daemon=True)
    thread.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    stop.set()
    thread.join(5)


if __name__ == "__main__":
    sys.exit(main())
