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
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import READ_SECONDS, SILENT, Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._retry import Patience
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

PAGE = 500
WATCH_SECONDS = 290  # The server ends a watch then; below the 5 minutes after which load balancers cut idle connections.
SILENCE_SECONDS = 90  # Bookmarks come about once a minute: a longer silence is a dead connection.
POLL_SECONDS = 5  # Between lists where watching is not allowed.
SHORT_SECONDS = 1  # A watch that ends sooner, with nothing in it, is a failure.
STALE_FAILURES = 2  # After so many failed or silent watches in a row the resourceVersion reached may be the cause: list again.
# A cut connection says nothing of the version, and what a list skips the ledger never sees; but something may cut each watch. So many
# in a row, with nothing heard for so long, are taken for that.
CUTS = frozenset({"Unreachable", "CutEvent"})
CUT_FAILURES, CUT_SECONDS = 5, 20
STALE = frozenset({410, 504})  # The resourceVersion is too old, or of the future ("Too large resource version").


@dataclass(frozen=True)
class Source:
    """A collection of objects to follow: its API path and its list options (``labelSelector``, ``fieldSelector``).

    ``keep`` makes of an object what is kept of it; KeyError, TypeError, ValueError or AttributeError say that it is none.
    ``watch``: whether changes are followed, or the objects are listed once. ``needed``: whether its refusal ends all; if not,
    it counts as empty.
    """

    path: str
    query: dict = field(default_factory=dict)
    keep: Callable[[dict], Any] = lambda item: item
    watch: bool = True
    needed: bool = True


class Item(NamedTuple):
    """What is kept of an object."""

    uid: str
    version: str
    kept: Any


