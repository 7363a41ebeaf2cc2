# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes as the API server sends them: whole answers and lines, within bounds of time and size.

Neither the size of an answer nor the slowness of its sender may stretch it without end.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from typing import Any

try:
    from urllib3.exceptions import HTTPError, ProtocolError
except ImportError:
    HTTPError = ProtocolError = OSError  # type: ignore[misc,assignment]  # The client says what is missing.


class BrokenEvent(ProtocolError):
    """An event that has not come whole, or does not end."""


class CutEvent(BrokenEvent):
    """An event that the end of its connection cut in its middle."""


CHUNK = 262_144
LARGEST_ANSWER = 256 * 1024 * 1024  # A page of 500 objects comes nowhere near; more is no answer.
LARGEST_PIECE = 8 * 1024 * 1024  # What so few bytes unpack to may be a thousand times as many.
LARGEST_EVENT = 16 * 1024 * 1024
GZIP = 16 + zlib.MAX_WBITS  # What tells zlib to expect gzip's header.
MANAGED_FIELDS = b'"managedFields":['


def whole(response: Any, seconds: float) -> bytes:
    """The whole answer.

    :param seconds: how long it may take.
    """
    start, size, chunks = time.monotonic(), 0, []
    packed = response.headers.get("Content-Encoding") == "gzip"
    for chunk in _unpacked(_chunks(response, decode=False)) if packed else _chunks(response, decode=True):
        size += len(chunk)
        chunks.append(chunk)
        if size > LARGEST_ANSWER or time.monotonic() - start > seconds:
            raise ProtocolError(f"the answer did not end after {size} bytes and {seconds:.0f} s")
    return b"".join(chunks)


def first(response: Any, limit: int, seconds: float) -> bytes:
    """The first ``limit`` bytes of the answer, or all of it if it has fewer.

    :param seconds: how long it may take.
    """
    start, size, chunks = time.monotonic(), 0, []
    for chunk in _chunks(response, decode=True):
        size += len(chunk)
        chunks.append(chunk)
        if size >= limit:
            break
        if time.monotonic() - start > seconds:
            raise ProtocolError(f"the answer did not end after {size} bytes and {seconds:.0f} s")
    return b"".join(chunks)[:limit]


def _chunks(response: Any, decode: bool) -> Iterator[bytes]:
    """What has arrived, each time something has: a plain read would wait for a whole chunk, however slowly it drips."""
    if hasattr(response, "read1"):
        return iter(lambda: response.read1(CHUNK, decode_content=decode), b"")
    return response.stream(CHUNK, decode_content=decode)  # urllib3 before 2.0


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip has packed, in pieces of bounded size. urllib3's own way costs twice the unpacking where answers are large.

    :raises ProtocolError: it is none of gzip's, or ends too early.
    """
    unpack = zlib.decompressobj(GZIP)
    try:
        for packed in chunks:
            while packed:
                yield unpack.decompress(packed, LARGEST_PIECE)
                packed = unpack.unconsumed_tail or unpack.unused_data
                unpack = zlib.decompressobj(GZIP) if unpack.eof and packed else unpack
    except zlib.error as error:
        raise ProtocolError(f"the answer is called gzip and is none: {error}") from error
    if not unpack.eof:
        raise ProtocolError("the answer ends in the middle of what gzip has packed")


def lines(response: Any, seconds: float) -> Iterator[bytes]:
    """Whole lines as they come.

    :param seconds: how long a line may take from its first byte; a server that drips one would never be silent.
    """
    rest, since = b"", time.monotonic()
    try:
        for chunk in response.stream(65536, decode_content=True):
            *found, rest = (rest + chunk).split(b"\n")
            if found or not rest:
                since = time.monotonic()
            elif len(rest) > LARGEST_EVENT or time.monotonic() - since > seconds:
                raise BrokenEvent(f"an event did not end after {len(rest)} bytes and {seconds:.0f} s")
            yield from (line for line in found if line.strip())
    except HTTPError as error:
        if rest.strip() and not isinstance(error, BrokenEvent):
            raise CutEvent(f"the stream was cut in the middle of an event: {error}") from error
        raise
    if rest.strip():
        raise CutEvent("the stream was cut in the middle of an event")


def without_managed_fields(text: bytes) -> bytes:
    """JSON without what servers note of who set which field: half of what they send, most of what decoding it takes, and not used.

    It holds no other list, so the first bracket is its end, where something follows it.
    """
    kept, at, start = [], 0, text.find(MANAGED_FIELDS)
    while start >= 0:
        end = text.find(b"]", start)
        if text[end : end + 3] == b'],"':
            kept.append(text[at:start])
            at = end + 2
        start = text.find(MANAGED_FIELDS, end if end > 0 else len(text))
    return b"".join((*kept, text[at:])) if kept else text
