# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import itertools
import time

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api import _retry, _watch
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, follow, list_all, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError


def item(name: str, version: str = "1", **more) -> dict:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}, **more}


def page(*items: dict, version="10", token="") -> dict:
    return {"items": list(items), "metadata": {"resourceVersion": version, "continue": token}}


class ScriptedClient:
    """Answers lists and watches from scripts; an exception in a script is raised. A used-up watch script stays open for ever."""

    host = "https://cluster"

    def __init__(self, lists, watches=()):
        self.lists, self.watches = iter(lists), iter(watches)
        self.asked: list[dict] = []

    def get(self, path, query=None, timeout=None):
        self.asked.append(dict(query or {}))
        return self._answer(next(self.lists))

    def stream(self, path, query, timeout):
        self.asked.append(dict(query))
        for event in next(self.watches, itertools.repeat(None)):
            if event is None:
                time.sleep(0.02)
                continue
            yield self._answer(event)

    @staticmethod
    def _answer(value):
        if isinstance(value, Exception):
            raise value
        return value


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(_retry, "BACKOFF_SECONDS", (0.01,))
    monkeypatch.setattr(_watch, "POLL_SECONDS", 0.01)


def names_until(client, wanted: set[str], seconds=5.0) -> _watch.View:
    """The first view whose objects have these names."""
    for view in follow(client, {"x": Source("/x")}, Deadline(seconds), tick=0.05):
        if {value["metadata"]["name"] for value in view.objects["x"].values()} == wanted:
            return view
    raise AssertionError(f"never saw {wanted}")


def test_list_all_follows_pages():
    client = ScriptedClient([page(item("a"), token="t"), page(item("b"))])
    items, version = list_all(client, Source("/x", {"labelSelector": "l"}))
    assert [found["metadata"]["name"] for found in items] == ["a", "b"]
    assert version == "10"
    assert client.asked[1] == {"labelSelector": "l", "limit": 500, "continue": "t"}


def test_follow_applies_added_modified_and_deleted():
    events = [{"type": "ADDED", "object": item("b", "11")}, {"type": "DELETED", "object": item("a", "12")}]
    view = names_until(ScriptedClient([page(item("a"))], [events]), {"b"})
    assert [gone["metadata"]["name"] for _name, gone in view.gone] in (["a"], [])


def test_follow_watches_from_the_list_and_goes_on_from_the_last_event():
    client = ScriptedClient(
        [page(item("a"))], [[{"type": "ADDED", "object": item("b", "17")}], [{"type": "ADDED", "object": item("c", "18")}]]
    )
    names_until(client, {"a", "b", "c"})
    assert [asked.get("resourceVersion") for asked in client.asked[1:3]] == ["10", "17"]


@pytest.mark.parametrize(
    "fault",
    [
        ApiError("gone", 410, "Expired"),
        ApiError("busy", 429, "TooManyRequests", retry_after=0.01),
        ApiError("down", 503, "ServiceUnavailable"),
        ApiError("error", 500, "InternalError"),
        ApiError("cut"),
        ApiError("expired token", 401, "Unauthorized"),
        {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}},
    ],
)
def test_follow_survives_a_fault_of_the_watch(fault):
    after = [{"type": "ADDED", "object": item("b", "30")}]
    lists = [page(item("a")), page(item("a"), version="20")]
    names_until(ScriptedClient(lists, [[fault], after, after]), {"a", "b"})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 401, 410])
def test_follow_survives_one_failed_list(status):
    names_until(ScriptedClient([ApiError("fault", status), page(item("a"))]), {"a"})


def test_follow_polls_where_watching_is_forbidden_and_says_so():
    lists = [page(item("a")), page(item("a"), item("b"))]
    view = names_until(ScriptedClient(lists + [lists[1]] * 1000, [[ApiError("no", 403, "Forbidden")]] * 1000), {"a", "b"})
    assert set(view.polled) == {"x"}


