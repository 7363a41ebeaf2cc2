"""From the flip of a condition to the end of the program that waits for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.bench.bench import Bench, interleaved, medians
from tests.bench.claims import name_of, status
from tests.bench.figures import Figure, Goal
from tests.bench.measure import Program

ROUNDS = 15
#: Long enough that each program has begun to wait, then at any moment of k8s_info's default interval.
SETTLE_SECONDS, SPREAD_SECONDS = 0.5, 5


def run(bench: Bench) -> list[Figure]:
    """Ours, kubectl wait, and k8s_info's wait at its defaults."""
    bench.claims.clear()
    bench.claims.create([0], ready=False)
    dice = random.Random(20261122)
    delays = {number: SETTLE_SECONDS + dice.uniform(0, SPREAD_SECONDS) for number in (-1, *bench.rounds(ROUNDS))}
    name, programs = name_of(0), bench.programs
    condition = {"type": "Ready", "status": "True"}
    starts: dict[str, Callable[[], Program]] = {
        "ours": lambda: programs.ours("nodeclaim_wait", names=[name], wait_timeout=120),
        "kubectl wait": lambda: programs.kubectl("wait", "--for=condition=Ready", f"nodeclaim/{name}", "--timeout=120s"),
        "k8s_info wait": lambda: programs.k8s_info(name=name, wait=True, wait_condition=condition),
    }
    found = interleaved(
        bench.rounds(ROUNDS), {name: lambda number, start=start: _once(bench, start, delays[number]) for name, start in starts.items()}
    )
    middle = medians(found)
    spread = {name: f"{min(values):.0f} to {max(values):.0f} ms" for name, values in found.items()}
    return [
        Figure(
            f"flip of Ready to exit, against {peer}",
            "ms",
            middle["ours"],
            peer,
            middle[peer],
            goal,
            f"ours {spread['ours']}, {spread[peer]}",
        )
        for peer, goal in (("kubectl wait", Goal("difference", 50)), ("k8s_info wait", Goal("ratio", 1 / 20)))
    ]


def _once(bench: Bench, start: Callable[[], Program], delay: float) -> float:
    """Milliseconds from the change to the end."""
    bench.claims.patch(0, status(0, ready=False))
    audit = bench.audit()
    program = start()
    audit.await_request(program)
    time.sleep(delay)
    flipped = time.monotonic()
    bench.claims.patch(0, status(0))
    return (program.wait().ended - flipped) * 1000
