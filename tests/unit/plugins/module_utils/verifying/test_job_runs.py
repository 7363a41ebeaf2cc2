# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, View
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying import _job_runs, _sightings
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import delete_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_endings import MOST_LOGS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_runs import JobRun, Limits, ensure_namespace
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._sightings import UNSCHEDULABLE_SECONDS

from tests.unit.plugins.clock import Clock


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

    def data(self, path, query=None, limit=0):
        self._answer("data")
        return b"\x1b[1mlog of " + path.split("/")[-2].encode()

    def get(self, path, query=None, timeout=0):
        return {"items": [], "metadata": {}}


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


def a_run(server, clock, seconds=100):
    return JobRun(server, "verify", {"run": "0a1b2c3d"}, Deadline(seconds, clock))


class Checks:
    """A JobRun with Job ``a`` created, shown one view after another."""

    def __init__(self, server, clock, *names):
        self.told: list = []
        self.run = a_run(server, clock)
        self.run._on_end = lambda name, state, took: self.told.append((name, state, took))
        self.view = View({"jobs": {}, "pods": {}}, set())
        for name in names or ("a",):
            self.run.create(job(name))
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
        changed = self.run.update(self.view)
        self.view.changed.clear()
        self.view.gone.clear()
        return changed

    def take(self, seconds=5.0):
        """Let logs be read until something is told of, or nothing is being read."""
        until = time.monotonic() + seconds
        while True:
            self.run._take_answers()
            self.run._ask()
            if self.told or not self.run._errands.open or time.monotonic() > until:
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
    assert not checks.run._seen._pods and not checks.run._seen._jobs


def test_only_so_many_logs_are_read_ahead_of_what_was_told_of(clock):
    names = [f"n{each}" for each in range(MOST_LOGS + 5)]
    checks = Checks(Server(), clock, *names)
    checks.show("pods", *[ended(each) for each in names])
    checks.run._ask()
    assert checks.run._errands.count("words") == MOST_LOGS


def test_only_the_jobs_that_something_happened_to_are_looked_at(clock, monkeypatch):
    checks = Checks(Server(), clock, "a", "b", "c")
    looked = []
    monkeypatch.setattr(_sightings, "job_state", lambda job, pod: looked.append(job["job"]) or JobState("pending"))
    checks.show("pods", pod("b", phase="Pending"))
    checks.look()
    assert looked == ["b"]


def test_a_log_that_cannot_be_read_is_asked_for_again_and_then_given_up(clock):
    checks = Checks(Server(data=ApiError("the kubelet is away", 502)), clock)
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


def test_a_log_that_may_not_be_read_is_given_up_at_once_in_the_servers_words(clock):
    checks = Checks(Server(data=ApiError("refused.", 403, next_step="Grant pods/log get.")), clock)
    checks.show("pods", ended("a"))
    checks.take()
    checks.take()
    ((_name, state, _seconds),) = checks.told
    assert (state.reason, state.message) == ("LogUnreadable", "refused. Grant pods/log get.")


def test_a_log_that_was_not_read_by_the_deadline_is_told_with_the_last_trouble(monkeypatch, nothing_yet):
    checks = nothing_yet(Server(data=ApiError("the kubelet is away", 502)))
    checks.view.objects["pods"]["pod-n1"] = ended("n1")
    checks.view.changed = [("pods", ended("n1"))]
    states = told_of(monkeypatch, checks, "n1", seconds=300)
    assert (states["n1"].reason, states["n1"].message) == ("LogUnreadable", "the kubelet is away")


def test_rights_that_are_missing_are_noted_once_with_their_rules(monkeypatch, nothing_yet):
    server = Server()
    checks = nothing_yet(server)

    def get(path, query=None, timeout=0):
        raise ApiError("refused.", 403, next_step=f"Grant {path.rpartition('/')[2]} list.")

    server.get = get
    checks.view.polled["pods"] = ApiError("refused.", 403, next_step="Grant pods watch.")
    told_of(monkeypatch, checks, "n1", "n2", seconds=40)
    assert checks.run.notes == [
        "pods were listed again every 5 s, as watching them is not allowed. Grant pods watch.",
        "Why a check did not end by itself may not be told. refused. Grant events list.",
    ]


