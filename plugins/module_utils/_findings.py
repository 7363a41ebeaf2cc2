# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One thing that is wrong with a node's accelerators: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One check that did not pass.

    Attributes:
        check: Name of the check, such as ``memory``.
        expected: What should have been found.
        found: What was found.
        next_step: What to do about it, as a sentence.
        device: Which device; empty for the node as a whole.
    """

    check: str
    expected: str
    found: str
    next_step: str
    device: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the finding as a module returns it."""
        return asdict(self)

    def __str__(self) -> str:
        where = f" of {self.device}" if self.device else ""
        return f"{self.check}{where}: expected {self.expected}, found {self.found}"
