# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One thing that is wrong with a node's accelerators: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy

# A warning does not keep a node from passing.
ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Finding:
    """One check that did not pass.

    Attributes:
        check: Name of the check, such as ``memory``.
        expected: What should have been found.
        found: What was found.
        remedy: What to do about it.
        device: Which device; empty for the node as a whole.
        severity: ``error``, or ``warning`` for what does not keep a node from passing.
    """

    check: str
    expected: str
    found: str
    remedy: Remedy
    device: str = ""
    severity: str = ERROR

    @property
    def next_step(self) -> str:
        """What to do, as a sentence."""
        return self.remedy.next_step

    def to_dict(self) -> dict[str, str]:
        """Return the finding as a module returns it."""
        return {
            "check": self.check,
            "severity": self.severity,
            "expected": self.expected,
            "found": self.found,
            "action": self.remedy.action,
            "next_step": self.next_step,
            "device": self.device,
        }

    def __str__(self) -> str:
        where = f" of {self.device}" if self.device else ""
        return f"{self.check}{where}: expected {self.expected}, found {self.found}"
