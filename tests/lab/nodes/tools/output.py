"""What a command leaves behind, and under which conditions the tools run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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


#: A document that would be a billion words, were its entities resolved.
BOMB = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log [
  <!ENTITY a0 "word">
{entities}
]>
<nvidia_smi_log><driver_version>&a9;</driver_version></nvidia_smi_log>
""".format(entities="\n".join(f'  <!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)))


def says(output: Output, conditions: Conditions) -> Output:
    """What a tool leaves behind on a node whose faults change its words, its end or how long it takes."""
    if conditions.has("tool-hangs"):
        return Output(seconds=float(conditions.argument("tool-hangs", "seconds", "inf")))
    if conditions.has("entity-bomb"):
        return Output(BOMB)
    if conditions.has("binary-log"):
        return Output("\udcff\udcfe\udc80" * 100)
    if conditions.has("enormous-log"):
        return replace(output, text=output.text + "x" * int(conditions.argument("enormous-log", "bytes", "6000000")))
    if not conditions.has("tool-says"):
        return output
    text = conditions.argument("tool-says", "text", "")
    kept = output.text if conditions.argument("tool-says", "after", "") else ""
    return replace(output, text=kept + text, exit_code=int(conditions.argument("tool-says", "exit-code", "0")))


#: A node without faults.
HEALTHY = Conditions()
