"""Writes what was found: build/bench.json, and the table and the picture of docs/benchmarks.md."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from tests.bench.figures import Figure
from tests.lab import binaries
from tests.lab.state import CHECKOUT

DOCUMENT, PICTURE = CHECKOUT / "docs" / "benchmarks.md", CHECKOUT / "docs" / "benchmarks.svg"
RESULT = CHECKOUT / "build" / "bench.json"
BEGIN, END = "<!-- written by make bench: begin -->", "<!-- written by make bench: end -->"
WIDTH, LABELS, BAR, ROW, TOP = 960, 430, 360, 30, 64
GOAL_MET, GOAL_MISSED = "#2f855a", "#c05621"
#: A bar that goes further than this many goals is cut there.
FURTHEST = 1.4


def write(figures: Sequence[Figure], loads: tuple[float, float]) -> None:
    """Writes all three; ``loads`` are the machine's load averages before and after the run."""
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([figure.row for figure in figures], indent=2) + "\n")
    text = DOCUMENT.read_text()
    head, rest = text.split(BEGIN)
    _old, tail = rest.split(END)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{circumstances(loads)}\n\n{table(figures)}\n\n{END}{tail}")
    PICTURE.write_text(picture([figure for figure in figures if figure.used is not None]))


def circumstances(loads: tuple[float, float]) -> str:
    """When and on what it was measured, in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    versions = ", ".join(f"{name} {version}" for name, version in peers().items())
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores with {memory:.0f} GiB of memory that also ran etcd and the "
        f"API server (load average {loads[0]:.1f} before, {loads[1]:.1f} after). {versions}."
    )


def peers() -> dict[str, str]:
    """The versions of what was measured, and of what it ran on."""
    module = next(module for module in binaries.MODULES if module.directory == "kubernetes")
    kubernetes = f"v{binaries.pinned_version(module).removeprefix('v')}"
    core = importlib.util.find_spec("ansible_collections.kubernetes.core")
    manifest = json.loads((Path(next(iter(core.submodule_search_locations))) / "MANIFEST.json").read_text())
    return {
        "kubectl and kube-apiserver": kubernetes,
        "kubernetes.core": manifest["collection_info"]["version"],
        "kubernetes (Python)": importlib.metadata.version("kubernetes"),
        "ansible-core": importlib.metadata.version("ansible-core"),
        "Python": platform.python_version(),
    }


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    rows = ["| What | Ours | Peer | Ratio | Goal | Met |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for figure in figures:
        peer = f"{_number(figure.peer)} {figure.unit}".strip() + f" ({figure.against})" if figure.peer is not None else ""
        ratio = f"{figure.ratio:.3g}" if figure.ratio is not None else ""
        met = {True: "yes", False: "**no**", None: ""}[figure.met]
        what = figure.name + (f" ({figure.note})" if figure.note else "")
        rows.append(f"| {what} | {_number(figure.ours)} {figure.unit} | {peer} | {ratio} | {figure.wanted or 'reported'} | {met} |")
    return "\n".join(re.sub(r" +\|", " |", row) for row in rows)


def picture(figures: Sequence[Figure]) -> str:
    """Bars of how much of what each goal allows was used."""
    goal = LABELS + BAR / FURTHEST
    height = TOP + ROW * len(figures) + 20
    bars = "\n".join(_bar(figure, TOP + ROW * place) for place, figure in enumerate(figures))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img"
     aria-labelledby="title">
  <title id="title">How much of what each goal allows was used; the line is the goal</title>
  <rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
  <text x="20" y="28" font-weight="bold" fill="#1e293b">How much of what the goal allows was used</text>
  <text x="{goal:.0f}" y="48" text-anchor="middle" fill="#475569">the goal</text>
{bars}
  <path d="M{goal:.0f} 54V{height - 14}" stroke="#1e293b" stroke-width="1.4" stroke-dasharray="4 3"/>
</svg>
"""


def _bar(figure: Figure, y: int) -> str:
    used = figure.used or 0
    width = max(2.0, min(used, FURTHEST) * BAR / FURTHEST)
    colour = GOAL_MET if figure.met else GOAL_MISSED
    ratio = figure.ratio is not None and figure.goal is not None and figure.goal.of == "ratio"
    words = f"{figure.ratio:.3g} of {figure.against}" if ratio else f"{_number(figure.ours)} {figure.unit}".strip()
    return (
        f'  <text x="{LABELS - 10}" y="{y + 16}" text-anchor="end" fill="#1e293b">{escape(figure.name)}</text>\n'
        f'  <rect x="{LABELS}" y="{y + 3}" width="{width:.1f}" height="18" rx="3" fill="{colour}"/>\n'
        f'  <text x="{LABELS + BAR + 8}" y="{y + 16}" fill="#475569">{escape(words)}</text>'
    )


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
