# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._offers import lacks, offer_of, offers_of, shortfall

from tests.unit.plugins.nodeclaims import READY, claim


def node(name: str, **allocatable: str) -> dict:
    resources = {"cpu": "4", **{key.replace("__", ".com/").replace("_", "."): value for key, value in allocatable.items()}}
    return {"metadata": {"name": name, "uid": name, "resourceVersion": "1"}, "status": {"allocatable": resources}}


class Server:
    """Knows nodes, and what was asked of it."""

    host = "https://cluster"

    def __init__(self, *nodes: dict) -> None:
        self.nodes, self.asked = nodes, []

    def get(self, path, query=None, timeout=None):
        self.asked.append(query.get("fieldSelector"))
        wanted = (query.get("fieldSelector") or "").rpartition("=")[2]
        return {"items": [item for item in self.nodes if wanted in ("", item["metadata"]["name"])], "metadata": {"resourceVersion": "1"}}


def test_offer_of_keeps_accelerators_only():
    assert offer_of(node("n", nvidia__gpu="2")) == {"nvidia.com/gpu": 2}
    assert offer_of(None) == {}


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        ({"nvidia.com/gpu": 1}, False),
        ({"nvidia.com/gpu": 4}, False),
        ({}, True),
        ({"nvidia.com/gpu": 0}, True),
        ({"nvidia.com/gpu": 0, "nvidia.com/mig-1g.5gb": 7}, False),
        ({"nvidia.com/gpu.shared": 10}, False),
    ],
)
def test_lacks_counts_whole_accelerators_unless_they_are_offered_in_parts(offer, expected):
    assert bool(lacks(claim(**READY), offer)) is expected


def test_offers_of_asks_for_few_nodes_by_name_and_leaves_out_what_is_not_there():
    server = Server(node("node-gpu-1", nvidia__gpu="1"), node("other"))
    found = offers_of(server, [claim("gpu-1", **READY), claim("gpu-2", **READY)], Deadline(5))
    assert found == {"node-gpu-1": {"nvidia.com/gpu": 1}}
    assert sorted(server.asked) == ["metadata.name=node-gpu-1", "metadata.name=node-gpu-2"]


def test_offers_of_asks_once_for_many():
    names = [f"gpu-{number}" for number in range(9)]
    server = Server(*(node(f"node-{name}", nvidia__gpu="1") for name in names))
    assert len(offers_of(server, [claim(name, **READY) for name in names], Deadline(5))) == 9
    assert server.asked == [None]


def test_offers_of_claims_without_nodes_asks_nothing():
    assert offers_of(Server(), [], Deadline(5)) == {}


def test_offers_of_leaves_out_nodes_that_are_being_deleted_where_they_are_to_stay():
    going = node("node-gpu-1", nvidia__gpu="1")
    going["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    asked = [claim("gpu-1", **READY)]
    assert offers_of(Server(going), asked, Deadline(5)) == {"node-gpu-1": {"nvidia.com/gpu": 1}}
    assert offers_of(Server(going), asked, Deadline(5), staying=True) == {}


def test_shortfall_says_what_keeps_a_node_from_being_ready():
    held = claim("gpu-1", **READY)
    assert shortfall(held, {"nvidia.com/gpu": 1}) == ""
    assert shortfall(held, {}) == "its node has registered 0 of 1 nvidia.com/gpu"
    assert shortfall(held, None) == "its node node-gpu-1 is gone, or being deleted"
