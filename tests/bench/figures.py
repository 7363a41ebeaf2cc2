"""What a benchmark found, held against its goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """At most ``limit``: of ``ours``, of the ``ratio`` of ours to the peer's, or of the ``difference`` between them."""

    of: str
    limit: float


@dataclass(frozen=True)
class Figure:
    """One row of the table. ``peer`` is None where there is none, ``goal`` where the number is only reported.

    :param unit: of ``ours``, ``peer`` and a goal of them.
    :param note: what else there is to say, in a few words.
    """

    name: str
    unit: str
    ours: float
    against: str = ""
    peer: float | None = None
    goal: Goal | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def used(self) -> float | None:
        """How much of what the goal allows was used; above 1 it was missed."""
        if self.goal is None:
            return None
        measured = {"ours": self.ours, "ratio": self.ratio, "difference": self.ours - (self.peer or 0)}[self.goal.of]
        if self.goal.limit == 0:
            return 0.0 if measured <= 0 else 2.0
        return measured / self.goal.limit

    @property
    def met(self) -> bool | None:
        """Whether the goal was met."""
        return None if self.used is None else self.used <= 1

    @property
    def wanted(self) -> str:
        """The goal in words."""
        if self.goal is None:
            return ""
        limit = f"{self.goal.limit:g}"
        words = {
            "ours": f"at most {limit} {self.unit}",
            "ratio": f"ratio at most {limit}",
            "difference": f"at most {limit} {self.unit} more",
        }
        return words[self.goal.of].strip()

    @property
    def row(self) -> dict[str, Any]:
        """As build/bench.json has it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "against": self.against,
            "peer": self.peer,
            "ratio": self.ratio,
            "goal": self.wanted,
            "met": self.met,
            "note": self.note,
        }