@pytest.mark.parametrize(("accounts", "comes"), [([[], [{"metadata": {"name": "default"}}]], True), ([[]] * 9, False)])
def test_a_namespace_is_ready_once_its_service_account_is_listed(monkeypatch, accounts, comes):
    monkeypatch.setattr(_job_runs, "ACCOUNT_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(_job_runs, "ACCOUNT_SECONDS", 0.2)
    server, left = Server(), list(accounts)
    server.get = lambda path, query=None, timeout=0: {"items": left.pop(0) if len(left) > 1 else left[0], "metadata": {}}
    if comes:
        ensure_namespace(server, "verify")
    else:
        with pytest.raises(CollectionError, match="has had no service account default"):
            ensure_namespace(server, "verify")


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
    checks.run.create(job("b"))
    checks.look()
    checks.take()
    assert not checks.run.states["b"].over


def test_jobs_are_deleted_whatever_happens(clock):
    server = Server()
    with pytest.raises(KeyboardInterrupt), a_run(server, clock) as run:
        run.create(job("a"))
        raise KeyboardInterrupt
    assert server.deleted == [("a", {"propagationPolicy": "Background"})]


def test_a_job_whose_creation_got_no_answer_is_deleted_too(clock):
    server = Server(create=ApiError("no answer"))
    with pytest.raises(CollectionError), a_run(server, clock) as run:
        run.create(job("a"))
    assert [name for name, _body in server.deleted] == ["a"]


def test_what_cannot_be_deleted_is_named_and_what_is_gone_is_not():
    assert delete_jobs(Server(delete=ApiError("gone", 404)), "verify", ["a"], Deadline(5)) == []
    assert delete_jobs(Server(delete=ApiError("forbidden", 403)), "verify", ["a"], Deadline(5)) == [
        "Job verify/a could not be deleted: forbidden"
    ]


QUOTA = ApiError('jobs.batch "a" is forbidden: exceeded quota: q', 403, "Forbidden")


class Views:
    """Views as a watch gives them, each after some time by the clock; the run's threads are given time to answer before each."""

    def __init__(self, checks, seconds):
        self.checks, self.seconds = checks, seconds

    def __call__(self, *_args, **_options):
        while self.checks.run._deadline.remaining > 0:
            until = time.monotonic() + 5
            while self.checks.run._errands._done.empty() and self.checks.run._errands.open and time.monotonic() < until:
                time.sleep(0.002)
            yield self.checks.view
            self.checks.run._deadline._clock.now += self.seconds


def told_of(monkeypatch, checks, *names, parallel=10, seconds=50):
    monkeypatch.setattr(_job_runs, "follow", Views(checks, 1.0))
    checks.run.run([lambda _seconds, name=name: job(name) for name in names], Limits(parallel, seconds), checks.run._on_end)
    return {name: state for name, state, _took in checks.told}


@pytest.fixture
def nothing_yet(clock):
    def made(server):
        checks = Checks(server, clock)
        checks.run._roll.entries.clear()
        return checks

    return made


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ApiError("admission webhook denied the request", 403, "Forbidden"), "Refused"),
        (ApiError("ValidatingAdmissionPolicy 'p' denied request", 422, "Invalid"), "Refused"),
        (QUOTA, "QuotaExceeded"),
    ],
)
def test_a_job_that_is_refused_is_that_nodes_matter(monkeypatch, nothing_yet, error, reason):
    server = Server()
    checks = nothing_yet(server)
    server.errors["create"] = error
    states = told_of(monkeypatch, checks, "n1", "n2")
    assert {name: (state.phase, state.reason) for name, state in states.items()} == dict.fromkeys(("n1", "n2"), ("stopped", reason))


def test_without_the_right_to_create_jobs_all_ends_with_the_rule(monkeypatch, nothing_yet):
    server = Server()
    checks = nothing_yet(server)
    server.errors["create"] = ApiError('User "x" cannot create resource "jobs" in API group "batch"', 403, "Forbidden")
    with pytest.raises(ApiError, match="cannot create resource"):
        told_of(monkeypatch, checks, "n1")


def test_a_creation_that_gets_no_answer_is_tried_again_and_a_conflict_is_its_success(monkeypatch, nothing_yet):
    server = Server()
    checks = nothing_yet(server)
    answers = iter([ApiError("no answer"), ApiError("too many", 429), ApiError("already exists", 409, "AlreadyExists")])

    def create(path, body):
        raise next(answers)

    server.create = create
    states = told_of(monkeypatch, checks, "n1", seconds=20)
    assert states["n1"].reason == "NoPod"
    assert next(answers, None) is None


