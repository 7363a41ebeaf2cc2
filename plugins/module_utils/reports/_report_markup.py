# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every part of the HTML report is made with: one escape for all text, and the signs that stand beside each colour. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import html

from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import DOCUMENTATION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable

# Name of a sign -> the strokes that draw it in a square of 16: told apart without colour, and without any font.
_SIGNS = {
    "passed": "M3.5 8.5l3 3 6-7",
    "failed": "M4 4l8 8M12 4l-8 8",
    "busy": "M8 3.2v5l3 2M8 1.6a6.4 6.4 0 1 1 0 12.8a6.4 6.4 0 0 1 0-12.8",
    "unknown": "M5.4 6a2.7 2.7 0 1 1 4 2.3c-1 .6-1.4 1-1.4 2M8 12.9v.2",
    "excluded": "M4 8h8",
    "warning": "M8 2.4L14.4 13.6H1.6zM8 6.6v3M8 11.7v.1",
    "missing": "M3.8 12.2l8.4-8.4M8 2.2a5.8 5.8 0 1 1 0 11.6a5.8 5.8 0 0 1 0-11.6",
}


def text(value: object) -> str:
    """Escape a text for any place in the page: printable, and no mark-up."""
    return html.escape(printable(str(value)), quote=True)


def more(address: object, words: str) -> str:
    """A link into the collection's documentation, and nothing else: words alone where the address is of anywhere else."""
    known = str(address).startswith(f"{DOCUMENTATION}/")
    return f'<a class="more" href="{text(address)}" rel="noreferrer">{text(words)}</a>' if known else text(words)


def symbols() -> str:
    """Return the signs as symbols, once in a page, for `sign` to point at."""
    drawn = "".join(f'<symbol id="s-{name}" viewBox="0 0 16 16"><path d="{path}"/></symbol>' for name, path in _SIGNS.items())
    return f'<svg class="symbols" aria-hidden="true">{drawn}</svg>\n'


def sign(name: str) -> str:
    """Return one sign; what it says is written beside it, or the label of what it stands in."""
    return f'<svg class="sign" aria-hidden="true"><use href="#s-{name}"/></svg>'


def many(number: int, noun: str) -> str:
    """Return a number and its noun: 1 node, 2 nodes."""
    return f"{number} {noun}{'s' * (number != 1)}"
