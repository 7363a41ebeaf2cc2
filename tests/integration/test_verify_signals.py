"""accelerator_verify is ended at moments spread over every phase of its run: nothing that it has made is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration import verify_process
from tests.integration.verify_fault_table import DRY_POOL, DRY_TYPE
from tests.lab.nodes import faults
from tests.lab.nodes.api import Api, ApiError

pytestmark = [pytest.mark.lab, pytest.mark.faults]

#: Runs side by side, each with a node of its own: the lab itself needs the processors too.
AT_ONCE = 3
PATIENCE_SECONDS = 180.0
#: Seconds in which a run that asks for nodes there are none of is ended.
DEMAND_SECONDS = 8.0
CHECKS, DEMAND = "checks", "demand"
#: The pool of a node that is asked for and given back.
GIVEN_POOL = "faults-neuron"

Json = dict[str, Any]


class Signals:
    """Runs that are ended, each in a namespace of its own."""

    def __init__(self, lab: Mapping[str, str], directory: Path) -> None:
        self._lab, self._directory = lab, directory
        self.api = Api(Path(lab["KUBECONFIG"]))
        self.nodes: list[str] = []
        self.seconds = {DEMAND: DEMAND_SECONDS}

    def prepare(self) -> None:
        """Have nodes, and know how long a run takes that is not ended."""
        faults.set_fault("no-capacity:dry", {"instance-type": DRY_TYPE}, Path(self._lab["LAB_DIR"]))
        first = verify_process.start(self._lab, self._directory / "first", {"provision": {"faults": AT_ONCE}, "wait_timeout": 300})
        result = verify_process.result_of(first, self._directory / "first", 600)
        self.nodes = [each["name"] for each in result["nodes"] if each["verdict"] == "passed"][:AT_ONCE]
        assert len(self.nodes) == AT_ONCE, result["msg"]
        process = self.begin(CHECKS, "whole", 0)
        await_listening(process)
        began = time.monotonic()
        verify_process.result_of(process, self._directory / "whole", PATIENCE_SECONDS)
        self.seconds[CHECKS] = time.monotonic() - began

    def begin(self, phase: str, name: str, number: int) -> Any:
        """Begin a run, which checks a node, or asks for one."""
        what: Json = {"nodes": [self.nodes[number % AT_ONCE]]} if phase == CHECKS else {"provision": {DRY_POOL: 1}}
        return verify_process.start(self._lab, self._directory / name, {"namespace": f"signals-{name}", "wait_timeout": 120, **what})

    def end(self, phase: str, name: str, number: int, moment: float) -> Json:
        """Begin a run and send it SIGTERM so many seconds after it has begun to listen; returns what it said."""
        process = self.begin(phase, name, number)
        await_listening(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.terminate()
        out, _nothing = process.communicate(timeout=PATIENCE_SECONDS)
        return verify_process.parsed(out, self._directory / name)

    def left(self, name: str) -> list[str]:
        """The Jobs that a run has left."""
        return [each["metadata"]["name"] for each in self.api.request("GET", f"/apis/batch/v1/namespaces/signals-{name}/jobs")["items"]]

    def claims(self, pool: str) -> set[str]:
        """Names of the pool's NodeClaims."""
        path = f"/apis/karpenter.sh/v1/nodeclaims?labelSelector=karpenter.sh%2Fnodepool%3D{pool}"
        return {each["metadata"]["name"] for each in self.api.request("GET", path)["items"]}

    def clean(self) -> None:
        """Take away the namespaces."""
        faults.clear_fault("no-capacity:dry", Path(self._lab["LAB_DIR"]))
        for each in self.api.request("GET", "/api/v1/namespaces")["items"]:
            if each["metadata"]["name"].startswith("signals-"):
                with suppress(ApiError):
                    self.api.request("DELETE", f"/api/v1/namespaces/{each['metadata']['name']}")


def await_listening(process: subprocess.Popen[str]) -> None:
    """Wait until the module handles SIGTERM; before, it loads its libraries, and has made nothing that could be left."""
    until = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < until:
        status = Path(f"/proc/{process.pid}/status").read_text()
        if int(status.split("SigCgt:")[1].split()[0], 16) & 1 << signal.SIGTERM - 1:
            return
        time.sleep(0.02)
    raise AssertionError("the module has ended, or does not listen")


@pytest.fixture(scope="module")
def signals(verify_pools: None, lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signals]:
    found = Signals(lab, tmp_path_factory.mktemp("signals"))
    try:
        found.prepare()
        yield found
    finally:
        found.clean()


