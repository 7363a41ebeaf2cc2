"""The fault matrix: each fault for each module, through a proxy in front of a real API server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.integration.fault_claims import node
from tests.integration.fault_pools import POOL_FAULTS, REPEATS
from tests.integration.fault_runs import INFO, POOLS, STARVED_SECONDS, WAIT, Bench, Run, problems
from tests.integration.fault_table import FAULTS, STILL_THERE, Fault
from tests.lab.proxy.control_plane import ControlPlane

pytestmark = [pytest.mark.lab, pytest.mark.faults]

AT_ONCE = 10  # Most of a row is waiting.
TRIES = 3
NODES = "/api/v1/nodes"
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"


@dataclass(frozen=True)
class Case:
    """A row for a module, with the module's options."""

    module: str
    fault: Fault
    state: str = ""

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.module, self.state, self.fault.name)))

    @property
    def options(self) -> dict[str, Any]:
        goal = {"state": self.state} if self.state else {"count": 2} if self.module == WAIT else {}
        return {**goal, "wait_timeout": self.fault.seconds}


CASES = (
    *(Case(WAIT, fault) for fault in FAULTS if fault.wait),
    *(Case(INFO, fault) for fault in FAULTS if fault.info),
    *(Case(WAIT, fault, "absent") for fault in STILL_THERE),
    *(Case(POOLS, fault) for fault in POOL_FAULTS),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Bench]:
    directory = tmp_path_factory.mktemp("faults")
    plane = ControlPlane(directory / "plane")
    plane.up()
    bench = Bench(directory, plane, pytestconfig.rootpath / ".build" / "collections", AT_ONCE)
    bench.api.request("POST", NODES, node())
    bench.api.request("POST", ACCOUNTS, {"metadata": {"name": "default"}})  # Which pods need.
    yield bench
    bench.stop()
    plane.down()


@pytest.fixture(scope="module")
def run_of(bench: Bench, request: pytest.FixtureRequest) -> Iterator[Callable[[Case], Run]]:
    """The run of a case: all that were chosen are begun at once, and tests then look at what came of them."""
    wanted = [
        item.callspec.params["case"] for item in request.session.items if item.path == request.path and item.originalname == "test_fault"
    ]
    numbers = count()

    def play(case: Case) -> Run:
        run = bench.play(case.fault, case.module, f"pool-{next(numbers)}", case.options)
        # What a busy machine has spoilt is played again; what is wrong stays so.
        for _again in range(TRIES):
            if run.queued <= STARVED_SECONDS or not problems(case.fault, case.module, run):
                break
            run = bench.play(case.fault, case.module, f"pool-{next(numbers)}", case.options)
        return run

    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[str, Future[Run]] = {case.id: pool.submit(play, case) for case in wanted}
        yield lambda case: runs[case.id].result()
        for run in runs.values():
            run.cancel()


def _parameter(case: Case) -> object:
    """The case; one that tells nothing which its neighbours do not is left to `make proof`."""
    return pytest.param(case, id=case.id, marks=[pytest.mark.proof] if case.fault.name in REPEATS else [])


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
def test_fault(case: Case, run_of: Callable[[Case], Run]) -> None:
    run = run_of(case)
    found = problems(case.fault, case.module, run)
    assert not found, (
        f"{'; '.join(found)}\nafter {run.seconds:.1f} s (and {run.queued:.1f} s without a processor), rc {run.rc}: {_words(run)}"
    )


def _words(run: Run) -> str:
    asked = [f"{request.at - run.requests[0].at:.1f} {request.kind}" for request in run.requests[:12]]
    return f"{run.result.get('msg') or run.out[-600:]}\n{run.err[-1500:]}\n{json.dumps(asked)}"