@pytest.mark.parametrize("status", [403, 404])
def test_follow_ends_where_listing_is_refused(status):
    with pytest.raises(ApiError) as raised:
        next(follow(ScriptedClient([ApiError("no", status)] * 9), {"x": Source("/x")}, Deadline(5)))
    assert raised.value.status == status


def test_follow_ends_when_the_credentials_are_refused_again_and_again():
    with pytest.raises(ApiError) as raised:
        next(follow(ScriptedClient([ApiError("no", 401)] * 10), {"x": Source("/x")}, Deadline(5)))
    assert raised.value.status == 401


def test_follow_that_never_had_an_answer_ends_with_the_cause_at_the_deadline():
    with pytest.raises(ApiError, match="connection refused"):
        next(follow(ScriptedClient(itertools.repeat(ApiError("connection refused"))), {"x": Source("/x")}, Deadline(0.3), tick=0.05))


def test_follow_lists_again_when_the_watch_goes_back_in_time():
    events = [{"type": "MODIFIED", "object": item("a", "12")}, {"type": "MODIFIED", "object": item("a", "11", old=True)}]
    client = ScriptedClient([page(item("a")), page(item("a", "12"), item("b"), version="20")], [events])
    view = names_until(client, {"a", "b"})
    assert "old" not in view.objects["x"]["uid-a"]


def test_follow_takes_a_duplicate_for_no_change():
    events = [{"type": "MODIFIED", "object": item("a", "12")}] * 3
    changes = []
    for view in follow(ScriptedClient([page(item("a"))], [events]), {"x": Source("/x")}, Deadline(0.5), tick=0.05):
        changes += view.changed
    assert [kept["metadata"]["resourceVersion"] for _name, kept in changes] == ["1", "12"]


def test_follow_takes_what_a_watch_tells_again_for_known():
    events = [{"type": "ADDED", "object": item("a", "3")}, {"type": "ADDED", "object": item("b", "11")}]
    client = ScriptedClient([page(item("a", "3"))], [events])
    names_until(client, {"a", "b"})
    assert len([asked for asked in client.asked if "watch" not in asked]) == 1


@pytest.mark.parametrize(
    ("reason", "seconds", "cuts", "lists"),
    [("Unreachable", 0, 4, 1), ("Unreachable", 0, 5, 2), ("CutEvent", 0, 5, 2), ("Unreachable", 60, 9, 1), ("BrokenEvent", 60, 2, 2)],
)
def test_follow_goes_on_after_cuts_from_where_it_was_and_lists_only_when_they_do_not_end(monkeypatch, reason, seconds, cuts, lists):
    monkeypatch.setattr(Deadline, "share", lambda _deadline, _most: seconds)
    fault = ApiError("cut", reason=reason)
    after = [{"type": "ADDED", "object": item("b", "30")}]
    client = ScriptedClient([page(item("a"))] * 2, [[fault]] * cuts + [after])
    names_until(client, {"a", "b"})
    assert len([asked for asked in client.asked if "watch" not in asked]) == lists


def test_follow_survives_bookmarks_only_and_goes_on_from_them():
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "40"}}}
    client = ScriptedClient([page(item("a"))], [[bookmark], [{"type": "ADDED", "object": item("b", "41")}]])
    names_until(client, {"a", "b"})
    assert client.asked[2]["resourceVersion"] == "40"


def test_follow_watches_anew_without_alarm_when_a_watch_was_silent(monkeypatch):
    monkeypatch.setattr(_watch, "SHORT_SECONDS", 0)
    client = ScriptedClient([page(item("a"))], [[ApiError("quiet", reason="Silent")], [{"type": "ADDED", "object": item("b", "30")}]])
    view = names_until(client, {"a", "b"})
    assert not view.trouble
    assert len([asked for asked in client.asked if "watch" not in asked]) == 1