class Deadline:
    """Seconds left of ``seconds`` by ``clock``, which is monotonic in seconds, since ``start`` (default: now)."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic, start: Optional[float] = None) -> None:
        self._clock = clock
        self._start = clock() if start is None else start
        self._seconds = seconds

    @property
    def elapsed(self) -> float:
        return self._clock() - self._start

    @property
    def remaining(self) -> float:
        return max(0.0, self._seconds - self.elapsed)

    def pause(self, seconds: float) -> None:
        """Waits, but not past the deadline."""
        time.sleep(min(seconds, self.remaining))

    def share(self, most: float) -> float:
        """A quarter of what is left, in seconds, from 2 up to ``most``: so long one silence may last, that another try has time."""
        return min(most, max(2.0, self.remaining / 4))


@dataclass
class View:
    """What is known of the followed sources: kept objects by uid for each source's name, and the sources not listed yet.

    ``changed`` (source and what is kept, for each event) and ``gone`` (source and what was kept) tell of the time since the last view; ``trouble`` the
    last error of each source that is reconnecting, ``polled`` the refusal of each that is listed again and again because watching
    it is not allowed, ``refused`` the final error of each that is not needed.
    """

    objects: dict[str, dict[str, Any]]
    pending: set[str]
    changed: list[tuple[str, Any]] = field(default_factory=list)
    gone: list[tuple[str, Any]] = field(default_factory=list)
    trouble: dict[str, ApiError] = field(default_factory=dict)
    polled: dict[str, ApiError] = field(default_factory=dict)
    refused: dict[str, ApiError] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


class Bell:
    """Wakes whoever follows from another thread: the next view comes at once, with or without news."""

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()

    def ring(self) -> None:
        self.inbox.put(("", "BELL", None))


def follow(
    client: Client, sources: dict[str, Source], deadline: Deadline, tick: float = 1.0, bell: Optional[Bell] = None
) -> Iterator[View]:
    """The view after each change, and at least each ``tick`` seconds; first when every source was listed. Ends at the deadline.

    :param bell: what brings a view before its time.
    :raises ApiError: a source cannot be listed and more requests won't mend it, or was never listed.
    """
    inbox = (bell or Bell()).inbox
    stop = threading.Event()
    view = View({name: {} for name in sources}, set(sources))
    for name, source in sources.items():
        _Reader(client, name, source, deadline, inbox, stop).start()
    try:
        while deadline.remaining > 0:
            _take(inbox, view, min(tick, deadline.remaining))
            if not view.pending:
                yield view
                view.changed.clear()
                view.gone.clear()
        if view.pending:
            raise next(iter(view.trouble.values()), ApiError(f"The API server {client.host} gave no answer."))
    finally:
        stop.set()


def read(client: Client, sources: dict[str, Source], deadline: Deadline) -> dict[str, list]:
    """What is kept of each source's objects, listed once; faults that pass are outlasted until the deadline.

    :raises ApiError: as :func:`follow`.
    """
    once = {name: Source(source.path, source.query, source.keep, watch=False, needed=source.needed) for name, source in sources.items()}
    view = next(follow(client, once, deadline))
    return {name: list(found.values()) for name, found in view.objects.items()}


def _take(inbox: queue.SimpleQueue, view: View, seconds: float) -> None:
    """Applies all that has arrived, waiting up to ``seconds`` for the first."""
    try:
        _apply(view, *inbox.get(timeout=max(seconds, 0.001)))
        for _each in range(inbox.qsize()):
            _apply(view, *inbox.get_nowait())
    except queue.Empty:
        return


def _apply(view: View, name: str, kind: str, payload: Any) -> None:
    if kind == "FATAL":
        raise payload
    if kind == "BELL":
        return
    if kind == "TROUBLE":
        view.trouble[name] = payload
    elif kind == "REFUSED":
        view.refused[name] = payload
        _replace(view, name, [])  # What was seen before may be gone by now: it counts as empty.
        view.pending.discard(name)
        view.trouble.pop(name, None)
    elif kind == "POLLED":
        view.polled[name] = payload
    else:
        view.trouble.pop(name, None)
        view.pending.discard(name)
        CHANGES[kind](view, name, payload)


def _replace(view: View, name: str, items: list[Item]) -> None:
    fresh = {item.uid for item in items}
    for uid in [uid for uid in view.objects[name] if uid not in fresh]:
        _remove(view, name, uid)
    for item in items:
        _set(view, name, item)


def _set(view: View, name: str, item: Item) -> None:
    if view.versions.get(item.uid) != item.version or item.uid not in view.objects[name]:
        view.versions[item.uid] = item.version
        view.objects[name][item.uid] = item.kept
        view.changed.append((name, item.kept))


def _delete(view: View, name: str, item: Item) -> None:
    # The event holds the object's last state, which tells why it went.
    view.objects[name][item.uid] = item.kept
    _remove(view, name, item.uid)


def _remove(view: View, name: str, uid: str) -> None:
    view.versions.pop(uid, None)
    view.gone.append((name, view.objects[name].pop(uid)))


CHANGES: dict[str, Callable[[View, str, Any], None]] = {"REPLACE": _replace, "ADDED": _set, "MODIFIED": _set, "DELETED": _delete}


class _Reader(threading.Thread):
    """Lists and watches one source; ends on an error that asking again won't mend, or once ``stop`` is set."""

    def __init__(
        self, client: Client, name: str, source: Source, deadline: Deadline, inbox: queue.SimpleQueue, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self._client, self._name, self._source, self._deadline = client, name, source, deadline
        self._inbox, self._stopped = inbox, stop
        self._version: Optional[str] = None
        # Apart, as a watch that always fails is no reason to list in haste, nor the other way round.
        self._listing, self._watching = Patience(), Patience(known=True)
        self._silences = 0
        self._began = self._heard = 0.0
        self._seen: dict[str, str] = {}

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._version is None:
                    self._list()
                if not self._source.watch:
                    return
                self._watch()
            except CollectionError as error:
                # An exec plugin may fail where the server would not: credentials that cannot be had.
                if not self._go_on_after(error if isinstance(error, ApiError) else ApiError(error.message, 401, "NoCredentials")):
                    return

    def _put(self, kind: str, payload: Any = None) -> None:
        self._inbox.put((self._name, kind, payload))

    def _list(self) -> None:
        items, self._version = _pages(self._client, self._source, self._deadline.share(READ_SECONDS))
        self._listing.success()
        self._heard = time.monotonic()
        self._seen = {item.uid: item.version for item in items}
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
        told, self._began = False, time.monotonic()
        try:
            for event in self._client.stream(self._source.path, query, self._deadline.share(SILENCE_SECONDS)):
                if self._stopped.is_set():
                    return None
                self._pass_on(event)
                told = True
        except ApiError as error:
            if error.reason != SILENT:
                raise
            return self._hear_nothing()
        if not told and time.monotonic() - self._began < SHORT_SECONDS:
            raise ApiError(f"The API server {self._client.host} ends each watch of {self._source.path} at once.", reason="WatchEnded")
        self._watching.success()
        return None

    def _hear_nothing(self) -> None:
        """Nothing may have happened, or the connection may be dead: a new watch from where this one came to tells, then a list."""
        self._silences += 1
        if self._silences >= STALE_FAILURES:
            self._silences, self._version = 0, None

    def _pass_on(self, event: dict[str, Any]) -> None:
        kind, body = event.get("type"), event.get("object")
        if not isinstance(body, dict):
            raise ApiError(f"The API server answered a watch of {self._source.path} with something else.", reason="InvalidAnswer")
        if kind == "ERROR":
            raise _error_of(body)
        if kind == "BOOKMARK":
            self._reach(_version(body))
        elif kind in CHANGES:
            self._change(kind, _item(self._source, body))
        else:
            raise ApiError(f"The API server answered a watch of {self._source.path} with something else.", reason="InvalidAnswer")

    def _change(self, kind: str, item: Item) -> None:
        """Passes on what became of one object, unless it is known."""
        if kind == "DELETED":
            self._seen.pop(item.uid, None)
        elif item.version and self._seen.get(item.uid) == item.version:
            return
        else:
            self._seen[item.uid] = item.version
        self._reach(item.version)
        self._put(kind, item)

    def _reach(self, version: str) -> None:
        """Notes how far the watch has come.

        :raises ApiError: it goes back, so events are out of order or the server's store was reset; only a list tells the truth.
        """
        if version.isdigit() and self._version and self._version.isdigit() and int(version) < int(self._version):
            raise ApiError("The watch went back in time.", status=410, reason="Expired")
        self._version = version or self._version
        self._silences = 0
        self._heard = time.monotonic()
        self._watching.success()

    def _go_on_after(self, error: ApiError) -> bool:
        """Decides how to go on after an error, and waits before it; False when more requests can't mend it."""
        watched = self._version is not None
        if watched and error.status == 403:
            self._put("POLLED", error)
            self._version = None
            self._stopped.wait(POLL_SECONDS)
            return True
        patience = self._watching if watched else self._listing
        if patience.exhausted(error):
            self._put("FATAL" if self._source.needed else "REFUSED", error)
            return False
        # A 410 is the normal end of what has become too old, unless it comes again and again.
        if error.status != 410 or patience.failures > 1:
            self._put("TROUBLE", error)
        pause = patience.pause(error)
        if watched and patience.failures == 1:
            # What a watch has told before it was cut counts as answered: the next one follows at once, though not in haste.
            pause = max(0.0, pause - (time.monotonic() - self._began))
        if error.status in STALE or self._in_vain(error, patience.failures):
            self._version = None
        self._stopped.wait(pause)
        return True

    def _in_vain(self, error: ApiError, failures: int) -> bool:
        """Whether so many failures in a row may be for the resourceVersion that is asked for."""
        if error.reason not in CUTS:
            return failures >= STALE_FAILURES
        return failures >= CUT_FAILURES and time.monotonic() - self._heard >= self._deadline.share(CUT_SECONDS)


def list_all(client: Client, source: Source, timeout: float = READ_SECONDS) -> tuple[list, str]:
    """What is kept of every object of the source, in pages, and the resourceVersion to watch from.

    :param timeout: seconds without a byte until a page counts as unanswered.
    :raises ApiError: as the server answers.
    """
    items, version = _pages(client, source, timeout)
    return [item.kept for item in items], version


def _pages(client: Client, source: Source, timeout: float) -> tuple[list[Item], str]:
    items: list[Item] = []
    query = {**source.query, "limit": PAGE}
    while True:
        page = client.get(source.path, query, timeout)
        items.extend(_item(source, body) for body in _items(source, page))
        meta = page.get("metadata") or {}
        if not meta.get("continue"):
            return items, str(meta.get("resourceVersion", ""))
        query["continue"] = meta["continue"]


def _items(source: Source, page: dict[str, Any]) -> list[dict]:
    items = page.get("items")
    if not isinstance(items, list):  # Nothing would pass for no objects.
        raise ApiError(f"The API server answered {source.path} with something that is no list.", reason="InvalidAnswer")
    return items


def _item(source: Source, body: dict[str, Any]) -> Item:
    """:raises ApiError: it is not an object as the source's API has them."""
    try:
        meta = body["metadata"]
        return Item(meta.get("uid") or meta["name"], _version(body), source.keep(body))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ApiError(
            f"The API server answered {source.path} with an object that is incomplete: {error!r}.", reason="InvalidAnswer"
        ) from error


def _version(body: dict[str, Any]) -> str:
    return str((body.get("metadata") or {}).get("resourceVersion") or "")


def _error_of(status: dict[str, Any]) -> ApiError:
    """What a watch event of type ERROR says."""
    code = status.get("code")
    return ApiError(
        f"The watch was ended by the API server: {status.get('message')}.",
        status=code if isinstance(code, int) else 500,
        reason=str(status.get("reason")),
    )
