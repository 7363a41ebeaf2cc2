# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schedules as Karpenter's budgets take them: five fields, or a word such as @daily. Pure.

This file is internal to the collection and may change in any release. Source: ParseStandard of github.com/robfig/cron/v3, with which
Karpenter 1.14 reads them; the API server's pattern lets more through, and a budget whose schedule cannot be read allows no disruption at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

WORDS = frozenset({"@annually", "@yearly", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<first>\*|\?|\w+)(-(?P<last>\w+))?(/(?P<step>[0-9]+))?")


class Field(NamedTuple):
    """One of the five fields: its range, and the names that its numbers have."""

    low: int
    high: int
    names: Sequence[str] = ()

    def number(self, text: str) -> int | None:
        """Return the number that a word of the field stands for; None for none."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        return int(text) if text.isdigit() and self.low <= int(text) <= self.high else None


_FIELDS = (Field(0, 59), Field(0, 23), Field(1, 31), Field(1, 12, _MONTHS), Field(0, 6, _DAYS))


def is_schedule(text: str) -> bool:
    """Say whether Karpenter reads the text as a schedule, such as ``0 8 * * mon-fri`` or ``@daily``."""
    fields = text.split()
    if len(fields) == 1:
        return text in WORDS
    return len(fields) == len(_FIELDS) and all(_is_field(given, field) for given, field in zip(fields, _FIELDS))


def _is_field(text: str, field: Field) -> bool:
    return all(_is_part(part, field) for part in text.split(","))


def _is_part(text: str, field: Field) -> bool:
    match = _PART.fullmatch(text)
    if match is None or match["step"] == "0":
        return False
    if match["first"] in ("*", "?"):
        return match["last"] is None
    first = field.number(match["first"])
    last = first if match["last"] is None else field.number(match["last"])
    return first is not None and last is not None and first <= last
