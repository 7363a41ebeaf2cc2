"""The real API server killed and started again under a module that runs: no proxy in between."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fault_claims import READY, UNREADY, Claims, node
from tests.integration.fault_runs import INFO, WAIT
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import ERRORS, Api
from tests.lab.proxy.control_plane import ControlPlane

pytestmark = [pytest.mark.lab, pytest.mark.faults]

AWAY_SECONDS = 2
DEADLINE_SECONDS = 60  # kube-apiserver itself takes seconds to be back.
POOL = "restart"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path_factory.mktemp("restart") / "plane")
    plane.up()
    api = Api(plane.state.kubeconfig)
    api.request("POST", "/api/v1/nodes", node())
    for name, kind in (("0", READY), ("1", UNREADY)):
        Claims(api, POOL).create(name, kind)
    yield plane
    plane.down()


@pytest.fixture
def start(plane: ControlPlane, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Callable[..., Any]]:
    """A function that starts a module and gives the future of its end."""
    process = ModuleProcesses(pytestconfig.rootpath / ".build" / "collections", INFO, WAIT)
    common = {"kubeconfig": str(plane.state.kubeconfig), "node_pools": [POOL], "wait_timeout": DEADLINE_SECONDS}
    with ThreadPoolExecutor(1) as pool:
        yield lambda module, **options: pool.submit(process.run, module, tmp_path, {**common, **options})
        process.stop()


def until(true: Callable[[], bool], patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.05)


def answers(plane: ControlPlane) -> bool:
    try:
        Api(plane.state.kubeconfig).request("GET", "/version")
    except ERRORS:
        return False
    return True


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["rc"] == 0, answer
    assert "Traceback" not in answer["out"] + answer["err"]
    result: dict[str, Any] = json.loads(answer["out"])
    return result


def test_info_outlasts_a_server_that_restarts(plane: ControlPlane, start: Callable[..., Any]) -> None:
    restart = threading.Thread(target=plane.restart_server, args=(AWAY_SECONDS,))
    restart.start()
    until(lambda: not answers(plane))
    result = result_of(start(INFO).result())
    restart.join()
    assert [claim["phase"] for claim in result["nodeclaims"]] == ["Ready", "Registered"]


def test_wait_outlasts_a_server_that_restarts(plane: ControlPlane, start: Callable[..., Any], tmp_path: Path) -> None:
    lines = tmp_path / "progress"
    lines.touch()
    end = start(WAIT, count=2, progress_file=str(lines))
    until(lambda: "1 of 2 ready" in lines.read_text())
    plane.restart_server(AWAY_SECONDS)
    assert not end.done(), end.result()
    Claims(Api(plane.state.kubeconfig), POOL).become("1", READY)
    result = result_of(end.result())
    assert [claim["phase"] for claim in result["nodeclaims"]] == ["Ready", "Ready"]
