"""``python -m tests.bench``: run the benchmarks, and write what they found to build/bench.json and docs/benchmarks.md.

Named benchmarks, or --quick, are for trying: they print their figures and write nothing.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from tests.bench import api_requests, flip, info, install, many, progress, report, soak, verify
from tests.bench.bench import Bench, bench
from tests.bench.figures import Figure
from tests.lab import binaries

BENCHMARKS = {
    "soak": soak.run,
    "requests": api_requests.run,
    "flip": flip.run,
    "info": info.run,
    "many": many.run,
    "progress": progress.run,
    "verify": verify.run,
    "install": install.run,
}


def main() -> int:
    """The exit status is 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds, small numbers")
    parser.add_argument("benchmarks", nargs="*", metavar="benchmark", help=", ".join(BENCHMARKS))
    options = parser.parse_args()
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {min(unknown)}; there are {', '.join(BENCHMARKS)}")
    # Told to end, it ends its servers first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    binaries.build_all()
    before = os.getloadavg()[0]
    with bench(options.quick) as at_hand:
        figures: list[Figure] = []
        for name in options.benchmarks or BENCHMARKS:
            figures += measured(at_hand, name)
            # Written as it comes, so that nothing is lost when a long run is cut off.
            if not options.quick and not options.benchmarks:
                report.write(figures, (before, os.getloadavg()[0]))
    return int(any(figure.met is False for figure in figures))


def measured(at_hand: Bench, name: str) -> list[Figure]:
    """One benchmark's figures, shown as soon as they are there."""
    began = time.monotonic()
    figures = BENCHMARKS[name](at_hand)
    print(f"{name} ({time.monotonic() - began:.0f} s, load average {os.getloadavg()[0]:.1f})\n{report.table(figures)}\n", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
