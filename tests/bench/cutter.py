"""A proxy that forwards bytes, until it is told to cut every connection."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.lab.state import LOOPBACK

CHUNK = 1 << 16


class Cutter:
    """Listens on a free port of the loopback, and forwards to ``port`` there; ``with`` ends it."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((LOOPBACK, 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.cuts = 0
        self._parted = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Cutter:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> bool:
        """Ends every connection where it stands, be it in the middle of a line; whether there was one."""
        with self._lock:
            connections, self._open = self._open, set()
        self.cuts += bool(connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return bool(connections)

    def part(self) -> None:
        """Ends every connection, and each new one at once, until ``mend``."""
        self._parted = True
        self.cut()

    def mend(self) -> None:
        """Forwards again."""
        self._parted = False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # The listener was closed.
            while True:
                client, _address = self._listener.accept()
                if self._parted:
                    client.close()
                    continue
                server = socket.create_connection((LOOPBACK, self._target))
                with self._lock:
                    self._open |= {client, server}
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, sink}
