# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.action.objects_check import ActionModule, changes
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

POOL = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "gpu"}, "spec": {"weight": 1}}
OPTIONS = {"field_manager": "accelerated.nodes", "force": True}


class Server:
    """Has one object, and merges what is applied over it; or refuses."""

    def __init__(self, live: dict | None, refuses: bool = False) -> None:
        self.live, self.refuses, self.asked = live, refuses, []

    def get(self, path: str, query: dict | None = None) -> dict:
        if self.live is None:
            raise ApiError("no such thing", status=404)
        return self.live

    def apply(self, path: str, body: dict, query: dict) -> dict:
        self.asked.append((path, query))
        if self.refuses:
            raise ApiError("strict decoding error", status=400)
        return {**body, "metadata": {**body["metadata"], "generation": 9, "uid": "1"}}


def asked(server: Server | None, definition: dict) -> list[bool] | None:
    return ActionModule.__new__(ActionModule)._here(server, [definition], OPTIONS)


LIVE = {**POOL, "metadata": {"name": "gpu", "uid": "1", "generation": 3, "resourceVersion": "7"}, "status": {"nodes": 2}}


def test_what_is_there_as_wanted_does_not_differ_whatever_its_status_and_bookkeeping() -> None:
    server = Server(LIVE)
    assert asked(server, POOL) == [False]
    assert server.asked == [
        ("/apis/karpenter.sh/v1/nodepools/gpu", {"dryRun": "All", "fieldManager": "accelerated.nodes", "force": "true"})
    ]


@pytest.mark.parametrize("definition", [{**POOL, "spec": {"weight": 2}}, {**POOL, "metadata": {"name": "gpu", "labels": {"a": "b"}}}])
def test_another_field_or_label_differs(definition: dict) -> None:
    assert asked(Server(LIVE), definition) == [True]


def test_what_is_not_there_differs() -> None:
    assert asked(Server(None), POOL) == [True]


@pytest.mark.parametrize(
    ("server", "definition"),
    [(None, POOL), (Server(LIVE, refuses=True), POOL), (Server(LIVE), {**POOL, "kind": "Unheard"})],
    ids=["elsewhere", "refused", "unknown kind"],
)
def test_everything_else_is_the_modules(server: Server | None, definition: dict) -> None:
    assert asked(server, definition) is None


def test_what_the_module_says_of_one_and_of_many_is_read() -> None:
    assert changes({"changed": True, "result": {"metadata": {}}}, 1) == [True]
    assert changes({"changed": True, "result": {"results": [{"changed": False}, {"changed": True}]}}, 2) == [False, True]
