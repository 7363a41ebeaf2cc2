"""How many requests a wait on N NodeClaims makes, counted at the API server."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from tests.bench.audit import Request
from tests.bench.bench import Bench
from tests.bench.claims import status
from tests.bench.figures import Figure, Goal
from tests.bench.measure import Program

PAGE = 500
SIZES, QUICK_SIZES = (1, 500, 1000), (1, 20)
#: At this size ours may make a hundredth of kubectl's.
LARGE = 1000


def run(bench: Bench) -> list[Figure]:
    """Ours and ``kubectl wait`` on the same claims, which all become ready while it waits."""
    figures = []
    for size in QUICK_SIZES if bench.quick else SIZES:
        ours = count(bench, size, lambda: bench.programs.ours("nodeclaim_wait", count=size, wait_timeout=300))  # noqa: B023
        kubectl = count(
            bench, size, lambda: bench.programs.kubectl("wait", "--for=condition=Ready", "nodeclaims", "--all", "--timeout=300s")
        )
        figures += _figures(size, ours, kubectl)
    return figures


def count(bench: Bench, size: int, start: Callable[[], Program]) -> Counter[Request]:
    """The requests of one wait, from its start to its end."""
    bench.claims.clear()
    bench.claims.create(range(size), ready=False)
    audit = bench.audit()
    program = start()
    audit.await_request(program, "watch")
    bench.claims.put((number, {"status": status(number)}) for number in range(size))
    program.wait()
    return Counter(audit.requests)


def _figures(size: int, ours: Counter[Request], kubectl: Counter[Request]) -> list[Figure]:
    follow = ours[Request("list", "nodeclaims")] + ours[Request("watch", "nodeclaims")]
    theirs = kubectl[Request("list", "nodeclaims")] + kubectl[Request("watch", "nodeclaims")] + kubectl[Request("get", "nodeclaims")]
    note = "in all " + ", ".join(
        f"{number} {request.verb} {request.resource or 'discovery'}" for request, number in sorted(ours.items(), key=str)
    )
    lists = math.ceil(size / PAGE)
    found = [Figure(f"requests for NodeClaims, waiting on {size:,}", "", follow, "kubectl wait", theirs, Goal("ours", lists + 1), note)]
    if size >= LARGE:
        found.append(Figure(f"all requests, waiting on {size:,}", "", ours.total(), "kubectl wait", kubectl.total(), Goal("ratio", 0.01)))
    return found
