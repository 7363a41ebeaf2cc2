"""A wait under a storm of changes, whose connection is cut again and again.

Each change of a claim has a number of its own, which is the reason of Ready, so that the ledger of the wait can be held against what
was written. A change counts as missed when the ledger does not have it as a transition; nothing is excused as superseded by a later one.
What the ledger has must also be in the order in which it was written, and end with the last change of each claim.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.bench.api_requests import PAGE
from tests.bench.audit import Request
from tests.bench.bench import Bench
from tests.bench.claims import name_of, status
from tests.bench.cutter import Cutter
from tests.bench.figures import Figure, Goal
from tests.bench.measure import Program
from tests.bench.programs import Programs
from tests.bench.watch_server import Store, WatchServer
from tests.lab.bare import kubeconfig
from tests.lab.state import LOOPBACK

MIB = 1 << 20
#: The second half of a soak may peak at this much more memory than the first.
FLAT = 1.1
#: A cut is made up for when there was nothing to cut, as the wait had not connected again: so they come a little faster.
CUTS_EARLY = 0.8


@dataclass(frozen=True)
class Plan:
    """Changes a second (at most), for how many seconds, over how many claims, and how often all connections are cut."""

    claims: int = 10_000
    rate: int = 1000
    seconds: float = 60
    cuts: int = 100


WHOLE, QUICK = Plan(), Plan(claims=200, rate=200, seconds=5, cuts=10)


@dataclass
class Storm:
    """What was written: for each claim the reasons of its changes in order; and when it began and ended, by ``time.monotonic``."""

    written: dict[str, list[str]] = field(default_factory=dict)
    began: float = 0
    ended: float = 0

    @property
    def changes(self) -> int:
        """How many there were."""
        return sum(map(len, self.written.values()))

    @property
    def rate(self) -> float:
        """Changes a second."""
        return self.changes / (self.ended - self.began)


@dataclass(frozen=True)
class Soaked:
    """What came of it.

    :param missed: changes that the ledger does not have.
    :param wrong: claims whose transitions are not in order, or do not end with the last change.
    :param halves: most resident bytes of the wait in the first and in the second half of the storm.
    :param late: seconds from the last change to the end of the wait.
    :param lists: how often it listed: what lies between a watch and a list it cannot know, so more than one has to be the server's doing (410).
    """

    storm: Storm
    cuts: int
    missed: int
    wrong: list[str]
    halves: tuple[int, int]
    late: float
    lists: int = 1


def run(bench: Bench) -> list[Figure]:
    """The whole storm on the simulated watch server, and on the real API server what that can take."""
    plan = QUICK if bench.quick else WHOLE
    return [*_figures("simulated server", on_simulated_server(bench, plan)), *_figures("API server", on_api_server(bench, plan))]


def on_simulated_server(bench: Bench, plan: Plan) -> Soaked:
    """A soak that no server slows down."""
    store = Store()
    with WatchServer(store) as server, Cutter(server.server_port) as cutter:
        programs = Programs(_kubeconfig(bench, f"http://{LOOPBACK}:{cutter.port}"), bench.directory / "home")

        def put(number: int, fields: dict[str, Any]) -> None:
            store.put(bench.claims.copy(number, fields))

        for number in range(plan.claims):
            put(number, {"status": status(number)})
        return replace(soak(plan, put, programs, cutter, lambda _program: server.watched.wait(120)), lists=store.lists)


def on_api_server(bench: Bench, plan: Plan) -> Soaked:
    """The same on the real one."""
    bench.claims.clear()
    bench.claims.create(range(plan.claims))
    with Cutter(bench.plane.port) as cutter:
        programs = Programs(_kubeconfig(bench, f"https://{LOOPBACK}:{cutter.port}"), bench.directory / "home")
        audit = bench.audit()
        soaked = soak(plan, bench.claims.put_one, programs, cutter, lambda program: audit.await_request(program, "watch"))
        pages = audit.requests.count(Request("list", "nodeclaims"))
        return replace(soaked, lists=math.ceil(pages / math.ceil((plan.claims + 1) / PAGE)))


def soak(plan: Plan, put: Callable[[int, dict], object], programs: Programs, cutter: Cutter, begun: Callable[[Program], object]) -> Soaked:
    """Waits for one claim more than there are, changes those, and at last makes the one.

    :param begun: returns when the program watches.
    """
    program = programs.ours("nodeclaim_wait", state="launched", count=plan.claims + 1, wait_timeout=int(plan.seconds * 10))
    begun(program)
    storm = _storm(plan, put, cutter)
    put(plan.claims, {"status": status(plan.claims)})
    usage = program.wait()
    middle = (storm.began + storm.ended) / 2 - program.began
    during = [(at, size) for at, size in program.memory if storm.began <= at + program.began <= storm.ended]
    halves = tuple(max(size for at, size in during if (at > middle) == second) for second in (False, True))
    missed, wrong = compare(storm.written, usage.result["ledger"])
    return Soaked(storm, cutter.cuts, missed, wrong, halves, usage.ended - storm.ended)


def compare(written: dict[str, list[str]], ledger: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The number of changes that the ledger lacks, and the claims of which it tells another story."""
    missed, wrong = 0, []
    noted = {entry["name"]: [item["reason"] for item in entry["transitions"] if item["type"] == "Ready"] for entry in ledger}
    for name, reasons in written.items():
        seen = noted.get(name, [])[1:]  # The first is how the wait found it.
        missed += len(set(reasons) - set(seen))
        if seen[-1:] != reasons[-1:] or seen != [reason for reason in reasons if reason in set(seen)]:
            wrong.append(name)
    return missed, wrong


def _storm(plan: Plan, put: Callable[[int, dict], object], cutter: Cutter) -> Storm:
    """Changes one claim after the other, each ``1 / rate`` seconds or as fast as they can be put, and cuts meanwhile."""
    storm = Storm(began=time.monotonic())
    end, cut_at, change = storm.began + plan.seconds, storm.began, 0
    while (now := time.monotonic()) < end:
        if now >= cut_at and cutter.cuts < plan.cuts and cutter.cut():
            cut_at = now + CUTS_EARLY * plan.seconds / plan.cuts
        ahead = storm.began + change / plan.rate - now
        if ahead > 0:
            time.sleep(ahead)
        number, reason = change % plan.claims, f"Change{change}"
        put(number, {"status": status(number, ready=False, reason=reason)})
        storm.written.setdefault(name_of(number), []).append(reason)
        change += 1
    storm.ended = time.monotonic()
    return storm


def _kubeconfig(bench: Bench, server: str) -> Any:
    value = kubeconfig(bench.plane)
    value["clusters"][0]["cluster"]["server"] = server
    path = bench.directory / "kubeconfig-soak"
    path.write_text(json.dumps(value))
    return path


def _figures(where: str, soaked: Soaked) -> list[Figure]:
    storm = soaked.storm
    lists = f"{soaked.lists} list{'s' * (soaked.lists > 1)}"
    what = f"{storm.changes:,} changes at {storm.rate:,.0f} a second, {soaked.cuts} cuts, {lists}"
    first, second = (size / MIB for size in soaked.halves)
    note = f"{what}; {len(soaked.wrong)} claims out of order or with a wrong end; over {soaked.late:.1f} s after the last change"
    return [
        Figure(f"transitions missed, {where}", "", soaked.missed + len(soaked.wrong), goal=Goal("ours", 0), note=note),
        Figure(f"memory, second half of the soak, {where}", "MiB", second, "first half", first, Goal("ratio", FLAT)),
    ]
