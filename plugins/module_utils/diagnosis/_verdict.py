# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A verdict: which object is wrong, why, and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice import advice_for, documentation_of


@dataclass(frozen=True)
class Verdict:
    """Which object is wrong, why in the system's own words, what that means, and what to do."""

    object: str
    reason: str
    message: str
    explanation: str
    next_step: str
    hopeless: bool = False

    @property
    def result(self) -> dict[str, str]:
        """The verdict as the modules return it."""
        return {name: getattr(self, name) for name in ("object", "reason", "message", "explanation", "next_step", "documentation")}

    @property
    def documentation(self) -> str:
        """Where more is said of the reason."""
        return documentation_of(self.reason)

    def __str__(self) -> str:
        words = f" ({self.message})" if self.message else ""
        return f"{self.object}: {self.reason}{words}. {self.explanation} Next step: {self.next_step}"


def verdict(obj: str, reason: str, message: str = "", **facts: str) -> Verdict:
    """A verdict with the tables' advice for ``reason``; ``facts`` fill the advice's placeholders."""
    advice = advice_for(reason)
    return Verdict(obj, reason, message, _filled(advice.explanation, facts), _filled(advice.next_step, facts), advice.hopeless)


def _filled(text: str, facts: Mapping[str, str]) -> str:
    # Not str.format: what a cluster says may hold braces.
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match.group(1), match.group(0)), text)
