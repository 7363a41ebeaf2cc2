# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List and watch: the collection's only loop over a cluster.

Each source is read by a thread of its own that lists, watches, reconnects and lists again; the caller's thread only takes what
arrives from a queue. So a server that falls silent can never hold a wait past its deadline.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError

PAGE = 500
WATCH_SECONDS = 290  # The server ends a watch then; below the 5 minutes after which load balancers cut idle connections.
SILENCE_SECONDS = 90  # Bookmarks come about once a minute: a longer silence is a dead connection.
POLL_SECONDS = 5  # Between lists where watching is not allowed.
CONTACT_SECONDS = 30  # A server that never answered is a wrong address rather than a passing fault.
BACKOFF_SECONDS = (0.1, 0.5, 1, 2, 5)

# What more requests can't mend: bad request, unknown path (CRD not installed), and no right to list.
FATAL = frozenset({400, 403, 404, 405, 406, 422})
# A 401 is a token that has expired: the client asks for a new one at each request. Refused this often in a row, it is wrong.
UNAUTHORIZED_TRIES = 3


@dataclass(frozen=True)
class Source:
    """A collection of objects to follow: its API path and its list options (``labelSelector``, ``fieldSelector``)."""

    path: str
    query: dict = field(default_factory=dict)


class Deadline:
    """Seconds left of ``seconds`` by ``clock``, which is monotonic in seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._seconds = seconds

    @property
    def elapsed(self) -> float:
        return self._clock() - self._start

    @property
    def remaining(self) -> float:
        return max(0.0, self._seconds - self.elapsed)


@dataclass
class View:
    """What is known of the followed sources: objects by uid for each source's name, and the sources not listed yet.

    ``gone`` holds the objects that went away since the last view, ``trouble`` the last error of each source that is
    reconnecting, ``polled`` the sources that are listed again and again because watching them is not allowed.
    """

    objects: dict[str, dict[str, dict]]
    pending: set[str]
    gone: list[tuple[str, dict]] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    polled: set[str] = field(default_factory=set)


def follow(client: Client, sources: dict[str, Source], deadline: Deadline, tick: float = 1.0) -> Iterator[View]:
    """The view after each change, and at least each ``tick`` seconds; first when every source was listed. Ends at the deadline.

    :raises ApiError: a source cannot be listed and more requests won't mend it, or was never listed in ``CONTACT_SECONDS``.
    """
    inbox: queue.Queue = queue.Queue()
    stop = threading.Event()
    view = View({name: {} for name in sources}, set(sources))
    for name, source in sources.items():
        _Reader(client, name, source, inbox, stop).start()
    contact = Deadline(CONTACT_SECONDS)
    try:
        while deadline.remaining > 0 and (contact.remaining > 0 or not view.pending):
            _take(inbox, view, min(tick, deadline.remaining))
            if not view.pending:
                yield view
                view.gone.clear()
        if view.pending:
            raise ApiError(next(iter(view.trouble.values()), f"The API server {client.host} gave no answer."))
    finally:
        stop.set()


def _take(inbox: queue.Queue, view: View, seconds: float) -> None:
    """Applies all that has arrived, waiting up to ``seconds`` for the first."""
    try:
        _apply(view, *inbox.get(timeout=max(seconds, 0.001)))
        while True:
            _apply(view, *inbox.get_nowait())
    except queue.Empty:
        return


def _apply(view: View, name: str, kind: str, payload: Any) -> None:
    known = view.objects[name]
    if kind == "FATAL":
        raise payload
    if kind == "TROUBLE":
        view.trouble[name] = payload
    elif kind == "POLLED":
        view.polled.add(name)
    elif kind == "REPLACE":
        fresh = {_uid(item): item for item in payload}
        view.gone.extend((name, known[uid]) for uid in known if uid not in fresh)
        view.objects[name] = fresh
        view.pending.discard(name)
        view.trouble.pop(name, None)
    elif kind == "DELETED":
        known.pop(_uid(payload), None)
        view.gone.append((name, payload))
    else:
        known[_uid(payload)] = payload
        view.trouble.pop(name, None)


def _uid(item: dict) -> str:
    return item["metadata"]["uid"]


class _Reader(threading.Thread):
    """Lists and watches one source for ever; ends on a fatal error, or once ``stop`` is set."""

    def __init__(self, client: Client, name: str, source: Source, inbox: queue.Queue, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._client, self._name, self._source = client, name, source
        self._inbox, self._stopped = inbox, stop
        self._version: str | None = None
        self._failures = 0

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._list_if_needed()
                self._watch()
            except ApiError as error:
                if not self._go_on_after(error):
                    return

    def _put(self, kind: str, payload: Any = None) -> None:
        self._inbox.put((self._name, kind, payload))

    def _list_if_needed(self) -> None:
        if self._version is None:
            items, self._version = list_all(self._client, self._source)
            self._put("REPLACE", items)

    def _watch(self) -> None:
        """Passes on events until the server ends the watch, keeping the resourceVersion reached."""
        query = {
            **self._source.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": WATCH_SECONDS,
        }
        for event in self._client.stream(self._source.path, query, SILENCE_SECONDS):
            if self._stopped.is_set():
                return
            kind, item = event.get("type"), event.get("object") or {}
            if kind == "ERROR":
                raise ApiError(str(item.get("message")), status=int(item.get("code") or 500), reason=str(item.get("reason")))
            self._failures = 0
            self._version = str((item.get("metadata") or {}).get("resourceVersion") or self._version)
            if kind in ("ADDED", "MODIFIED", "DELETED"):
                self._put(kind, item)

    def _go_on_after(self, error: ApiError) -> bool:
        """Decides how to go on after an error, and waits before it; False when more requests can't mend it."""
        poll = error.status == 403 and self._version is not None
        if poll:
            self._put("POLLED")
        elif error.status in FATAL or (error.status == 401 and self._failures + 1 >= UNAUTHORIZED_TRIES):
            self._put("FATAL", error)
            return False
        elif error.status != 410:
            self._put("TROUBLE", error.message)
        if poll or error.status == 410:
            self._version = None
        self._stopped.wait(POLL_SECONDS if poll else self._pause(error))
        return True

    def _pause(self, error: ApiError) -> float:
        """Seconds until the next try: what the server asks for, else longer with each failure in a row."""
        pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        return error.retry_after if error.retry_after is not None else pause


def list_all(client: Client, source: Source) -> tuple[list[dict], str]:
    """Every object of the source, in pages, and the resourceVersion to watch from.

    :raises ApiError: as the server answers; a list whose continue token expired is begun again once by the caller.
    """
    items: list[dict] = []
    query = {**source.query, "limit": PAGE}
    while True:
        page = client.get(source.path, query)
        items.extend(page.get("items") or [])
        meta = page.get("metadata") or {}
        if not meta.get("continue"):
            return items, str(meta.get("resourceVersion", ""))
        query["continue"] = meta["continue"]
