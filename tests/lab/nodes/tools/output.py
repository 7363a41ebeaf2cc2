"""What a command leaves behind, and under which conditions the tools run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Output:
    """What a container's command printed, its exit code, on which stream (a container log has both), and how long it slept."""

    text: str = ""
    exit_code: int = 0
    stream: str = "stdout"
    seconds: float = 0.0


@dataclass(frozen=True)
class Conditions:
    """The faults that hold on the node, by name with their arguments (see ``faults.FAULTS``)."""

    faults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def has(self, fault: str) -> bool:
        """Whether a fault holds."""
        return fault in self.faults

    def argument(self, fault: str, name: str, default: str) -> str:
        """An argument of a fault that holds, or the default."""
        return self.faults.get(fault, {}).get(name) or default


#: A node without faults.
HEALTHY = Conditions()
