# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION, Interrupted
from ansible_collections.accelerated.nodes.plugins.module_utils.depth import _look_again
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._privileged import PrivilegedPass
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying import _verify
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import MODULE_SECONDS
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._provision import seconds_for_nodes
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._rounds import Rounds
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._targets import Targets
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Scope, Subject
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verify import Verification

FABRIC = Finding("fabric", "Completed", "In Progress (fabric.state)", remedies.FABRIC_MANAGER, "device 0")
ECC = Finding("uncorrectable ECC errors", "0", "2", remedies.RESET_DEVICE, "device 0")
SLICES = [{"spec": {"driver": "gpu.nvidia.com", "nodeName": "n", "pool": {"name": "n", "generation": 1}, "devices": [{"name": "gpu-0"}]}}]


def node(offered="8"):
    labels = {"node.kubernetes.io/instance-type": "p5.48xlarge", "kubernetes.io/hostname": "n"}
    status = {"allocatable": {"nvidia.com/gpu": offered}, "conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": "n", "uid": "u", "labels": labels}, "spec": {}, "status": status}


class GivenTargets(Targets):
    """One node, and ResourceSlices, without a cluster. ``told`` is None, or why events may not be listed."""

    offered, slices, told = "8", (), None

    def read(self, path, query=None):
        if "resourceslices" in path:
            return self._answer(self.slices)
        if path.endswith("/events"):
            return self._answer(self.told or ())
        return [node(self.offered)] if path.endswith("/nodes") else []

    @staticmethod
    def _answer(given):
        if isinstance(given, ApiError):
            raise given
        return list(given)


class GivenRounds(Rounds):
    """Passes whose looks are given: a verdict, or a list of findings. ``end`` is what ends the run where no look is left."""

    looks, end, passes, deadlines = (), None, (), ()

    def one_pass(self, nodes, deadline, kind=None):
        self.deadlines.append(deadline)
        if nodes:
            self.passes.append(kind.__name__ if kind else "CheckPass")
        if self.end and not self.looks:
            INTERRUPTION.left.append(f"Job verify/check-{self._run}-n could not be deleted: no answer")
            raise self.end
        found = [self._result(each) for each in nodes]
        for each in found:
            self._tell(Observation(1, each.subject, None, each))
        return found

    def _result(self, subject: Subject):
        look = self.looks.pop(0)
        if isinstance(look, str):
            return NodeResult(subject, look)
        return NodeResult(subject, "failed" if look else "passed", tuple(look))


class Scripted(Verification):
    """A verification of one node, whose looks are given."""

    def __init__(self, *looks, offered="8", slices=(), told=None, end=None, **wishes):
        request = Request(Scope(), depth=Depth(**wishes))
        super().__init__(None, request, quiet)
        self.targets = GivenTargets(None, request, self._remarks)
        self.targets.offered, self.targets.slices, self.targets.told = offered, slices, told
        self.rounds = GivenRounds(None, request, self._run, self._deadline, self.targets, self._remarks, quiet, quiet)
        self.rounds.looks, self.rounds.end, self.rounds.passes, self.rounds.deadlines = list(looks), end, [], []
        self._targets, self._rounds = self.targets, self.rounds

    @property
    def passes(self):
        return self.rounds.passes

    @property
    def warnings(self):
        return self._remarks.warnings

    def verdict(self, settle=True):
        (result,) = self.rounds.results(self.targets.all(), settle)
        return result


