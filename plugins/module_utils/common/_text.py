# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that a cluster wrote, made safe to print: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")

# Cc control, Cf format (holds the bidirectional overrides), Cs surrogates: none of them belongs into a report.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs"})


def printable(text: str) -> str:
    """Return the text without terminal escapes and control characters; line feeds and tabs stay."""
    text = _ESCAPE.sub("", text)
    if text.isascii() and text.isprintable():
        return text
    # Of a text of megabytes, each character is looked up once.
    bad = {ord(each) for each in set(text) if each not in "\n\t" and unicodedata.category(each) in _UNPRINTABLE}
    return text.translate(dict.fromkeys(bad)) if bad else text


def shorten(text: str, limit: int = 300) -> str:
    """Return the text on one line, cut to limit characters with an ellipsis."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def first_line(text: str, limit: int = 300) -> str:
    """Return the first line that says something, cut to limit characters; empty if none does."""
    return next((shorten(line, limit) for line in printable(text).splitlines() if line.strip()), "")


def version(text: str) -> tuple[int, ...]:
    """Return the numbers that a version starts with: (610, 57, 4) of ``610.57.04 [Deprecated; ...]``; () if none."""
    match = re.match(r"\s*v?(\d{1,9}(?:\.\d{1,9}){0,5})", text)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def dotted(numbers: Iterable[int]) -> str:
    """Return a version as it is written: ``1.14`` of (1, 14)."""
    return ".".join(map(str, numbers))


def text_items(values: Iterable[object], commas: bool = True) -> list[str]:
    """Return the texts in lists and lines, in order, each once; without spaces around them and those that are empty.

    Args:
        values: Texts, numbers, or None.
        commas: Whether a comma parts two items as a line feed does.
    """
    separator = r"[\r\n,]" if commas else r"[\r\n]"
    parts = (part.strip() for value in values if value is not None for part in re.split(separator, str(value)))
    return list(dict.fromkeys(part for part in parts if part))
