"""accelerator_verify loses its connection to a real API server in the middle of a run: it goes on, or says honestly what it knows.

A control plane without controllers: the Jobs' pods are a stand-in's. A proxy between cuts the connections.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.bench.cutter import Cutter
from tests.integration import patience, verify_process
from tests.integration.fault_claims import node
from tests.integration.job_player import JobPlayer
from tests.lab.nodes.api import Api
from tests.lab.proxy.control_plane import ControlPlane
from tests.lab.state import LOOPBACK

pytestmark = [pytest.mark.lab, pytest.mark.faults]

NAMESPACE = "accelerated-nodes-verify"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
NODES = ("node-a", "node-b")
PATIENCE_SECONDS = 120.0
eventually = partial(patience.eventually, patience=PATIENCE_SECONDS, pause=0.05)
#: Longer than a module needs to begin on a busy machine, shorter than anybody wants to wait.
RUN_SECONDS = 10
CUTS = 8

Json = dict[str, Any]


class Place:
    """An API server with two nodes in it, and what is between it and the module."""

    def __init__(self, kubeconfig: Path, cutter: Cutter, directory: Path) -> None:
        self.cutter, self._directory = cutter, directory
        self.api = Api(kubeconfig)
        #: Nodes whose checks run on.
        self.running: set[str] = set()
        self.player = JobPlayer(self.api, directory, "g4dn.xlarge", running=self.running)
        for name in NODES:
            made = node(name)
            made["status"] |= {"addresses": [{"type": "InternalIP", "address": LOOPBACK}]}
            made["status"] |= {"daemonEndpoints": {"kubeletEndpoint": {"Port": self.player.port}}}
            self.api.request("POST", "/api/v1/nodes", made)
        self.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        self.api.request("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "default"}})
        config = yaml.safe_load(kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://{LOOPBACK}:{cutter.port}"
        self._kubeconfig = directory / "cut-kubeconfig"
        self._kubeconfig.write_text(yaml.safe_dump(config))

    def begin(self, name: str, seconds: int = RUN_SECONDS) -> subprocess.Popen[str]:
        """Start the module, with so many seconds for its run."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("K8S_AUTH_", "KUBECONFIG"))}
        options = {"kubeconfig": str(self._kubeconfig), "nodes": list(NODES), "wait_timeout": seconds}
        return verify_process.start(environment, self._directory / name, options)

    def result(self, process: subprocess.Popen[str], name: str) -> Json:
        return verify_process.result_of(process, self._directory / name, PATIENCE_SECONDS)

    def jobs(self) -> list[Json]:
        found: list[Json] = self.api.request("GET", JOBS)["items"]
        return found

    def stop(self) -> None:
        self.player.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("connection")
    plane = ControlPlane(directory / "plane")
    plane.up()
    kubeconfig = plane.state.kubeconfig
    url = urlsplit(yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"])
    with Cutter(int(url.port or 443)) as cutter:
        found = Place(kubeconfig, cutter, directory)
        yield found
        found.stop()
    plane.down()


@pytest.fixture(autouse=True)
def whole(place: Place) -> Iterator[None]:
    """Each test begins and ends with a connection, and without Jobs."""
    yield
    place.running.clear()
    place.player.resume()
    place.cutter.mend()
    for job in place.jobs():
        place.api.request("DELETE", f"{JOBS}/{job['metadata']['name']}?propagationPolicy=Background")


def test_connections_that_are_cut_again_and_again_cost_no_verdict(place: Place) -> None:
    place.player.pause()
    process = place.begin("cut", 90)
    for _cut in range(CUTS):
        eventually(place.cutter.cut, "the module connects again")
    place.player.resume()
    # And wherever it then is, up to the deletion of its Jobs.
    for _cut in range(CUTS):
        place.cutter.cut()
        time.sleep(0.2)
    result = place.result(process, "cut")
    assert place.cutter.cuts >= CUTS
    assert result.get("msg") is None, result["msg"]
    assert (result["summary"]["passed"], result["leftovers"], place.jobs()) == (2, [], [])


def test_a_connection_that_is_lost_until_after_the_deadline_leaves_no_job_and_no_verdict_that_nobody_saw(place: Place) -> None:
    place.running.add("node-b")
    played = place.player.played
    process = place.begin("lost")
    # The one that has ended is judged, and its Job deleted; the other runs on as the connection is lost.
    eventually(lambda: place.player.played == played + len(NODES) and len(place.jobs()) == 1, "one check has ended")
    place.cutter.part()
    time.sleep(RUN_SECONDS + 3)
    assert process.poll() is None, "it has not given up on what it has made"
    place.cutter.mend()
    result = place.result(process, "lost")
    verdicts = {each["name"]: each["verdict"] for each in result["nodes"]}
    assert verdicts == {"node-a": "passed", "node-b": "unknown"}, result["msg"]
    assert re.search("still (running|pending) at the deadline", result["nodes"][1]["findings"][0]["found"])
    assert (result["leftovers"], place.jobs()) == ([], [])


@pytest.mark.proof
def test_a_connection_that_is_lost_for_good_leaves_jobs_that_are_named_and_end_by_themselves(place: Place) -> None:
    place.running.update(NODES)
    process = place.begin("gone")
    eventually(lambda: len(place.jobs()) == len(NODES), "each node has its Job")
    place.cutter.part()
    result = place.result(process, "gone")
    assert {each["verdict"] for each in result["nodes"]} == {"unknown"}
    left = {each["metadata"]["name"]: each["spec"] for each in place.jobs()}
    assert len(left) == len(NODES)
    assert sorted(each.split(" could not be deleted")[0] for each in result["leftovers"]) == sorted(
        f"Job {NAMESPACE}/{name}" for name in left
    )
    assert all(each["activeDeadlineSeconds"] and each["ttlSecondsAfterFinished"] for each in left.values())
