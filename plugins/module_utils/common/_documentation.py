# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the documentation is, and the address of one entry of it. Pure.

An entry has a heading of its own, and is found by its anchor as GitHub and the documentation site make it.
"""

from __future__ import annotations

import re

# The same as in galaxy.yml, to which a test holds it.
DOCUMENTATION = "https://github.com/ansible-collections/accelerated.nodes/tree/main/docs"


def anchor(heading: str) -> str:
    """The anchor of a heading: its letters, digits, hyphens and underscores in lower case, and a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def entry(page: str, heading: str) -> str:
    """The address of a heading of a page under docs/."""
    return f"{DOCUMENTATION}/{page}#{anchor(heading)}"