def quiet(*_args, **_more):
    """Takes what nobody listens to."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(_look_again, "LOOK_AGAIN_SECONDS", 0.01)


def test_a_node_is_looked_at_until_it_has_settled_and_then_as_often_as_wanted():
    run = Scripted([FABRIC], [FABRIC], [], [], [ECC], repeat=3)
    result = run.verdict()
    assert len(run.passes) == 5
    assert (result.verdict, [each.check for each in result.findings]) == ("failed", ["flapping"])
    assert "look 3" in result.findings[0].found


def test_a_node_that_was_waited_for_in_vain_already_is_not_waited_for_again():
    run = Scripted([FABRIC])
    assert run.verdict(settle=False).findings == (FABRIC,)


def test_all_looks_of_a_run_share_one_deadline():
    settled, busy = Scripted([FABRIC], [], [], repeat=2), Scripted("busy", [], probe="privileged")
    for run, looks in ((settled, 3), (busy, 2)):
        run.verdict()
        assert [id(each) for each in run.rounds.deadlines] == [id(run._deadline)] * looks


def test_what_settles_is_not_looked_at_again_when_there_is_no_time_for_one_more_look():
    run = Scripted([FABRIC])
    run.rounds._deadline = Deadline(MODULE_SECONDS)
    assert run.verdict().findings == (FABRIC,)


@pytest.mark.parametrize(("remaining", "check", "share"), [(900, 300, 675), (900, 100, 800), (40, 300, 30)])
def test_nodes_that_have_come_can_be_checked_though_others_have_not(remaining, check, share):
    assert seconds_for_nodes(remaining, check) == share


def test_only_a_busy_node_and_only_on_the_users_word_is_looked_at_by_a_privileged_pod():
    assert (Scripted("busy").verdict().verdict, Scripted([], probe="privileged").verdict().verdict) == ("busy", "passed")
    run = Scripted("busy", [], probe="privileged")
    assert run.verdict().verdict == "passed"
    assert run.passes == ["CheckPass", PrivilegedPass.__name__]


def test_a_node_that_dra_serves_is_unknown_and_one_that_nothing_serves_has_failed():
    served = Scripted(offered="0", slices=SLICES).verdict()
    assert (served.verdict, served.findings[0].check) == ("unknown", "resource")
    assert Scripted(offered="0").verdict().verdict == "failed"


def test_a_right_to_list_slices_that_is_missing_breaks_nothing_and_is_told_once():
    run = Scripted(offered="0", slices=ApiError("refused.", 403, next_step="Grant resourceslices list."), repeat=2)
    assert run.verdict().verdict == "failed"
    assert run.warnings == ["Whether DRA serves a node cannot be seen. refused. Grant resourceslices list."]
    absent = Scripted(offered="0", slices=ApiError("no such API", 404))
    assert (absent.verdict().verdict, absent.warnings) == ("failed", [])


def test_a_right_to_list_events_that_is_missing_breaks_nothing_and_is_told_once():
    run = Scripted([], [], told=ApiError("refused.", 403, next_step="Grant events list."), repeat=2)
    assert run.verdict().verdict == "passed"
    assert run.warnings == ["What is told of nodes in events cannot be seen. refused. Grant events list."]


def test_what_was_set_on_a_node_and_made_for_the_run_is_in_the_result_and_is_a_change():
    run = Scripted()
    passed = NodeResult(Subject("n", node(), None, expectation("p5.48xlarge", {})), "passed").to_dict()
    outcome = run._outcome([{**passed, "marked": ["labelled"]}], None)
    assert (outcome["changed"], outcome["provisioned"], outcome["given_back"]) == (True, [], [])
    assert run._outcome([{**passed, "marked": []}], None)["changed"] is False
    run._remarks.leftovers.append("NodeClaim gpu-1 was deleted and is not gone.")
    with pytest.raises(CollectionError, match="is not gone"):
        run._outcome([{**passed, "marked": []}], None)


@pytest.fixture
def no_cluster(monkeypatch):
    monkeypatch.setattr(_verify, "ensure_namespace", lambda _client, _name: None)
    monkeypatch.setattr(_verify, "sweep", lambda _client, _name: [])
    monkeypatch.setattr(INTERRUPTION, "left", ["Job verify/check-of-another-run could not be deleted: no answer"])


@pytest.mark.usefixtures("no_cluster")
@pytest.mark.parametrize(
    ("end", "words"), [(Interrupted("SIGTERM"), "interrupted (SIGTERM)"), (ApiError("not allowed", 403), "not allowed")]
)
def test_what_is_left_is_named_however_the_run_ends(end, words):
    run = Scripted(end=end)
    with pytest.raises(CollectionError) as raised:
        run.run()
    (left,) = raised.value.result["leftovers"]
    assert run._run in left
    assert left in raised.value.message
    assert words in raised.value.message


@pytest.mark.usefixtures("no_cluster")
def test_a_node_that_an_interrupted_run_did_not_come_to_is_unknown():
    with pytest.raises(CollectionError) as raised:
        Scripted(end=Interrupted("SIGTERM")).run()
    (result,) = raised.value.result["nodes"]
    assert (result["verdict"], result["findings"][0]["found"]) == ("unknown", "the module was interrupted (SIGTERM) before")


@pytest.mark.usefixtures("no_cluster")
@pytest.mark.parametrize(
    ("end", "words"),
    [(Interrupted("SIGTERM"), "was interrupted (SIGTERM)"), (ApiError("The API server gave no answer."), "gave no answer")],
)
def test_what_was_measured_before_the_run_was_ended_is_kept_and_a_pass_that_is_not_whole_is_none(end, words):
    with pytest.raises(CollectionError) as raised:
        Scripted([ECC], end=end, repeat=2).run()
    (result,) = raised.value.result["nodes"]
    assert (result["verdict"], [each["check"] for each in result["findings"]]) == ("failed", [ECC.check])
    assert words in raised.value.message
    with pytest.raises(CollectionError) as raised:
        Scripted([], end=end, repeat=2).run()
    (result,) = raised.value.result["nodes"]
    assert result["verdict"] == "unknown"
    assert result["findings"][0]["found"].startswith("a look that found nothing wrong;")


@pytest.mark.usefixtures("no_cluster")
def test_a_run_that_is_ended_after_the_last_look_keeps_its_verdicts(monkeypatch):
    run = Scripted([], [], repeat=2)

    def end():
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(run._own, "give_back", end)
    with pytest.raises(CollectionError, match="interrupted") as raised:
        run.run()
    assert [each["verdict"] for each in raised.value.result["nodes"]] == ["passed"]
