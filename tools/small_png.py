"""Pictures of pages as small PNG files: the 256 colours that are used most, which text on plain ground has hardly more of."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}

Colour = tuple[int, int, int]


def indexed(png: bytes) -> bytes:
    """The same picture with a palette. Takes what browsers make: 8 bits a channel, not interlaced, with or without transparency."""
    width, height, rows = decoded(png)
    pixels = [[(row[at], row[at + 1], row[at + 2]) for at in range(0, len(row), len(row) // width)] for row in rows]
    palette, places = _palette(Counter(each for row in pixels for each in row))
    body = b"".join(b"\0" + bytes(places[each] for each in row) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(each) for each in palette)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def decoded(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height, and the bytes of each row."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _compression, _filter, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or kind not in CHANNELS or interlaced:
        raise ValueError(f"a PNG of depth {depth}, colour type {kind}, interlacing {interlaced} is not what browsers make")
    data = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    step = CHANNELS[kind]
    length = width * step + 1
    rows: list[bytes] = []
    before = bytes(length - 1)
    for start in range(0, height * length, length):
        before = _unfiltered(data[start], bytearray(data[start + 1 : start + length]), before, step)
        rows.append(before)
    return width, height, rows


def _unfiltered(kind: int, row: bytearray, above: bytes, step: int) -> bytes:
    """Undo one of PNG's filters: each byte was stored as its difference from what is left of it or above it."""
    for at in range(len(row)) if kind else ():
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        row[at] = (row[at] + guess) & 255
    return bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


def _palette(used: Counter[Colour]) -> tuple[list[Colour], dict[Colour, int]]:
    """The colours that are kept, and for each colour the place of the one that is nearest to it."""
    kept = [colour for colour, _number in used.most_common(256)]
    places = {colour: place for place, colour in enumerate(kept)}
    for colour in used:
        if colour not in places:
            places[colour] = min(range(len(kept)), key=lambda place: sum((a - b) ** 2 for a, b in zip(kept[place], colour, strict=True)))
    return kept, places


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
