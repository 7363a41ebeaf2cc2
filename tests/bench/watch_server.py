"""Simulated: an API server's lists and watches of NodeClaims, for more changes a second than the real one can take on a small machine.

It speaks the protocol that the real one speaks: lists in pages of one moment, watches as JSON lines in chunks, bookmarks once a
second, and 410 for a version that is no longer kept. Everything else that is asked for is an empty list.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.claims import PATH
from tests.lab.state import LOOPBACK

BOOKMARK_SECONDS = 1
KEPT_VERSIONS = 20_000


class Store:
    """The objects, and their last changes by version.

    :param kept: how many changes can be watched from, at least.
    """

    def __init__(self, kept: int = KEPT_VERSIONS) -> None:
        self._kept = kept
        self._objects: dict[str, bytes] = {}
        self._changes: list[bytes] = []
        self._forgotten = 1  # The version up to which changes are no longer known.
        self._changed = threading.Condition()
        self._snapshots: dict[int, list[bytes]] = {}
        #: How often everything was listed.
        self.lists = 0

    @property
    def version(self) -> int:
        """The last change's."""
        return self._forgotten + len(self._changes)

    def put(self, item: dict[str, Any]) -> int:
        """Creates or changes an object; returns its version."""
        name = item["metadata"]["name"]
        with self._changed:
            version = self.version + 1
            text = json.dumps({**item, "metadata": {**item["metadata"], "resourceVersion": str(version)}}).encode()
            kind = b"MODIFIED" if name in self._objects else b"ADDED"
            self._objects[name] = text
            self._changes.append(b'{"type":"%s","object":%s}\n' % (kind, text))
            if len(self._changes) > 2 * self._kept:
                del self._changes[: self._kept]
                self._forgotten += self._kept
            self._changed.notify_all()
        return version

    def page(self, limit: int, position: str) -> bytes:
        """Some objects as they were when the first page was asked for; ``position`` is where the page before ended, or empty."""
        with self._changed:
            version, start = (int(word) for word in position.split(":")) if position else (self.version, 0)
            if not position:
                self.lists += 1
                self._snapshots = {version: list(self._objects.values())}
            items = self._snapshots[version]
        end = start + (limit or len(items))
        meta = {"resourceVersion": str(version), **({"continue": f"{version}:{end}"} if end < len(items) else {})}
        return b'{"kind":"NodeClaimList","metadata":%s,"items":[%s]}' % (json.dumps(meta).encode(), b",".join(items[start:end]))

    def since(self, version: int, seconds: float) -> Iterator[bytes]:
        """Pieces of a watch from ``version`` on, empty ones between, for that long."""
        now = told = time.monotonic()
        deadline = now + seconds
        while now < deadline:
            with self._changed:
                if version < self._forgotten:
                    yield _event(
                        "ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": f"too old resource version: {version}"}
                    )
                    return
                if version == self.version:
                    self._changed.wait(0.1)
                changes = self._changes[version - self._forgotten :]
            version += len(changes)
            yield b"".join(changes)
            now = time.monotonic()
            if now - told >= BOOKMARK_SECONDS:
                told = now
                yield _event("BOOKMARK", {"kind": "NodeClaim", "metadata": {"resourceVersion": str(version)}})


class WatchServer(ThreadingHTTPServer):
    """Serves a store on a free port of the loopback; ``with`` starts and ends it."""

    daemon_threads = True

    def __init__(self, store: Store) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.store = store
        #: Set by the first watch.
        self.watched = threading.Event()

    def __enter__(self) -> WatchServer:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_about: object) -> None:
        """Connections are cut on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WatchServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path != PATH:
            self._answer(b'{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}')
        elif query.get("watch") == "true":
            self._watch(int(query["resourceVersion"]), float(query.get("timeoutSeconds", 300)))
        else:
            self._answer(self.server.store.page(int(query.get("limit", 0)), query.get("continue", "")))

    def log_message(self, *_words: object) -> None:
        """A watch is one line too many."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, version: int, seconds: float) -> None:
        self.server.watched.set()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in self.server.store.since(version, seconds):
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def _event(kind: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"
