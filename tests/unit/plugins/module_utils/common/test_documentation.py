# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Anchors are those that GitHub makes of headings."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import DOCUMENTATION, anchor, entry


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("`InsufficientCapacityError`", "insufficientcapacityerror"),
        ("What it reads, and with which rights", "what-it-reads-and-with-which-rights"),
        ("`repair_software`", "repair_software"),
        ("Spot with On-Demand as fallback", "spot-with-on-demand-as-fallback"),
        ("\u59cb\u3081\u308b\u524d\u306b", "\u59cb\u3081\u308b\u524d\u306b"),
    ],
)
def test_anchor_of_a_heading(heading: str, wanted: str) -> None:
    assert anchor(heading) == wanted


def test_entry_is_below_the_documentation() -> None:
    assert entry("diagnosis.md", "NodeNotFound") == f"{DOCUMENTATION}/diagnosis.md#nodenotfound"
