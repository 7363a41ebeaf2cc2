# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of the API server for aws-auth, and what comes of somebody else who writes at the same time."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws import _aws_auth_change
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth import RoleMapping, mapped, unmapped
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth_change import AWS_AUTH, CONFIG_MAPS, LABELS, change
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

ROLE = "arn:aws:iam::111122223333:role/nodes"
USERS = "- userarn: arn:aws:iam::111122223333:user/ops   # on call\n  groups: [system:masters]\n"
OTHER = "- rolearn: arn:aws:iam::111122223333:role/other\n  username: other\n"


class Server:
    """An API server with one ConfigMap or none, which refuses writes to another version than its own."""

    def __init__(self, data: dict | None = None, labels: dict | None = None) -> None:
        self.found = None if data is None else {"metadata": {"resourceVersion": "1", "labels": labels}, "data": data}
        self.asked: list[str] = []
        self.meanwhile: list[dict | None] = []

    def get(self, path: str) -> dict:
        assert path == AWS_AUTH
        if self.found is None:
            raise ApiError("none", 404)
        return copy.deepcopy(self.found)

    def _written(self, verb: str, version: str | None) -> None:
        self.asked.append(verb)
        if self.meanwhile:
            # Somebody else was faster.
            data = self.meanwhile.pop(0)
            count = int((self.found or {"metadata": {"resourceVersion": "0"}})["metadata"]["resourceVersion"]) + 1
            self.found = None if data is None else {"metadata": {"resourceVersion": str(count)}, "data": data}
        if verb == "create" and self.found is not None:
            raise ApiError("already exists", 409)
        if verb != "create" and self.found is None:
            raise ApiError("not found", 404)
        if verb != "create" and self.found["metadata"]["resourceVersion"] != version:
            raise ApiError("the object has been modified", 409)

    def create(self, path: str, body: dict) -> None:
        assert path == CONFIG_MAPS and body["metadata"]["name"] == "aws-auth"
        self._written("create", None)
        self.found = {**body, "metadata": {**body["metadata"], "resourceVersion": "1"}}

    def patch(self, path: str, body: dict) -> None:
        assert path == AWS_AUTH
        self._written("patch", body["metadata"]["resourceVersion"])
        self.found["data"] = {**(self.found["data"] or {}), **body["data"]}

    def delete(self, path: str, body: dict) -> None:
        assert path == AWS_AUTH
        self._written("delete", body["preconditions"]["resourceVersion"])
        self.found = None


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws_auth_change, "PAUSES_SECONDS", (0,) * 5)


def add(text: str) -> str:
    return mapped(text, RoleMapping(ROLE))


def take_out(text: str) -> str:
    return unmapped(text, ROLE)


def test_a_missing_config_map_is_made_and_removed_again():
    server = Server()
    assert change(server, add, check_mode=False).changed
    assert server.found["data"] == {"mapRoles": add("")}
    assert server.found["metadata"]["labels"] == LABELS
    assert change(server, take_out, check_mode=False).changed
    assert server.found is None


def test_nothing_is_made_to_take_something_out():
    server = Server()
    assert not change(server, take_out, check_mode=False).changed
    assert server.asked == []


@pytest.mark.parametrize("data", [{"mapUsers": USERS}, {"mapUsers": USERS, "mapRoles": OTHER}, {"mapRoles": ""}, {"mapRoles": None}])
def test_what_others_wrote_stays(data):
    server = Server(data)
    change(server, add, check_mode=False)
    change(server, take_out, check_mode=False)
    assert {key: value for key, value in server.found["data"].items() if value} == {key: value for key, value in data.items() if value}
    assert server.asked == ["patch", "patch"]


def test_a_config_map_of_our_own_that_others_have_put_something_into_stays():
    server = Server({"mapRoles": add(""), "mapUsers": USERS}, LABELS)
    change(server, take_out, check_mode=False)
    assert server.found["data"] == {"mapRoles": "", "mapUsers": USERS}


def test_a_config_map_without_data_takes_the_mapping():
    server = Server({})
    server.found["data"] = None
    assert change(server, add, check_mode=False).after == add("")


def test_a_second_time_nothing_is_asked():
    server = Server({"mapRoles": OTHER})
    assert change(server, add, check_mode=False).changed
    assert not change(server, add, check_mode=False).changed
    assert server.asked == ["patch"]


@pytest.mark.parametrize("data", [None, {"mapRoles": OTHER}])
def test_check_mode_says_what_would_become_of_it(data):
    server = Server(data)
    planned = change(server, add, check_mode=True)
    assert planned.changed and planned.after == add((data or {}).get("mapRoles", ""))
    assert server.asked == []


@pytest.mark.parametrize("before", [None, {"mapRoles": ""}, {"mapRoles": OTHER}])
@pytest.mark.parametrize("meanwhile", [None, {"mapRoles": OTHER + OTHER.replace("other", "third")}, {"mapUsers": USERS}])
def test_what_somebody_else_wrote_meanwhile_is_kept(before, meanwhile):
    server = Server(before)
    server.meanwhile = [meanwhile]
    assert change(server, add, check_mode=False).changed
    text = (meanwhile or {}).get("mapRoles", "")
    assert server.found["data"] == {**(meanwhile or {}), "mapRoles": add(text)}


def test_somebody_who_writes_all_the_time_ends_it_in_a_sentence():
    server = Server({"mapRoles": OTHER})
    server.meanwhile = [{"mapRoles": OTHER}] * 9
    with pytest.raises(CollectionError, match="changed by somebody else at each of 5 tries: the object has been modified"):
        change(server, add, check_mode=False)
    assert len(server.asked) == 5


def test_what_is_no_list_is_refused_before_anything_is_asked():
    server = Server({"mapRoles": "just words"})
    with pytest.raises(CollectionError, match="not a list of role mappings"):
        change(server, add, check_mode=False)
    assert server.asked == []


def test_a_refusal_of_the_api_server_is_not_tried_again(monkeypatch):
    server = Server({"mapRoles": OTHER})

    def refuse(*_request):
        raise ApiError("forbidden", 403)

    monkeypatch.setattr(server, "patch", refuse)
    with pytest.raises(ApiError, match="forbidden"):
        change(server, add, check_mode=False)
