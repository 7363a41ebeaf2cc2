"""The proxy: TLS in front, the real API server behind, and rules that say which requests meet something else.

One event loop serves all proxies. It speaks HTTP/1.0 to the API server, which then answers without chunks, and HTTP/1.1 to the
client, as an API server does: connections are kept, lists have a length, watches come in chunks.
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.lab.state import LOOPBACK, free_ports

JSON = "application/json"
#: What ends an exchange from either side and is no concern of anybody's.
GONE = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)


@dataclass(frozen=True)
class Request:
    """A request as it came. ``at`` is monotonic time in seconds."""

    method: str
    target: str
    headers: Mapping[str, str]
    at: float

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def kind(self) -> str:
        """The resource, and how it is asked for: ``nodeclaims list``, ``nodeclaims continue``, ``nodes list``, ``nodeclaims watch``."""
        verb = "watch" if self.query.get("watch") in ("true", "1") else "continue" if "continue" in self.query else "list"
        return f"{self.path.rsplit('/', 1)[-1]} {verb}"


@dataclass(frozen=True)
class Upstream:
    """The API server behind, and the administrator's certificate to speak to it."""

    host: str
    port: int
    context: ssl.SSLContext


@dataclass(frozen=True)
class Rule:
    """Does ``act`` instead of passing on the requests of kinds that begin with ``on`` (``""``: all), from the ``first`` of
    them ``times`` many."""

    on: str
    act: Callable[[Exchange], Awaitable[None]]
    first: int = 1
    times: float = math.inf


@dataclass
class Proxy:
    """One listener.

    ``log`` holds the requests, ``struck`` how many of them met a rule and ``struck_at`` when the first did, ``pages`` shortens
    lists to so many items, ``selector`` narrows lists and watches without a label selector.
    """

    upstream: Upstream
    rules: Sequence[Rule]
    context: ssl.SSLContext | None
    pages: int | None = None
    meanwhile: Callable[[], None] | None = None
    selector: str = ""
    port: int = 0
    struck: int = 0
    struck_at: float | None = None
    log: list[Request] = field(default_factory=list)
    _met: Counter[Rule] = field(default_factory=Counter)
    _server: asyncio.Server | None = None
    # The loop itself keeps only weak references to tasks.
    _serving: set[asyncio.Task] = field(default_factory=set)
    _beside: set[asyncio.Task] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.port = self.port or free_ports(1)[0]

    @property
    def listening(self) -> bool:
        return self._server is not None

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, ssl=self.context)

    async def close(self) -> None:
        """Refuse connections and drop those that there are."""
        if self._server:
            self._server.close()
            self._server = None
        for task in list(self._serving):
            task.cancel()

    async def away(self, seconds: float) -> None:
        """Be gone for a time, as a server that restarts."""
        await self.close()
        await asyncio.sleep(seconds)
        await self.listen()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the exchange that asks for it."""
        task = asyncio.ensure_future(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            while request := await _read(reader):
                self.log.append(request)
                await self._exchange(Exchange(self, request, reader, writer))
        except GONE:
            pass
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _exchange(self, exchange: Exchange) -> None:
        rule = self.rule_for(exchange.request)
        if rule is None:
            await exchange.forward()
            return
        if self.meanwhile and not self.struck:
            await asyncio.get_running_loop().run_in_executor(None, self.meanwhile)
        self.struck += 1
        self.struck_at = self.struck_at or time.monotonic()
        await rule.act(exchange)

    def rule_for(self, request: Request) -> Rule | None:
        """The first rule that hits a request; every rule counts the requests that it is about."""
        meets = [rule for rule in self.rules if request.kind.startswith(rule.on)]
        self._met.update(meets)
        return next((rule for rule in meets if rule.first <= self._met[rule] < rule.first + rule.times), None)


@dataclass
class Exchange:
    """One request and the ways to answer it."""

    proxy: Proxy
    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def forward(self) -> None:
        """What an API server does."""
        if self.request.kind.endswith("watch"):
            await self.watch()
        else:
            status, body = await self.ask()
            await self.reply(status, body)

    async def ask(self, query: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """The real answer."""
        status, reader, writer = await self._open(self._target(query))
        try:
            return status, await reader.read()
        finally:
            writer.transport.abort()

    async def watch(self, change: Callable[[dict], Sequence[dict]] | None = None, query: Mapping[str, str] | None = None) -> None:
        """The real watch; ``change`` makes of each event the events that the client gets."""
        status, reader, writer = await self._open(self._target(query))
        # Else a watch whose client has left would stay with the API server for ever.
        leaving = asyncio.ensure_future(self._end_with_client(writer))
        try:
            if status >= 400:
                await self.reply(status, await reader.read())
                return
            await self.begin()
            while line := await reader.readline():
                await self.chunk(b"".join(map(line_of, change(json.loads(line)))) if change else line)
            await self.end()
        finally:
            leaving.cancel()
            writer.transport.abort()

    async def _end_with_client(self, upstream: asyncio.StreamWriter) -> None:
        await self.reader.read(1)
        upstream.transport.abort()

    async def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, kind: str = JSON) -> None:
        """A whole answer."""
        await self.head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})})
        await self.send(body)

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def begin(self) -> None:
        """The headers of a watch."""
        await self.head(200, {"Content-Type": JSON, "Transfer-Encoding": "chunked"})

    async def chunk(self, data: bytes) -> None:
        if data:
            await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        """The orderly end of a watch."""
        await self.send(b"0\r\n\r\n")

    async def hang(self) -> None:
        """Say nothing more, for as long as the client stays."""
        await self.reader.read()

    def reset(self) -> None:
        """Cut the connection off, with a RST and not a FIN."""
        link = self.writer.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def _target(self, query: Mapping[str, str] | None) -> str:
        query = dict(self.request.query if query is None else query)
        if self.proxy.pages and "limit" in query:
            query["limit"] = str(self.proxy.pages)
        if self.proxy.selector:
            query.setdefault("labelSelector", self.proxy.selector)
        return self.request.path + ("?" + urlencode(query) if query else "")

    async def _open(self, target: str) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        upstream = self.proxy.upstream
        reader, writer = await asyncio.open_connection(upstream.host, upstream.port, ssl=upstream.context, limit=2**24)
        writer.write(f"{self.request.method} {target} HTTP/1.0\r\nHost: {upstream.host}\r\nAccept: {JSON}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return int(head.split(" ", 2)[1]), reader, writer


def line_of(event: Mapping[str, Any]) -> bytes:
    """An event as a watch sends it."""
    return json.dumps(event).encode() + b"\n"


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines if line)}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, time.monotonic())


class Loop:
    """The event loop, in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.start(work).result(30)

    def stop(self) -> None:
        self.run(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
