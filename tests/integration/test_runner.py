"""Progress of a wait under ansible-runner: live events, each the answer to a change made after the line before it was seen."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml

from tests.integration.fault_claims import READY, UNREADY, Claims, node
from tests.lab.nodes.api import Api
from tests.lab.proxy.control_plane import ControlPlane

pytestmark = [
    pytest.mark.lab,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),  # ansible-runner opens a terminal by fork
]

POOL = "live"
HOST = "controller"
LINE = re.compile(rf"\[{HOST}\] (?P<text>.+) \((?P<seconds>\d+) s\)")
QUIET_SECONDS = 3  # For which nothing changes in a wait, to see that nothing is said.
MINUTE = 60


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path_factory.mktemp("runner") / "plane")
    plane.up()
    Api(plane.state.kubeconfig).request("POST", "/api/v1/nodes", node())
    yield plane
    plane.down()


@dataclass
class Listener:
    """Takes ansible-runner's events as they come; ``lines`` are progress lines with the monotonic time of their coming.

    ``steps``: what a line must look like, and what is then changed. No change is made before its line was seen.
    """

    steps: list[tuple[str, Callable[[], object]]]
    lines: list[tuple[float, str]] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    ended: float | None = None
    result: dict[str, Any] = field(default_factory=dict)

    def __call__(self, event: dict[str, Any]) -> bool:
        for match in LINE.finditer(event.get("stdout") or ""):
            self._take(match["text"])
        if event["event"] in ("runner_on_ok", "runner_on_failed"):
            self.ended = time.monotonic()
            self.result = event["event_data"]["res"]
        return True

    def _take(self, text: str) -> None:
        self.lines.append((time.monotonic(), text))
        done = len(self.changed)
        if done < len(self.steps) and re.search(self.steps[done][0], text):
            self.changed.append(time.monotonic())
            # Events are read by the thread that calls this: a change that takes its time must not hold up the next.
            threading.Thread(target=self.steps[done][1], daemon=True).start()


def playbook(kubeconfig: Path, **options: Any) -> list[dict[str, Any]]:
    wait = {"accelerated.nodes.nodeclaim_wait": {"kubeconfig": str(kubeconfig), "node_pools": [POOL], **options}}
    return [{"hosts": HOST, "gather_facts": False, "tasks": [{"name": "Wait", **wait}]}]


def run_live(directory: Path, play: list[dict[str, Any]], listener: Listener, collections: Path) -> ansible_runner.Runner:
    """Run a playbook under ansible-runner to its end, events going to the listener while it runs."""
    (directory / "project").mkdir()
    (directory / "project" / "wait.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    thread, runner = ansible_runner.run_async(
        private_data_dir=str(directory),
        playbook="wait.yml",
        inventory={"all": {"hosts": {HOST: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}},
        envvars={
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "",
        },
        event_handler=listener,
        quiet=True,
    )
    thread.join(3 * MINUTE)
    assert not thread.is_alive(), f"the wait did not end; its lines: {listener.lines}"
    return runner


def later(seconds: float, change: Callable[[], object]) -> Callable[[], None]:
    def act() -> None:
        time.sleep(seconds)
        change()

    return act


@pytest.fixture
def collections(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / ".build" / "collections"


def test_each_change_arrives_as_a_live_event(plane: ControlPlane, tmp_path: Path, collections: Path) -> None:
    claims = Claims(Api(plane.state.kubeconfig), POOL)
    listener = Listener(
        [
            ("none yet", lambda: claims.create("0", UNREADY)),
            (rf"{POOL}: 0 of \d ready.*{POOL}-0 Registered g4dn.xlarge us-west-2a on-demand", later(QUIET_SECONDS, lambda: claims.become("0", READY))),
            (rf"{POOL}: 1 of \d ready", lambda: claims.create("1", UNREADY)),
            (rf"{POOL}: 1 of 2 ready.*{POOL}-1 ", lambda: claims.become("1", READY)),
        ]
    )  # fmt: skip
    runner = run_live(tmp_path, playbook(plane.state.kubeconfig, count=2, wait_timeout=120), listener, collections)
    assert runner.rc == 0, listener.lines
    assert len(listener.changed) == len(listener.steps)
    assert f"{POOL}: 2 of 2 ready" in listener.lines[-1][1]
    assert listener.lines[-1][0] <= listener.ended
    assert {claim["name"] for claim in listener.result["nodeclaims"]} == {claims.full("0"), claims.full("1")}
    quiet_from, quiet_to = listener.changed[1], listener.changed[1] + QUIET_SECONDS
    assert [text for at, text in listener.lines if quiet_from < at < quiet_to] == []


@pytest.mark.proof
def test_a_wait_in_which_nothing_changes_is_not_silent_for_more_than_a_minute(
    plane: ControlPlane, tmp_path: Path, collections: Path
) -> None:
    listener = Listener([])
    play = playbook(plane.state.kubeconfig, names=["nobody"], fail_fast=False, wait_timeout=2 * MINUTE + 5)
    assert run_live(tmp_path, play, listener, collections).rc != 0
    times = [at for at, _text in listener.lines]
    gaps = [after - before for before, after in zip(times, [*times[1:], listener.ended], strict=True)]
    assert sum(gaps) > 2 * MINUTE
    assert max(gaps) <= MINUTE + 1
    assert len(times) < 10
