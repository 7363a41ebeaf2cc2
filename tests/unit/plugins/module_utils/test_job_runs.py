# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils import _job_runs
from ansible_collections.accelerated.nodes.plugins.module_utils._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils._job_runs import MOST_LOGS, UNSCHEDULABLE_SECONDS, JobRun, delete_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils._watch import Deadline, View


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


def kept(name, uid, **status):
    return {"job": name, "uid": uid, "metadata": {"name": f"{name}-x"}, "status": status}


def pod(name, **status):
    return kept(name, f"pod-{name}", **status)


def ended(name, code=0):
    return pod(name, phase="Succeeded", containerStatuses=[{"name": "check", "state": {"terminated": {"exitCode": code}}}])


UNSCHEDULABLE = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"}]}


@pytest.fixture
def clock():
    return Clock()


class Checks:
    """A JobRun with Job ``a`` created, shown one view after another."""

    def __init__(self, server, clock, *names):
        self.run = JobRun(server, "verify", "0a1b2c3d", "check")
        self.clock, self.deadline = clock, Deadline(100, clock)
        self.view = View({"jobs": {}, "pods": {}}, set())
        self.told: list = []
        for name in names or ("a",):
            self.run.create(job(name), self.deadline)
            self.show("jobs", kept(name, f"job-{name}"))

    def show(self, source, *objects, gone=()):
        for each in objects:
            self.view.objects[source][each["uid"]] = each
            self.view.changed.append((source, each))
        for each in gone:
            self.view.objects[source].pop(each["uid"], None)
            self.view.gone.append((source, each))
        return self.look()

    def look(self):
        changed = self.run.update(self.view, self.deadline)
        self.view.changed.clear()
        self.view.gone.clear()
        return changed

    def take(self, seconds=5.0):
        """Let logs be read until something is told of, or nothing is being read."""
        until = time.monotonic() + seconds
        while True:
            self.run._take_logs(self.deadline, lambda name, state, took: self.told.append((name, state, took)))
            if self.told or not self.run._logs_open or time.monotonic() > until:
                return
            time.sleep(0.005)

    @property
    def state(self):
        return self.run.states["a"]


def test_an_ended_check_is_told_of_once_with_its_log_made_printable(clock):
    checks = Checks(Server(), clock)
    clock.now = 3.0
    assert checks.show("pods", ended("a", 6))
    checks.take()
    ((name, state, seconds),) = checks.told
    assert (name, state.phase, state.exit_code, state.log, seconds) == ("a", "ended", 6, "log of a-x", 3.0)
    checks.show("pods", ended("a", 6))
    checks.take()
    assert len(checks.told) == 1


def test_a_log_is_not_kept_once_it_was_told_of(clock):
    checks = Checks(Server(), clock)
    checks.show("pods", ended("a"))
    checks.take()
    assert checks.state.over
    assert checks.state.log == ""
    assert not checks.run._pods and not checks.run._jobs


def test_only_so_many_logs_are_read_ahead_of_what_was_told_of(clock):
    names = [f"n{each}" for each in range(MOST_LOGS + 5)]
    checks = Checks(Server(), clock, *names)
    checks.show("pods", *[ended(each) for each in names])
    checks.run._take_logs(checks.deadline, lambda *_told: None)
    assert checks.run._logs_open == MOST_LOGS


def test_only_the_jobs_that_something_happened_to_are_looked_at(clock, monkeypatch):
    checks = Checks(Server(), clock, "a", "b", "c")
    looked = []
    monkeypatch.setattr(_job_runs, "job_state", lambda job, pod: looked.append(job["job"]) or JobState("pending"))
    checks.show("pods", pod("b", phase="Pending"))
    checks.look()
    assert looked == ["b"]


def test_a_log_that_cannot_be_read_is_asked_for_again_and_then_given_up(clock):
    checks = Checks(Server(text=ApiError("the kubelet is away", 502)), clock)
    checks.show("pods", ended("a"))
    for _each in range(20):
        checks.take()
        if checks.told:
            break
        assert not checks.state.over
        clock.now += 1.0
    ((_name, state, _seconds),) = checks.told
    assert (state.phase, state.reason, state.message) == ("stopped", "LogUnreadable", "the kubelet is away")
    assert clock.now >= 8


def test_an_unschedulable_check_is_given_time_for_devices_to_come_free(clock):
    checks = Checks(Server(), clock)
    checks.show("pods", pod("a", **UNSCHEDULABLE))
    clock.now = UNSCHEDULABLE_SECONDS - 1
    checks.look()
    checks.take()
    assert not checks.told
    clock.now = UNSCHEDULABLE_SECONDS
    checks.look()
    checks.take()
    assert (checks.state.phase, checks.state.reason) == ("stopped", "Unschedulable")


def test_a_check_that_is_deleted_by_others_is_over(clock):
    checks = Checks(Server(), clock)
    checks.show("pods", pod("a", phase="Pending"))
    checks.show("jobs", gone=[kept("a", "job-a")])
    checks.take()
    assert not checks.told
    checks.show("pods", gone=[pod("a", phase="Pending")])
    checks.take()
    assert (checks.state.phase, checks.state.reason) == ("stopped", "Deleted")


def test_a_job_that_has_not_been_seen_yet_is_not_taken_for_deleted(clock):
    checks = Checks(Server(), clock)
    checks.run.create(job("b"), checks.deadline)
    checks.look()
    checks.take()
    assert not checks.run.states["b"].over


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
    assert delete_jobs(Server(delete=ApiError("gone", 404)), "verify", ["a"], Deadline(5)) == []
    assert delete_jobs(Server(delete=ApiError("forbidden", 403)), "verify", ["a"], Deadline(5)) == [
        "Job verify/a could not be deleted: forbidden"
    ]
