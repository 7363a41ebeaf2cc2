"""What the proxy can do instead of passing a request on: each function makes an act for a ``Rule``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.lab.proxy.server import JSON, Exchange, line_of

Act = Callable[[Exchange], Awaitable[None]]
HTML = b"<html><body><h1>A page, from something that is no API server</h1></body></html>"


def answer(status: int, body: Any = None, kind: str = JSON, **headers: str) -> Act:
    """A whole answer: bytes as they are, anything else as JSON; headers with ``_`` for ``-``. Without ``body`` a Status object."""
    body = failure(status) if body is None else body
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def act(exchange: Exchange) -> None:
        await exchange.reply(status, data, {name.replace("_", "-"): value for name, value in headers.items()}, kind)

    return act


REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired", 429: "TooManyRequests", 503: "ServiceUnavailable"}


def failure(status: int, message: str = "") -> dict[str, Any]:
    """A Status object, as the API server explains a refusal."""
    reason = REASONS.get(status, "InternalError")
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "reason": reason, "message": message or reason}


async def reset(exchange: Exchange) -> None:
    """Cut off before a byte of the answer."""
    exchange.reset()


async def silence(exchange: Exchange) -> None:
    """Never answer."""
    await exchange.hang()


async def headers_only(exchange: Exchange) -> None:
    """Promise a body, and send none of it."""
    await exchange.head(200, {"Content-Type": JSON, "Content-Length": "1000"})
    await exchange.hang()


async def silent_watch(exchange: Exchange) -> None:
    """Accept the watch, and never send an event or a bookmark."""
    await exchange.begin()
    await exchange.hang()


def half(then: Act) -> Act:
    """Send half of the real body, then ``then``."""

    async def act(exchange: Exchange) -> None:
        status, body = await exchange.ask()
        await exchange.head(status, {"Content-Type": JSON, "Content-Length": str(len(body))})
        await exchange.send(body[: len(body) // 2])
        await asyncio.sleep(0.1)  # Else the reset would take along what the client has not read.
        await then(exchange)

    return act


async def drip(exchange: Exchange) -> None:
    """Send the real body, a byte a second."""
    status, body = await exchange.ask()
    await exchange.head(status, {"Content-Type": JSON, "Content-Length": str(len(body))})
    for place in range(len(body)):
        await exchange.send(body[place : place + 1])
        await asyncio.sleep(1)


def body(change: Callable[[bytes], bytes]) -> Act:
    """The real answer with its bytes changed."""

    async def act(exchange: Exchange) -> None:
        status, data = await exchange.ask()
        await exchange.reply(status, change(data))

    return act


def objects(change: Callable[[dict], Any]) -> Act:
    """The real answer with its object changed."""
    return body(lambda data: json.dumps(change(json.loads(data))).encode())


def events(change: Callable[[dict], Sequence[dict]]) -> Act:
    """The real watch, each event made into those that ``change`` gives."""

    async def act(exchange: Exchange) -> None:
        await exchange.watch(change)

    return act


def first_events(*first: dict | bytes, then: Act | None = None, delay: float = 0.0) -> Act:
    """A watch that begins with ``first`` (events, or bytes as they are), and after ``delay`` seconds ends, or goes on as ``then``."""

    async def act(exchange: Exchange) -> None:
        await exchange.begin()
        for event in first:
            await exchange.chunk(event if isinstance(event, bytes) else line_of(event))
        await asyncio.sleep(delay)
        await (then(exchange) if then else exchange.end())

    return act


async def cut_mid_line(exchange: Exchange) -> None:
    """A watch that is cut off in the middle of an event."""
    await exchange.begin()
    await exchange.chunk(b'{"type": "MODIFIED", "object": {"metadata": {"na')
    await asyncio.sleep(0.1)
    exchange.reset()


async def endless_line(exchange: Exchange) -> None:
    """A watch that sends an event without an end, 2 MB each tenth of a second."""
    await exchange.begin()
    await exchange.chunk(b'{"type": "MODIFIED", "object": {"metadata": {"name": "')
    while True:
        await exchange.chunk(b"x" * 2_000_000)
        await asyncio.sleep(0.1)


def old_version(version: str) -> Act:
    """The real watch, asked for from another resourceVersion: the real server's own answer to one that it no longer has."""

    async def act(exchange: Exchange) -> None:
        await exchange.watch(query={**exchange.request.query, "resourceVersion": version})

    return act


def away(seconds: float, before: float = 0.5) -> Act:
    """The real answer, and after ``before`` seconds the server is gone for ``seconds``, with every connection."""

    async def act(exchange: Exchange) -> None:
        async def restart() -> None:
            await asyncio.sleep(before)
            await exchange.proxy.away(seconds)

        exchange.proxy.later(restart())
        await exchange.forward()

    return act


def cut_after(seconds: float) -> Act:
    """The real watch, reset after ``seconds``."""

    async def act(exchange: Exchange) -> None:
        async def cut() -> None:
            await asyncio.sleep(seconds)
            exchange.reset()

        exchange.proxy.later(cut())
        await exchange.forward()

    return act


async def passed(exchange: Exchange) -> None:
    """The real answer: for a rule that only marks the moment."""
    await exchange.forward()


def unless_token(token: str) -> Act:
    """401, but the real answer for the bearer ``token``."""
    refuse = answer(401)

    async def act(exchange: Exchange) -> None:
        if exchange.request.headers.get("authorization") == f"Bearer {token}":
            await exchange.forward()
        else:
            await refuse(exchange)

    return act


def clock(seconds: float) -> Act:
    """The real answer from a server whose clock is ahead by ``seconds``: each time in it is moved by so much."""

    async def act(exchange: Exchange) -> None:
        if exchange.request.kind.endswith("watch"):
            await exchange.watch(lambda event: [shifted(event, seconds)])
        else:
            await objects(lambda answer: shifted(answer, seconds))(exchange)

    return act


def shifted(value: Any, seconds: float) -> Any:
    """The value with each RFC 3339 time in it moved."""
    if isinstance(value, dict):
        return {name: shifted(each, seconds) for name, each in value.items()}
    if isinstance(value, list):
        return [shifted(each, seconds) for each in value]
    return _moved(value, seconds) if isinstance(value, str) else value


def _moved(text: str, seconds: float) -> str:
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text
    return (time + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
