"""What every benchmark has at hand."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.audit import Audit
from tests.bench.claims import Claims
from tests.bench.measure import Usage
from tests.bench.programs import Programs
from tests.lab import bare
from tests.lab.bare import ControlPlane


@dataclass(frozen=True)
class Bench:
    """A control plane, its NodeClaims, the programs to measure, and how much of it.

    :param quick: a few rounds and small numbers, to see that it works; the figures then mean little.
    """

    plane: ControlPlane
    claims: Claims
    programs: Programs
    directory: Path
    quick: bool = False

    def audit(self) -> Audit:
        """The requests from now on."""
        return Audit(self.plane)

    def rounds(self, number: int) -> range:
        """The rounds to do."""
        return range(3 if self.quick else number)


@contextlib.contextmanager
def bench(quick: bool = False) -> Iterator[Bench]:
    """A control plane of its own; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        home = directory / "home"
        home.mkdir()
        with bare.control_plane(directory / "plane") as plane:
            yield Bench(plane, Claims(plane), Programs(plane.kubeconfig, home), directory, quick)


def interleaved(rounds: Iterable[int], programs: dict[str, Callable[[int], float | Usage]]) -> dict[str, list]:
    """Does each of the programs once a round, so that what else the machine does meets all alike; one round first does not count."""
    found: dict[str, list] = {name: [] for name in programs}
    for number in (-1, *rounds):
        for name, program in programs.items():
            measured = program(number)
            if number >= 0:
                found[name].append(measured)
    return found


def medians(found: dict[str, list[float]]) -> dict[str, float]:
    """The median by name."""
    return {name: statistics.median(values) for name, values in found.items()}
