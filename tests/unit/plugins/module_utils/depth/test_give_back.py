# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, View
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth import _give_back
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._give_back import GivenBack, Provisioned, give_back, let_go, made_for
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner, Placement

from tests.unit.plugins.nodeclaims import READY, claim

OWNER = Owner("run", "verify", "0a1b2c3d")
ASKED = "2026-11-22T09:58:00Z"
MADE = [Provisioned("gpu", name, f"uid-{name}", f"node-{name}", ASKED, "2026-11-22T10:00:00Z") for name in ("gpu-1", "gpu-2")]


def test_made_for_takes_new_claims_that_the_runs_pods_are_on_or_are_to_be_on():
    claims = [claim("gpu-1", **READY), claim("gpu-2", Launched="True"), claim("gpu-3", **READY), claim("gpu-4", **READY)]
    places = [
        Placement("a", OWNER, node="node-gpu-1"),
        Placement("b", OWNER, claim="gpu-2"),
        Placement("c", OWNER, node="node-gpu-4"),
        Placement("d", OWNER),
    ]
    found = made_for(["uid-gpu-4"], claims, places, ASKED)
    assert [(each.node_claim, each.ready_at) for each in found] == [("gpu-1", "2026-11-22T10:00:00Z"), ("gpu-2", "")]
    assert found[0].result == {"node_pool": "gpu", "node_claim": "gpu-1", "asked_at": ASKED, "ready_at": "2026-11-22T10:00:00Z"}


class Server:
    def __init__(self, **errors):
        self.deleted, self.errors = [], errors

    def delete(self, path, body=None):
        self.deleted.append((path.rsplit("/", 1)[-1], body))
        if path.rsplit("/", 1)[-1] in self.errors:
            raise self.errors[path.rsplit("/", 1)[-1]]


@pytest.fixture
def seen(monkeypatch):
    """What a watch of the NodeClaims shows, a list of names for each view."""
    views: list = []

    def follow(client, sources, deadline):
        for names in views:
            if isinstance(names, BaseException):
                raise names
            yield View({"nodeclaims": {f"uid-{name}": claim(name) for name in names}}, set())

    monkeypatch.setattr(_give_back, "follow", follow)
    return views


def free(_node):
    return []


def given(server, holders=free):
    return give_back(server, MADE, holders, Deadline(60), lambda *_args, **_more: None)


def test_give_back_deletes_and_waits_until_all_are_gone(seen):
    seen += [["gpu-1", "gpu-2"], ["gpu-2"], []]
    server = Server()
    outcome = given(server)
    assert server.deleted == [(name, {"preconditions": {"uid": f"uid-{name}"}}) for name in ("gpu-1", "gpu-2")]
    assert [each["node_claim"] for each in outcome.given] == ["gpu-1", "gpu-2"]
    assert all(each["deleted_at"] and each["gone_at"] for each in outcome.given)
    assert (outcome.kept, outcome.trouble) == ([], [])


def test_give_back_keeps_what_others_have_come_to_use_or_what_nobody_can_tell(seen):
    seen += [["gpu-2"], []]
    server = Server()
    outcome = given(server, lambda node: ["team/train-0"] if node == "node-gpu-1" else [])
    assert [name for name, _body in server.deleted] == ["gpu-2"]
    assert outcome.kept == ["NodeClaim gpu-1 was not given back, as others use it by now: team/train-0."]
    assert len(given(Server(), lambda node: None).kept) == 2


def test_give_back_names_what_is_not_gone_in_time(seen):
    seen += [["gpu-1", "gpu-2"], ["gpu-2"]]
    outcome = given(Server())
    assert [each["node_claim"] for each in outcome.given] == ["gpu-1"]
    assert len(outcome.trouble) == 1
    assert outcome.trouble[0].startswith("NodeClaim gpu-2 was deleted and is not gone after")


def test_give_back_takes_what_is_gone_already_for_given_and_names_a_right_that_is_missing(seen):
    seen += [[]]
    outcome = given(Server(**{"gpu-1": ApiError("no such", 404), "gpu-2": ApiError("refused.", 403, next_step="Grant it.")}))
    assert [each["node_claim"] for each in outcome.given] == ["gpu-1"]
    assert outcome.trouble == ["NodeClaim gpu-2 could not be given back: refused. Grant it."]


def test_give_back_does_not_claim_what_it_could_not_see(seen):
    seen += [ApiError("no watch")]
    outcome = given(Server())
    assert outcome.given == []
    assert len(outcome.trouble) == 2


def test_let_go_deletes_what_is_not_given_back_yet_and_does_not_wait():
    server, outcome = Server(), GivenBack(given=[{"node_claim": "gpu-1", "deleted_at": ASKED, "gone_at": ASKED}])
    let_go(server, MADE, free, outcome)
    assert [name for name, _body in server.deleted] == ["gpu-2"]
    assert [(each["node_claim"], bool(each["deleted_at"]), each["gone_at"] == "") for each in outcome.given[1:]] == [("gpu-2", True, True)]


def test_let_go_keeps_what_others_use():
    outcome = GivenBack()
    let_go(Server(), MADE, lambda node: ["team/train-0"], outcome)
    assert (len(outcome.kept), outcome.given) == (2, [])


def test_a_server_that_does_not_answer_is_asked_once_and_all_are_named():
    server, outcome = Server(**{"gpu-1": ApiError("no answer."), "gpu-2": ApiError("no answer.")}), GivenBack()
    let_go(server, MADE, free, outcome)
    assert [name for name, _body in server.deleted] == ["gpu-1"]
    assert outcome.trouble == [f"NodeClaim {name} could not be given back: no answer." for name in ("gpu-1", "gpu-2")]


def test_what_was_given_back_before_an_interruption_is_kept(seen):
    seen += [["gpu-2"], KeyboardInterrupt()]
    outcome = GivenBack()
    with pytest.raises(KeyboardInterrupt):
        give_back(Server(), MADE, free, Deadline(60), lambda *_args, **_more: None, outcome)
    assert [each["node_claim"] for each in outcome.given] == ["gpu-1"]
