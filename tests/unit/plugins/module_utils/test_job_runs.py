# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._job_runs import UNSCHEDULABLE_SECONDS, JobRun, delete_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Server:
    """What a Jobs' client needs of an API server, without one."""

    def __init__(self, **errors: ApiError) -> None:
        self.errors = errors
        self.created: list[str] = []
        self.deleted: list[tuple[str, dict]] = []

    def _answer(self, verb: str) -> None:
        if verb in self.errors:
            raise self.errors[verb]

    def create(self, path, body):
        self.created.append(body["metadata"]["name"])
        self._answer("create")

    def delete(self, path, body=None):
        self.deleted.append((path.rpartition("/")[2], body))
        self._answer("delete")

    def text(self, path, query=None, limit=0):
        self._answer("text")
        return "\x1b[1mlog of " + path.split("/")[-2]


def job(name):
    return {"metadata": {"name": name, "uid": f"job-{name}"}}


def pod(name, **status):
    owners = [{"kind": "Job", "name": name}]
    return {"metadata": {"name": f"{name}-x", "uid": f"pod-{name}", "ownerReferences": owners}, "status": status}


def objects(*pods, jobs=("a",)):
    return {"jobs": {each: job(each) for each in jobs}, "pods": {each["metadata"]["uid"]: each for each in pods}}


def ended(name, code=0):
    return pod(name, phase="Succeeded", containerStatuses=[{"name": "check", "state": {"terminated": {"exitCode": code}}}])


UNSCHEDULABLE = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"}]}


@pytest.fixture
def clock():
    return Clock()


def started(server, clock):
    run = JobRun(server, "verify", "0a1b2c3d", "check")
    run.create(job("a"), Deadline(100, clock))
    return run


def test_an_ended_check_comes_with_its_log_made_printable(clock):
    run = started(Server(), clock)
    clock.now = 3.0
    assert run.update(objects(ended("a", 6)), Deadline(100, clock))
    state = run.states["a"]
    assert (state.phase, state.exit_code, state.log) == ("ended", 6, "log of a-x")


def test_a_log_that_cannot_be_read_is_asked_for_again_and_then_given_up(clock):
    run, deadline = started(Server(text=ApiError("the kubelet is away", 502)), clock), Deadline(100, clock)
    for _each in range(4):
        run.update(objects(ended("a")), deadline)
        assert not run.states["a"].over
    run.update(objects(ended("a")), deadline)
    assert (run.states["a"].phase, run.states["a"].reason, run.states["a"].message) == ("stopped", "LogUnreadable", "the kubelet is away")


def test_an_unschedulable_check_is_given_time_for_devices_to_come_free(clock):
    run, deadline = started(Server(), clock), Deadline(100, clock)
    run.update(objects(pod("a", **UNSCHEDULABLE)), deadline)
    clock.now = UNSCHEDULABLE_SECONDS - 1
    run.update(objects(pod("a", **UNSCHEDULABLE)), deadline)
    assert not run.states["a"].over
    clock.now = UNSCHEDULABLE_SECONDS
    run.update(objects(pod("a", **UNSCHEDULABLE)), deadline)
    assert (run.states["a"].phase, run.states["a"].reason) == ("stopped", "Unschedulable")


def test_a_check_that_is_deleted_by_others_is_over(clock):
    run, deadline = started(Server(), clock), Deadline(100, clock)
    run.update(objects(pod("a", phase="Pending")), deadline)
    run.update(objects(jobs=()), deadline)
    assert (run.states["a"].phase, run.states["a"].reason) == ("stopped", "Deleted")


def test_jobs_are_deleted_whatever_happens(clock):
    server = Server()
    with pytest.raises(KeyboardInterrupt), JobRun(server, "verify", "0a1b2c3d", "check") as run:
        run.create(job("a"), Deadline(100, clock))
        raise KeyboardInterrupt
    assert server.deleted == [("a", {"propagationPolicy": "Background"})]


def test_a_job_whose_creation_got_no_answer_is_deleted_too(clock):
    server = Server(create=ApiError("no answer"))
    with pytest.raises(CollectionError), JobRun(server, "verify", "0a1b2c3d", "check") as run:
        run.create(job("a"), Deadline(100, clock))
    assert [name for name, _body in server.deleted] == ["a"]


def test_what_cannot_be_deleted_is_named_and_what_is_gone_is_not():
    assert delete_jobs(Server(delete=ApiError("gone", 404)), "verify", ["a"]) == []
    assert delete_jobs(Server(delete=ApiError("forbidden", 403)), "verify", ["a"]) == ["Job verify/a could not be deleted: forbidden"]
