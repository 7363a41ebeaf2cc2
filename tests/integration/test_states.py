"""What a wait takes for reached: each state, the count, and the selection by pods and Jobs, on a real API server on which nobody acts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._wait import LOOK_SECONDS

from tests.integration.fault_claims import NODE, NODECLAIMS, READY, TERMINATING, Claims, condition, make_pod, node
from tests.integration.fault_runs import WAIT
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import MERGE, Api
from tests.lab.proxy.control_plane import ControlPlane

pytestmark = [pytest.mark.lab]

AT_ONCE = 4
SECONDS = 3
STEPS = ("Launched", "Registered", "Initialized", "Ready")
DRIFTED = {**condition("Drifted"), "reason": "AMIDrift"}
JOBS = "/apis/batch/v1/namespaces/default/jobs"
NOW = "2026-01-02T03:04:05Z"
#: How a Job says that it has ended well, as the API server takes it.
COMPLETE = {
    "startTime": NOW,
    "completionTime": NOW,
    "succeeded": 1,
    "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
}


@dataclass(frozen=True)
class Row:
    """Claims by how many of their steps are done (``going``: being deleted; ``drifted``), what is asked, and whether that is reached.

    Attributes:
        pods: those whose claims are asked for.
        job: the status of the Job that they are of; None for none in the cluster.
        early: the wait ends before its deadline, as all pods have ended.
    """

    name: str
    claims: tuple[int | str, ...]
    options: dict[str, Any]
    reached: bool
    pods: tuple[dict[str, Any], ...] = field(default=())
    job: dict[str, Any] | None = None
    early: bool = False


def reached(name: str, *claims: int | str, pods: tuple[dict[str, Any], ...] = (), **options: Any) -> Row:
    return Row(name, claims, options, True, pods)


def not_reached(name: str, *claims: int | str, pods: tuple[dict[str, Any], ...] = (), **options: Any) -> Row:
    return Row(name, claims, options, False, pods)


def ended(name: str, *pods: dict[str, Any], job: dict[str, Any] | None = None, early: bool = True) -> Row:
    return Row(name, (4,), {"wait_timeout": 6 * LOOK_SECONDS} if early else {}, False, pods, job, early)


def bound(job: str = "", node_name: str = NODE) -> dict[str, Any]:
    """A pod that runs on a node, of a Job or none."""
    return {"job": job, "spec": {"nodeName": node_name}}


def over(job: str = "", phase: str = "Succeeded") -> dict[str, Any]:
    """A pod that has ended, on the node of the claim."""
    return {**bound(job), "phase": phase}


ROWS = (
    *(
        reached(f"{state}-by-step-{done}", done, state=state)
        for done, state in enumerate(("launched", "registered", "initialized", "ready"), 1)
    ),
    *(
        not_reached(f"{state}-not-by-step-{done}", done, state=state)
        for done, state in enumerate(("launched", "registered", "initialized", "ready"))
    ),
    reached("not_drifted", 1, state="not_drifted"),
    not_reached("not_drifted-but-drifted", "drifted", state="not_drifted"),
    not_reached("not_drifted-before-launch", 0, state="not_drifted"),
    reached("absent", state="absent"),
    not_reached("absent-but-going", "going", state="absent"),
    reached("count", 4, 4, count=2),
    reached("more-than-count", 4, 4, 4, count=2),
    not_reached("fewer-than-count", 4, 4, count=3),
    not_reached("count-with-one-behind", 4, 4, 3, count=2),
    reached("exactly", 4, 4, count=2, exact=True),
    not_reached("exactly-but-one-too-many", 4, 4, 4, count=2, exact=True),
    reached("exactly-beside-one-that-goes", 4, 4, "going", count=2, exact=True),
    not_reached("none-at-all"),
    not_reached("only-one-that-goes", "going"),
    reached("a-pod's-claim", 4, pods=(bound(),)),
    not_reached("a-pod-on-another-node", 4, pods=(bound(node_name="elsewhere"),)),
    reached("a-job's-claim", 4, pods=(bound("train"),)),
    reached("a-pod-beside-one-that-has-ended", 4, pods=(bound(), over())),
    ended("pods-that-have-ended", over(), over(phase="Failed")),
    ended("a-job-that-has-ended", over("train"), job=COMPLETE),
    ended("a-job-that-is-gone", over("train", "Failed")),
    ended("a-job-that-goes-on", over("train", "Failed"), job={}, early=False),
    not_reached("a-job-one-of-whose-pods-is-elsewhere", 4, pods=(bound("train"), bound("train", "elsewhere"))),
)


class Stage:
    """The API server, and processes that wait."""

    def __init__(self, plane: ControlPlane, directory: Path, collections: Path) -> None:
        self._api, self._kubeconfig, self._directory = Api(plane.state.kubeconfig), plane.state.kubeconfig, directory
        self._processes: SimpleQueue[ModuleProcesses] = SimpleQueue()
        for _number in range(AT_ONCE):
            self._processes.put(ModuleProcesses(collections, WAIT))
        self._api.request("POST", "/api/v1/nodes", node())
        self._api.request("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})

    def stop(self) -> None:
        for _number in range(AT_ONCE):
            self._processes.get().stop()

    def play(self, number: int, row: Row) -> dict[str, Any]:
        """What the wait answered."""
        pool, place = f"pool-{number}", self._directory / str(number)
        place.mkdir()
        claims = Claims(self._api, pool)
        for each, kind in enumerate(row.claims):
            self._claim(claims, str(each), kind)
        selected = self._pods(pool, row.pods)
        if row.job is not None:
            self._job(pool, row.job)
        arguments = {"kubeconfig": str(self._kubeconfig), "node_pools": [pool], "wait_timeout": SECONDS, **selected, **row.options}
        process = self._processes.get()
        try:
            return process.run(WAIT, place, arguments)
        finally:
            self._processes.put(process)

    def _claim(self, claims: Claims, name: str, kind: int | str) -> None:
        claims.create(name, TERMINATING if kind == "going" else READY)
        done = kind if isinstance(kind, int) else len(STEPS)
        conditions = [condition(step, number < done, "" if number < done else "Waiting") for number, step in enumerate(STEPS)]
        drifted = [DRIFTED] if kind == "drifted" else []
        path = f"{NODECLAIMS}/{claims.full(name)}/status"
        self._api.request("PATCH", path, {"status": {"conditions": [*conditions, *drifted]}}, MERGE)

    def _pods(self, pool: str, pods: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        """Makes the pods; returns the option that selects by them."""
        jobs, names = set(), []
        for number, pod in enumerate(pods):
            job = f"{pod['job']}-{pool}" if pod["job"] else ""
            names.append(f"{pool}-{number}")
            make_pod(self._api, names[-1], pod.get("phase", ""), job, **pod["spec"])
            jobs |= {job} - {""}
        if jobs:
            return {"jobs": [f"default/{job}" for job in jobs]}
        return {"pods": [f"default/{name}" for name in names]} if names else {}

    def _job(self, pool: str, status: dict[str, Any]) -> None:
        """Makes the Job of the pods, which nobody runs."""
        name = f"train-{pool}"
        template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.invalid/none"}]}}
        self._api.request("POST", JOBS, {"metadata": {"name": name}, "spec": {"template": template}})
        if status:
            self._api.request("PATCH", f"{JOBS}/{name}/status", {"status": status}, MERGE)


@pytest.fixture(scope="module")
def answer_to(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Callable[[Row], dict[str, Any]]]:
    """What came of a row; all are begun at once."""
    directory = tmp_path_factory.mktemp("states")
    plane = ControlPlane(directory / "plane")
    plane.up()
    stage = Stage(plane, directory, pytestconfig.rootpath / ".build" / "collections")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[str, Future[dict[str, Any]]] = {row.name: pool.submit(stage.play, number, row) for number, row in enumerate(ROWS)}
        yield lambda row: runs[row.name].result()
    stage.stop()
    plane.down()


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_wait_takes_for_reached_what_is(row: Row, answer_to: Callable[[Row], dict[str, Any]]) -> None:
    answer = answer_to(row)
    assert "Traceback" not in answer["out"] + answer["err"]
    result = json.loads(answer["out"])
    assert (answer["rc"] == 0) == row.reached, result.get("msg", result)
    assert row.reached or result["verdict"]["reason"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.early or row.job is not None], ids=lambda row: row.name)
def test_wait_says_that_all_pods_have_ended(row: Row, answer_to: Callable[[Row], dict[str, Any]]) -> None:
    result = json.loads(answer_to(row)["out"])
    assert result["verdict"]["reason"] == "PodsFinished", result["msg"]
    assert ("cannot help" in result["msg"]) == row.early, result["msg"]
    # At once: neither at the deadline nor when a look would be due anyway.
    assert result["elapsed"] < LOOK_SECONDS if row.early else result["elapsed"] >= SECONDS
