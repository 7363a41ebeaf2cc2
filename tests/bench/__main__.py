"""``python -m tests.bench [--quick] [benchmark ...]``: run the benchmarks, and write what they found."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import api_requests, flip, info, many
from tests.bench.bench import Bench
from tests.bench.claims import Claims
from tests.bench.programs import Programs
from tests.lab import bare, binaries

BENCHMARKS = {"flip": flip.run, "requests": api_requests.run, "info": info.run, "many": many.run}


@contextlib.contextmanager
def bench(quick: bool) -> Iterator[Bench]:
    """A control plane of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with bare.control_plane(directory / "plane") as plane:
            home = directory / "home"
            home.mkdir()
            yield Bench(plane, Claims(plane), Programs(plane.kubeconfig, home), directory, quick)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("benchmarks", nargs="*", choices=[*BENCHMARKS, []])
    options = parser.parse_args()
    binaries.build_all()
    figures = []
    with bench(options.quick) as at_hand:
        for name in options.benchmarks or BENCHMARKS:
            began = time.monotonic()
            for figure in BENCHMARKS[name](at_hand):
                print(figure.row, flush=True)
                figures.append(figure)
            print(f"{name}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
