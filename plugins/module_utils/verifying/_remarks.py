# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run has to say besides its verdicts. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations


class Remarks:
    """Sentences of one run, gathered by all that takes part in it.

    Attributes:
        warnings: What could not be seen or done and spoils nothing, each once.
        leftovers: What could not be removed.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.leftovers: list[str] = []

    def warn(self, *sentences: str) -> None:
        """Add what was not said before."""
        self.warnings += [each for each in dict.fromkeys(sentences) if each not in self.warnings]
