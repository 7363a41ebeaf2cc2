# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import Interrupted
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying import _provision
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import Lack
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._own_nodes import OwnNodes
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._provision import Demand
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import Request
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope

RUN = "0a1b2c3d"
DEMAND = Demand("gpu", Lack(1, 1, 1), ACCELERATORS["nvidia"], ())
NODECLAIM = {
    "metadata": {"name": "gpu-x", "uid": "uid-gpu-x", "labels": {"karpenter.sh/nodepool": "gpu"}},
    "spec": {"nodeClassRef": {"name": "gpu"}},
    "status": {},
}


class Cluster:
    """A NodeClaim that is there as long as the Job's pod is nominated for it."""

    host = "https://cluster"

    def __init__(self, fails=""):
        self.fails, self.jobs, self.deleted = fails, [], []

    def create(self, path, body):
        self.jobs.append(body["metadata"]["name"])

    def delete(self, path, body=None):
        self.deleted.append(path.rpartition("/")[2])
        if "/jobs/" in path:
            self.jobs.remove(path.rpartition("/")[2])

    def get(self, path, query=None, timeout=None):
        kind = path.rpartition("/")[2]
        if kind == self.fails:
            raise ApiError(f"{kind} refused.", 403)
        items = {
            "pods": [{"metadata": {"name": "p", "namespace": "verify", "uid": "pod"}, "spec": {"containers": []}}] if self.jobs else [],
            "events": [
                {
                    "metadata": {"name": "e", "uid": "event"},
                    "reason": "Nominated",
                    "message": "Pod should schedule on: nodeclaim/gpu-x",
                    "involvedObject": {"kind": "Pod", "name": "p", "namespace": "verify", "uid": "pod"},
                    "lastTimestamp": "2026-11-29T10:00:00Z",
                }
            ],
            "nodeclaims": [NODECLAIM],
        }
        return {"items": items[kind], "metadata": {"resourceVersion": "1"}}


@pytest.fixture
def interrupted(monkeypatch):
    """A wait for nodes that is interrupted."""

    def wait(*_args):
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(_provision, "_wait", wait)


def ended(cluster, **depth):
    own = OwnNodes(cluster, RUN, Request(Scope(), namespace="verify", depth=Depth(**depth)), lambda *_args, **_more: None)
    with pytest.raises(Interrupted):
        own.ask([DEMAND], [], 60.0)
    assert cluster.jobs == []
    return own


@pytest.mark.usefixtures("interrupted")
def test_what_was_made_is_known_when_the_wait_for_it_is_interrupted_and_is_named():
    own = ended(Cluster())
    assert [each["node_claim"] for each in own.result["provisioned"]] == ["gpu-x"]
    assert own.let_go().startswith("NodeClaims that exist only because of this run: gpu-x. Karpenter takes them away")
    assert own.result["given_back"] == []


@pytest.mark.usefixtures("interrupted")
def test_what_is_to_be_given_back_is_deleted_on_the_way_out_and_not_waited_for():
    cluster = Cluster()
    own = ended(cluster, give_back=True)
    assert own.let_go() == ""
    assert cluster.deleted[-1] == "gpu-x"
    (given,) = own.result["given_back"]
    assert (given["node_claim"], given["gone_at"], own.leftovers) == ("gpu-x", "", [])


@pytest.mark.usefixtures("interrupted")
def test_what_was_made_and_cannot_be_seen_is_said():
    own = ended(Cluster(fails="nodeclaims"))
    assert own.leftovers == ["It is not known which NodeClaims exist only because of this run. nodeclaims refused."]


def test_a_run_that_has_asked_for_nothing_has_nothing_to_say():
    own = OwnNodes(Cluster(), RUN, Request(Scope(), depth=Depth(give_back=True)), lambda *_args, **_more: None)
    own.give_back()
    assert (own.let_go(), own.result, own.leftovers, own.asked) == ("", {"provisioned": [], "given_back": []}, [], False)