def moments(seconds: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """Phases and moments (seconds from the start), evenly spread over whole runs, in an order in which neighbours are far apart."""
    each = count // 2
    spread = [(phase, seconds[phase] * (number + 0.5) / each) for phase in (CHECKS, DEMAND) for number in range(each)]
    return spread[::2] + spread[1::2]


def end_all(signals: Signals, count: int) -> dict[str, Json]:
    """End so many runs; returns what each said."""
    wanted = moments(signals.seconds, count)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # A worker keeps to its node: two checks of one node would only find it busy.
        lanes = [pool.submit(_lane, signals, wanted[lane::AT_ONCE], lane, count) for lane in range(AT_ONCE)]
        return {name: said for lane in lanes for name, said in lane.result().items()}


def _lane(signals: Signals, wanted: list[tuple[str, float]], lane: int, count: int) -> dict[str, Json]:
    names = [f"{count}-{lane}-{place}" for place in range(len(wanted))]
    return {name: signals.end(phase, name, lane, moment) for name, (phase, moment) in zip(names, wanted, strict=True)}


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.proof)])
def test_no_job_is_left_by_a_run_that_is_ended(count: int, signals: Signals) -> None:
    said = end_all(signals, count)
    assert len(said) == count
    left = {}
    for name in said:
        with suppress(ApiError):
            left[name] = signals.left(name)
    assert {name: jobs for name, jobs in left.items() if jobs} == {}
    assert {name: each["leftovers"] for name, each in said.items() if each.get("leftovers")} == {}
    interrupted = [each for each in said.values() if "interrupted (SIGTERM)" in each.get("msg", "")]
    assert len(interrupted) >= count // 3, "most of the moments are in the middle of a run"
    verdicts = {node["verdict"] for each in interrupted for node in each["nodes"]}
    assert verdicts <= {"unknown", "passed"}, "a check that was ended has not failed"


def test_a_node_that_a_run_has_asked_for_is_given_back_when_the_run_is_ended(signals: Signals) -> None:
    before = signals.claims(GIVEN_POOL)
    options = {"namespace": "signals-given", "provision": {GIVEN_POOL: len(before) + 1}, "give_back": True, "wait_timeout": 120}
    process = verify_process.start(signals._lab, signals._directory / "given", options)
    events = "/api/v1/namespaces/signals-given/events?fieldSelector=reason%3DNominated"
    until = time.monotonic() + PATIENCE_SECONDS
    while not (signals.claims(GIVEN_POOL) - before and signals.api.request("GET", events)["items"]):
        assert time.monotonic() < until and process.poll() is None, "no node was asked for"
        time.sleep(0.1)
    (made,) = signals.claims(GIVEN_POOL) - before
    process.terminate()
    said = verify_process.result_of(process, signals._directory / "given", PATIENCE_SECONDS)
    assert "interrupted (SIGTERM)" in said["msg"]
    assert [each["node_claim"] for each in said["provisioned"]] == [made]
    assert [(each["node_claim"], each["gone_at"]) for each in said["given_back"]] == [(made, "")]
    assert (said["leftovers"], signals.left("given")) == ([], [])
    while made in signals.claims(GIVEN_POOL):
        assert time.monotonic() < until, "the NodeClaim does not go"
        time.sleep(0.5)


def test_a_run_that_nobody_hears_any_more_ends_and_cleans(signals: Signals) -> None:
    process = signals.begin(DEMAND, "unheard", 0)
    until = time.monotonic() + PATIENCE_SECONDS
    while not _jobs(signals, "unheard"):
        assert time.monotonic() < until, "no Job was made"
        time.sleep(0.2)
    process.stdout.close()
    assert process.wait(60) != 0
    assert signals.left("unheard") == []


def test_what_a_killed_run_leaves_ends_and_goes_by_itself(signals: Signals) -> None:
    process = signals.begin(DEMAND, "killed", 0)
    until = time.monotonic() + PATIENCE_SECONDS
    while not (jobs := _jobs(signals, "killed")):
        assert time.monotonic() < until, "no Job was made"
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all(each["spec"]["activeDeadlineSeconds"] and each["spec"]["ttlSecondsAfterFinished"] for each in jobs)


def _jobs(signals: Signals, name: str) -> list[Json]:
    with suppress(ApiError):
        return signals.api.request("GET", f"/apis/batch/v1/namespaces/signals-{name}/jobs")["items"]
    return []
