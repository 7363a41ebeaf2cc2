# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a row of the tables of advice holds. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Advice(NamedTuple):
    """What a reason means and what to do; a ``{word}`` in either is filled from the facts of the case.

    ``hopeless``: waiting cannot mend it, somebody has to change something first. So a quota or a wrong spec is, and a shortage of
    capacity is not; nor is what an operator may still install by itself once the first node is there.
    """

    explanation: str
    next_step: str
    hopeless: bool = False
