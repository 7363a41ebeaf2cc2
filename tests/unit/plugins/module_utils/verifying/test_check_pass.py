# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import itertools
import threading
import time

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying import _check_pass
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import CheckPass, holders_of
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Scope, Subject

TYPE = "g4dn.xlarge"


def subject(name):
    node = {
        "metadata": {"name": name, "labels": {"node.kubernetes.io/instance-type": TYPE}},
        "spec": {},
        "status": {"allocatable": {"nvidia.com/gpu": "1"}},
    }
    return Subject(name, node, None, expectation(TYPE, {}, {}))


@pytest.mark.parametrize(("resource", "held"), [("nvidia.com/gpu", True), ("nvidia.com/mig-1g.10gb", True), ("nvidia.com/other", False)])
def test_pods_that_have_parts_of_a_device_hold_it_too(resource, held):
    container = {"resources": {"limits": {"cpu": "1", resource: "1"}}}
    pod = {"metadata": {"name": "p", "namespace": "team", "uid": "u"}, "spec": {"containers": [container]}}

    class Pods:
        def get(self, path, query=None, timeout=None):
            return {"items": [pod], "metadata": {}}

    assert holders_of(Pods(), "n", "0a1b2c3d") == (["team/p"] if held else [])


class Cluster:
    """Jobs whose pods end at once, in as far as a client of the API server sees it. Names in ``silent`` never end."""

    host = "https://cluster"

    def __init__(self, silent=()):
        self.silent = silent
        self.jobs: dict[str, dict] = {}
        self.ever: list[str] = []
        self.most = 0
        self._lock = threading.Lock()
        self._events: dict[str, list[dict]] = {"jobs": [], "pods": []}

    def get(self, path, query=None, timeout=None):
        return {"items": [], "metadata": {"resourceVersion": "1"}}

    def create(self, path, body):
        name = body["metadata"]["name"]
        with self._lock:
            self.jobs[name] = body
            self.ever.append(name)
            self.most = max(self.most, len(self.jobs))
            self._tell("jobs", {"metadata": {"name": name, "uid": f"job-{name}"}, "spec": body["spec"]})
            self._tell("pods", self._pod(name))
        return body

    def _pod(self, name):
        state = {"running": {}} if any(part in name for part in self.silent) else {"terminated": {"exitCode": 0}}
        return {
            "metadata": {"name": f"{name}-x", "uid": f"pod-{name}", "ownerReferences": [{"kind": "Job", "name": name}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "check", "state": state}]},
        }

    def _tell(self, kind, item):
        item["metadata"]["resourceVersion"] = str(len(self._events[kind]) + 2)
        self._events[kind].append({"type": "ADDED", "object": item})

    def delete(self, path, body=None):
        with self._lock:
            if self.jobs.pop(path.rpartition("/")[2], None) is None:
                raise ApiError("not found", 404)

    def data(self, path, query=None, limit=0):
        return f"log of {path.split('/')[-2]}".encode()

    def stream(self, path, query, timeout):
        events = self._events[path.rpartition("/")[2]]
        for each in itertools.count():
            while len(events) <= each:
                time.sleep(0.005)
            yield events[each]


@pytest.fixture(autouse=True)
def judged(monkeypatch):
    """The verdict is another file's; here it is enough that it is made, from which log."""
    device = Device(0, facts={"fan_speed": "1 %"})
    seen = []

    def conclude(subject, state, seconds, holders=None):
        seen.append((subject.name, state and state.log))
        return NodeResult(subject, "passed", inventory=Inventory("nvidia-smi", (device,)))

    monkeypatch.setattr(_check_pass, "conclude", conclude)
    return seen


def checks(cluster, number=1, observe=lambda _observation: None, **request):
    return CheckPass(cluster, Request(Scope(), **request), "0a1b2c3d", number, Progress(None), observe)


def test_each_node_is_judged_once_and_its_job_is_gone(judged):
    cluster = Cluster()
    names = [f"node-{each}" for each in range(30)]
    results = checks(cluster).results([subject(each) for each in names], Deadline(20))
    assert [each.subject.name for each in results] == names
    assert sorted(name for name, _log in judged) == sorted(names)
    assert all(log.startswith("log of check-0a1b2c3d-") for _name, log in judged)
    assert (len(cluster.ever), cluster.jobs) == (30, {})


def test_an_observer_sees_the_log_and_every_fact_which_are_not_kept():
    seen = []
    (result,) = checks(Cluster(), observe=seen.append).results([subject("n")], Deadline(20))
    (observation,) = seen
    assert observation.number == 1
    assert observation.subject.name == "n"
    assert observation.state.log.startswith("log of check-")
    assert observation.result.inventory.devices[0].facts == {"fan_speed": "1 %"}
    assert result.inventory.devices[0].facts == {}


def test_what_has_no_end_at_the_deadline_is_judged_as_it_stands_and_what_was_not_begun_too(judged):
    cluster = Cluster(silent=("hangs",))
    nodes = [subject(each) for each in ("hangs", "waits")]
    checks(cluster, max_parallel=1).results(nodes, Deadline(2))
    assert [name for name, _log in judged] == ["hangs", "waits"]
    assert judged[0][1].startswith("log of check-")
    assert judged[1][1] is None
    assert cluster.jobs == {}


def test_no_more_jobs_are_unfinished_than_max_parallel():
    cluster = Cluster(silent=("node",))
    checks(cluster, max_parallel=3).results([subject(f"node-{each}") for each in range(9)], Deadline(2))
    assert cluster.most == 3


def test_each_pass_has_jobs_of_its_own():
    cluster = Cluster()
    for number in (1, 2):
        checks(cluster, number).results([subject("n")], Deadline(20))
    first, second = cluster.ever
    assert first != second


def test_jobs_are_deleted_when_the_observer_fails():
    cluster = Cluster()

    def full(_observation):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        checks(cluster, observe=full).results([subject("n")], Deadline(20))
    assert cluster.jobs == {}
