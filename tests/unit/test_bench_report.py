"""The page of the benchmarks: its picture says what its table says, also where the rows come from several runs."""

from __future__ import annotations

import re
from html import unescape

from tests.bench.report import DOCUMENT, PICTURE


def drawn() -> list[tuple[str, ...]]:
    """The name and the number of each bar."""
    texts = [unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", PICTURE.read_text())]
    return list(zip(texts[2::2], texts[3::2], strict=True))


def tabled() -> list[tuple[str, str]]:
    """The same of each row that has a goal: the ratio where the goal is one of the ratio, else what was measured."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    goals = [row for row in cells if len(row) == 6 and row[5] in ("yes", "**no**")]
    return [(name.partition(" (")[0], number(ours, peer, ratio, goal)) for name, ours, peer, ratio, goal, _met in goals]


def number(ours: str, peer: str, ratio: str, goal: str) -> str:
    """As the picture has it."""
    return f"{ratio} of {peer.partition(' (')[2].rstrip(')')}" if goal.startswith("ratio") else ours


def test_the_picture_shows_the_numbers_of_the_table() -> None:
    assert drawn() == tabled()
