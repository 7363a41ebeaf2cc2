"""One warm reading of 20 NodeClaims."""

from __future__ import annotations

from tests.bench.bench import Bench, interleaved, medians
from tests.bench.figures import Figure, Goal

ROUNDS = 15
SIZE = 20


def run(bench: Bench) -> list[Figure]:
    """nodeclaim_info and k8s_info, whose discovery cache is warm after the round that does not count."""
    bench.claims.clear()
    bench.claims.create(range(SIZE))
    programs = bench.programs
    found = interleaved(
        bench.rounds(ROUNDS),
        {
            "ours": lambda _number: _milliseconds(programs.ours("nodeclaim_info").wait(), "nodeclaims"),
            "k8s_info": lambda _number: _milliseconds(programs.k8s_info().wait(), "resources"),
        },
    )
    middle = medians(found)
    spread = {name: f"{min(values):.0f} to {max(values):.0f} ms" for name, values in found.items()}
    note = f"ours {spread['ours']}, {spread['k8s_info']}"
    return [Figure(f"one reading of {SIZE} NodeClaims", "ms", middle["ours"], "k8s_info", middle["k8s_info"], Goal("ratio", 0.6), note)]


def _milliseconds(usage, key: str) -> float:
    if len(usage.result[key]) != SIZE:
        raise RuntimeError(f"{len(usage.result[key])} NodeClaims were read instead of {SIZE}")
    return usage.seconds * 1000
