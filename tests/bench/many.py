"""What it takes to read 10,000 NodeClaims."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from tests.bench.bench import Bench, interleaved
from tests.bench.claims import name_of
from tests.bench.figures import Figure, Goal
from tests.bench.measure import Program

SIZE, QUICK_SIZE = 10_000, 500
ROUNDS = 5
MIB = 1 << 20
PEER = "dynamic client"
NOTHING, EVERYTHING = "bench=nothing", "karpenter.sh/nodepool=bench"
OURS, RETURNED = "ours", "ours, all of them returned"


def run(bench: Bench) -> list[Figure]:
    """nodeclaim_info, and a script that lists with the dynamic client; each also with nothing to list, which is what it costs to start.

    Both read all and print next to nothing: the script their number, the module the one whose name was asked for, which it looks for
    among them. What it takes the module to return all is a row of its own, as most of that is Ansible's writing of a large result.
    """
    size = QUICK_SIZE if bench.quick else SIZE
    bench.claims.clear()
    bench.claims.create(range(size))
    programs = bench.programs
    starts: dict[str, Callable[[str], Program]] = {
        OURS: lambda selector: programs.ours("nodeclaim_info", label_selectors=[selector], names=[name_of(0)]),
        PEER: programs.dynamic_list,
    }
    cases = {(name, selector): start for name, start in starts.items() for selector in (NOTHING, EVERYTHING)}
    cases[RETURNED, EVERYTHING] = lambda selector: programs.ours("nodeclaim_info", label_selectors=[selector])
    found = interleaved(
        bench.rounds(ROUNDS), {key: lambda _number, start=start, key=key: start(key[1]).wait() for key, start in cases.items()}
    )
    cpu = {key: statistics.median(usage.cpu for usage in usages) for key, usages in found.items()}
    peak = {key: statistics.median(usage.peak / MIB for usage in usages) for key, usages in found.items()}
    added = {name: cpu[name, EVERYTHING] - cpu[name, NOTHING] for name in starts}
    grown = {name: peak[name, EVERYTHING] - peak[name, NOTHING] for name in starts}
    what = f"{size:,} NodeClaims of {bench.claims.size() / 1000:.1f} kB"
    return [
        Figure(f"CPU to read {what}", "s", cpu[OURS, EVERYTHING], PEER, cpu[PEER, EVERYTHING], Goal("ratio", 0.1)),
        Figure(f"CPU added by {what}", "s", added[OURS], PEER, added[PEER], None, "without what it costs to start"),
        Figure(f"memory added by {what}", "MiB", grown[OURS], PEER, grown[PEER], Goal("ratio", 0.2)),
        Figure("CPU to start, and read nothing", "s", cpu[OURS, NOTHING], PEER, cpu[PEER, NOTHING]),
        Figure(
            f"CPU to read and return {what}", "s", cpu[RETURNED, EVERYTHING], PEER, cpu[PEER, EVERYTHING], None, "the peer returns none"
        ),
        Figure(f"memory to read and return {what}", "MiB", peak[RETURNED, EVERYTHING], PEER, peak[PEER, EVERYTHING]),
    ]
