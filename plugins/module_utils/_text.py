# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that a cluster wrote, made safe to print: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")

# What of ASCII is of category Cc, but line feed and tab.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

# Cc control, Cf format (holds the bidirectional overrides), Cs surrogates: none of them belongs into a report.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs"})


def printable(text: str) -> str:
    """Return the text without terminal escapes and control characters; line feeds and tabs stay."""
    text = _ESCAPE.sub("", text)
    if text.isascii():
        # A tool's output of half a megabyte, mostly: to look at each character would take longer than all else that is done with it.
        return _CONTROL.sub("", text)
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in _UNPRINTABLE)


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