def test_a_creation_that_is_answered_after_its_jobs_end_leaves_nothing(monkeypatch, nothing_yet):
    server, told = Server(), threading.Event()
    checks = nothing_yet(server)

    def create(path, body):
        told.wait(5)
        server.created.append(body["metadata"]["name"])

    server.create = create
    checks.run._creation.order(job("n1"), 50, 0.0)
    checks.show("jobs", kept("n1", "job-n1"))
    checks.show("pods", ended("n1"))
    checks.take(0.5)
    while checks.run._errands.count("delete"):
        checks.run._take_answers()
    ((name, state, _took),) = checks.told
    assert (name, state.log) == ("n1", "log of n1-x")
    told.set()
    while checks.run._errands.count("create"):
        checks.run._take_answers()
    with checks.run:
        pass
    assert [name for name, _body in server.deleted if name == "n1"] == ["n1", "n1"]


def test_what_is_being_created_as_all_ends_is_deleted_though_it_was_deleted_before(nothing_yet):
    server, told = Server(), threading.Event()
    checks = nothing_yet(server)
    server.create = lambda path, body: told.wait(5)
    checks.run._creation.order(job("n1"), 50, 0.0)
    checks.show("jobs", kept("n1", "job-n1"))
    checks.show("pods", ended("n1"))
    checks.take(0.5)
    while checks.run._errands.count("delete"):
        checks.run._take_answers()
    threading.Timer(0.1, told.set).start()
    with checks.run:
        pass
    assert [name for name, _body in server.deleted if name == "n1"] == ["n1", "n1"]


def test_nothing_is_begun_once_there_is_no_time_left(clock):
    server = Server()
    run = a_run(server, clock, seconds=100)
    clock.now = 100.0
    told = []
    run.run([lambda _seconds: job("n1")], Limits(10, 50), lambda *each: told.append(each))
    assert (server.created, told) == ([], [])


@pytest.mark.parametrize("at_the_deadline", [True, False])
def test_a_server_that_says_nothing_by_the_deadline_leaves_each_job_as_it_stands(monkeypatch, nothing_yet, clock, at_the_deadline):
    checks = nothing_yet(Server())

    def follow(*_args, **_options):
        clock.now = 100.0 if at_the_deadline else 50.0
        raise ApiError("no answer")

    monkeypatch.setattr(_job_runs, "follow", follow)

    def run():
        checks.run.run([lambda _seconds: job("n1")], Limits(10, 50), checks.run._on_end)

    if at_the_deadline:
        run()
        assert [(name, state.over) for name, state, _took in checks.told] == [("n1", False)]
    else:
        with pytest.raises(ApiError):
            run()


def test_a_check_that_takes_too_long_is_told_of_as_it_stands(monkeypatch, nothing_yet, clock):
    checks = nothing_yet(Server())
    checks.show("pods", pod("n1", containerStatuses=[{"name": "check", "state": {"running": {}}}]))
    checks.view.changed = [("pods", each) for each in checks.view.objects["pods"].values()]
    states = told_of(monkeypatch, checks, "n1", seconds=20)
    assert (states["n1"].phase, states["n1"].log) == ("running", "log of n1-x")
    assert 50 <= clock.now < 60


def test_a_pod_that_may_not_be_made_is_told_of_in_the_job_controllers_words(monkeypatch, nothing_yet):
    server = Server()
    checks = nothing_yet(server)
    event = {"reason": "FailedCreate", "message": "violates PodSecurity", "involvedObject": {"name": "n1"}, "metadata": {"name": "e"}}
    server.get = lambda path, query=None, timeout=0: {"items": [event] if "reason=FailedCreate" in str(query) else [], "metadata": {}}
    states = told_of(monkeypatch, checks, "n1", "n2", seconds=40)
    assert (states["n1"].reason, states["n1"].message) == ("FailedCreate", "violates PodSecurity")
    assert states["n2"].reason == "NoPod"


@pytest.mark.parametrize(("remaining", "share"), [(900, 300), (300, 270), (30, 15), (1, 1)])
def test_the_module_outlasts_a_check(remaining, share):
    assert Limits(10, 300).share(remaining) == share