@pytest.mark.parametrize("event", [{"type": "ADDED"}, {"type": "ADDED", "object": {}}, {"kind": "List"}, {"type": "ODD", "object": {}}])
def test_follow_survives_what_is_no_event(event):
    after = [{"type": "ADDED", "object": item("b", "30")}]
    names_until(ScriptedClient([page(item("a"))] * 2, [[event], after, after]), {"a", "b"})


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": [{}]}, {"items": [{"metadata": None}]}, {"items": ["a"]}])
def test_follow_takes_no_answer_for_an_empty_list(answer):
    names_until(ScriptedClient([answer, page(item("a"))]), {"a"})


def test_follow_does_not_spin_where_each_watch_ends_at_once(monkeypatch):
    monkeypatch.setattr(_retry, "BACKOFF_SECONDS", (0.1, 0.5))
    client = ScriptedClient([page(item("a"))] * 100, [[]] * 100)
    for _view in follow(client, {"x": Source("/x")}, Deadline(1), tick=0.05):
        pass
    assert len(client.asked) < 12


def test_follow_goes_on_without_a_source_that_is_refused_and_not_needed():
    client = ScriptedClient([ApiError("no", 403, "Forbidden")])
    view = next(follow(client, {"x": Source("/x", needed=False)}, Deadline(5)))
    assert view.objects == {"x": {}}
    assert view.refused["x"].reason == "Forbidden"


def test_follow_forgets_what_it_knew_of_a_source_that_is_refused_later():
    client = ScriptedClient([page(item("a")), *[ApiError("no", 403, "Forbidden")] * 3], [[ApiError("gone", 410, "Expired")]])
    views = follow(client, {"x": Source("/x", needed=False)}, Deadline(5), tick=0.05)
    view = next(view for view in views if view.refused)
    assert view.objects == {"x": {}}
    assert view.gone == [("x", item("a"))]


def test_follow_keeps_what_the_source_wants_kept():
    source = Source("/x", keep=lambda found: found["metadata"]["name"].upper())
    view = next(follow(ScriptedClient([page(item("a"))]), {"x": source}, Deadline(5)))
    assert view.objects["x"] == {"uid-a": "A"}


def test_follow_gives_the_last_state_of_what_is_gone():
    event = {"type": "DELETED", "object": item("a", "12", last=True)}
    gone = []
    for view in follow(ScriptedClient([page(item("a"))], [[event]]), {"x": Source("/x")}, Deadline(5), tick=0.05):
        gone += view.gone
        if gone:
            break
    assert gone[0][1]["last"]


def test_read_lists_once_and_outlasts_faults():
    client = ScriptedClient([ApiError("down", 503), ApiError("cut"), page(item("a"))])
    assert [found["metadata"]["name"] for found in read(client, {"x": Source("/x")}, Deadline(5))["x"]] == ["a"]
    assert not any("watch" in asked for asked in client.asked)


def test_share_leaves_time_for_another_try():
    assert Deadline(900).share(90) == 90
    assert 1.9 < Deadline(4).share(90) <= 2
    assert 9 < Deadline(40).share(90) <= 10


def test_follow_a_relist_reports_what_vanished_meanwhile():
    lists = [page(item("a"), item("b")), page(item("b"), version="20")]
    client = ScriptedClient(lists, [[ApiError("gone", 410)]])
    gone = []
    for view in follow(client, {"x": Source("/x")}, Deadline(5), tick=0.05):
        gone += [value["metadata"]["name"] for _name, value in view.gone]
        if gone:
            break
    assert gone == ["a"]


def test_follow_ends_at_its_deadline_though_the_server_is_silent():
    views = list(follow(ScriptedClient([page()]), {"x": Source("/x")}, Deadline(0.2), tick=0.05))
    assert views


def test_a_bell_brings_a_view_before_its_time():
    bell = _watch.Bell()
    views = follow(ScriptedClient([page(item("a"))]), {"x": Source("/x")}, Deadline(60), tick=30, bell=bell)
    next(views)
    bell.ring()
    began = time.monotonic()
    assert next(views).changed == []
    assert time.monotonic() - began < 20
