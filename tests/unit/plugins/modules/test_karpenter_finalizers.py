# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules/karpenter_finalizers.py asks of an API server, and in which order."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._finalizers import FINALIZERS, PATHS
from ansible_collections.accelerated.nodes.plugins.modules.karpenter_finalizers import DEPLOYMENTS, ensure

CLAIM = {
    "metadata": {"name": "gpu-1", "labels": {"karpenter.sh/nodepool": "gpu"}, "finalizers": ["karpenter.sh/termination"]},
    "spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "name": "gpu"}},
    "status": {"providerID": "aws:///us-west-2a/i-0abc", "nodeName": "ip-10-0-0-9"},
}
CLASS = {"metadata": {"name": "gpu", "finalizers": ["karpenter.k8s.aws/termination", "example.com/own"]}}
NODE = {"metadata": {"name": "ip-10-0-0-9", "finalizers": ["karpenter.sh/termination"]}}


class Server:
    """An API server with a claim, its node and its class, and a Deployment of so many replicas, or none."""

    def __init__(self, replicas: int | None = None, missing: str = "") -> None:
        found = [] if replicas is None else [{"metadata": {"name": "karpenter", "namespace": "karpenter"}, "spec": {"replicas": replicas}}]
        kinds = {"NodeClaim": [CLAIM], "Node": [NODE], "EC2NodeClass": [CLASS], "NodePool": []}
        self.lists = {DEPLOYMENTS: found, **{PATHS[kind]: copy.deepcopy(items) for kind, items in kinds.items() if kind != missing}}
        self.asked: list[tuple[str, str]] = []
        #: How often each object is changed by somebody else before it can be written.
        self.changes = 0

    def get(self, path: str, query: dict | None = None) -> dict:
        if path in self.lists:
            return {"items": self.lists[path]}
        return self._object(path)

    def _object(self, path: str) -> dict:
        place, _slash, name = path.rpartition("/")
        for each in self.lists.get(place, []):
            if each["metadata"]["name"] == name:
                return each
        raise ApiError("not found", 404)

    def delete(self, path: str) -> None:
        self.asked.append(("delete", path))
        self._object(path)["metadata"]["deletionTimestamp"] = "now"

    def patch(self, path: str, body: dict) -> None:
        self.asked.append(("patch", path))
        if sum(asked == ("patch", path) for asked in self.asked) <= self.changes:
            raise ApiError("the object has been modified", 409)
        self._object(path)["metadata"]["finalizers"] = body["metadata"]["finalizers"]

    def held(self) -> list[str]:
        every = [each["metadata"] for items in self.lists.values() for each in items]
        return [each["name"] for each in every if FINALIZERS & set(each.get("finalizers") or ())]


def run(server: Server, state: str = "checked", check_mode: bool = False, **options: Any) -> dict:
    params = {"state": state, "node_pools": None, "node_classes": None, **options}
    return ensure(SimpleNamespace(params=params, check_mode=check_mode, client=lambda: server))


def test_what_is_held_is_explained_and_nothing_is_changed() -> None:
    server = Server()
    result = run(server)
    assert result["held"] == ["NodeClaim gpu-1 (instance i-0abc)", "Node ip-10-0-0-9", "EC2NodeClass gpu"]
    assert result["instance_ids"] == ["i-0abc"]
    assert "no Deployment has the label" in result["explanation"]
    assert (result["changed"], server.asked) == (False, [])


def test_where_karpenter_runs_nothing_is_held() -> None:
    result = run(Server(replicas=2))
    assert (result["held"], result["explanation"], result["controller_gone"]) == ([], "", "")


def test_finalizers_are_taken_off_and_claims_are_deleted_first() -> None:
    server = Server(replicas=0)
    assert run(server, "removed")["changed"]
    claim = f"{PATHS['NodeClaim']}/gpu-1"
    assert server.asked[:2] == [("delete", claim), ("patch", claim)]
    assert server.held() == []
    assert CLASS["metadata"]["finalizers"] != server.lists[PATHS["EC2NodeClass"]][0]["metadata"]["finalizers"] == ["example.com/own"]


def test_an_object_that_others_change_meanwhile_is_read_again() -> None:
    server = Server()
    server.changes = 3
    run(server, "removed")
    assert server.held() == []


def test_an_object_that_others_never_leave_alone_is_an_error() -> None:
    server = Server()
    server.changes = 1000
    with pytest.raises(ApiError, match="has been modified"):
        run(server, "removed")
    assert len(server.asked) < 20


def test_a_second_time_there_is_nothing_to_do() -> None:
    server = Server()
    run(server, "removed")
    assert not run(server, "removed")["changed"]


def test_check_mode_says_so_and_changes_nothing() -> None:
    server = Server()
    assert run(server, "removed", check_mode=True)["changed"]
    assert server.asked == []


def test_it_is_refused_while_karpenter_is_to_run() -> None:
    server = Server(replicas=1)
    with pytest.raises(CollectionError, match="is there and has replicas"):
        run(server, "removed")
    assert server.asked == []


def test_kinds_whose_definition_is_gone_hold_nothing() -> None:
    assert run(Server(missing="NodeClaim"))["held"] == ["EC2NodeClass gpu"]
