# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import EC2NODECLASSES, NODEPOOLS
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._pool_wait import Pools, PoolWait, unready

READY = {"type": "Ready", "status": "True", "observedGeneration": 1}
NO_SUBNETS = {"type": "SubnetsReady", "status": "False", "reason": "SubnetsNotFound", "message": "SubnetSelector did not match any Subnets"}
NOT_READY = {"type": "Ready", "status": "False", "reason": "UnhealthyDependents", "message": "SubnetsReady=False"}


def thing(name: str, *conditions: dict, generation: int = 1, **spec) -> dict:
    meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "generation": generation}
    return {"metadata": meta, "spec": spec, "status": {"conditions": list(conditions)}}


def pool(name: str, *conditions: dict, node_class: str = "c", generation: int = 1) -> dict:
    template = {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": node_class}}}
    return thing(name, *conditions, generation=generation, template=template)


def evidence(pools: list[dict], classes: list[dict]) -> Evidence:
    return Evidence(
        node_pools={item["metadata"]["name"]: item for item in pools}, node_classes={item["metadata"]["name"]: item for item in classes}
    )


def reasons(pools: Pools, *found: list[dict]) -> list[tuple[str, str]]:
    return [(each.object, each.reason) for each in unready(pools, evidence(*found))]


def test_unready_is_empty_when_all_are_ready():
    assert reasons(Pools(), [pool("a", READY)], [thing("c", READY)]) == []
    assert reasons(Pools(("a",), ("c",)), [pool("a", READY), pool("b")], [thing("c", READY)]) == []


def test_unready_of_no_pools_at_all_is_not_empty():
    assert reasons(Pools(), [], []) == [("NodePools", "NodePoolNotFound")]


def test_unready_names_what_does_not_exist():
    assert reasons(Pools(("a",), ("d",)), [], []) == [("EC2NodeClass d", "NodeClassNotFound"), ("NodePool a", "NodePoolNotFound")]


def test_unready_names_the_class_behind_two_pools_once():
    pools = [pool("a", NOT_READY), pool("b", NOT_READY)]
    assert reasons(Pools(("a", "b"), ("c",)), pools, [thing("c", NO_SUBNETS, NOT_READY)]) == [("EC2NodeClass c", "SubnetsNotFound")]


def test_unready_takes_no_verdict_on_an_older_generation():
    assert reasons(Pools(), [pool("a", READY, generation=2)], [thing("c", READY)]) == [("NodePool a", "AwaitingReconciliation")]


def going(value: dict, *finalizers: str) -> dict:
    return {**value, "metadata": {**value["metadata"], "deletionTimestamp": "2026-01-02T03:04:05Z", "finalizers": list(finalizers)}}


def test_unready_takes_nothing_that_is_being_deleted_for_ready():
    assert reasons(Pools(), [going(pool("a", READY))], [thing("c", READY)]) == [("NodePool a", "NodePoolTerminating")]
    assert reasons(Pools(), [pool("a", READY)], [going(thing("c", READY))]) == [("EC2NodeClass c", "NodeClassTerminating")]
    assert reasons(Pools((), ("c",)), [], [going(thing("c", READY))]) == [("EC2NodeClass c", "NodeClassTerminating")]


def test_unready_says_what_keeps_an_object_that_is_being_deleted():
    [found] = unready(Pools(), evidence([going(pool("a", READY), "foregroundDeletion")], [thing("c", READY)]))
    assert found.message == "deletionTimestamp 2026-01-02T03:04:05Z, kept by foregroundDeletion"


def test_unready_misses_the_class_that_a_ready_pool_still_names():
    assert reasons(Pools(), [pool("a", READY)], []) == [("EC2NodeClass c", "NodeClassNotFound")]


def test_unready_leaves_classes_of_other_kinds_to_the_pool():
    ref = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"}
    assert reasons(Pools(), [thing("a", READY, template={"spec": {"nodeClassRef": ref}})], []) == []


class Server:
    """Lists what it holds; watches stay open."""

    host = "https://cluster"

    def __init__(self, **lists: object) -> None:
        self.lists = {NODEPOOLS: lists["pools"], EC2NODECLASSES: lists["classes"]}

    def get(self, path, query=None, timeout=None):
        found = self.lists[path]
        if isinstance(found, Exception):
            raise found
        return {"items": found, "metadata": {"resourceVersion": "1"}}

    def stream(self, path, query, timeout):
        while True:
            time.sleep(0.02)
            yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "1"}}}


def wait(server: Server, pools: Pools, seconds: float = 5) -> dict:
    client: Client = server  # type: ignore[assignment]
    return PoolWait(client, pools, Deadline(seconds), Progress(None)).run()


def test_run_returns_pools_and_the_classes_that_they_name():
    found = wait(Server(pools=[pool("a", READY)], classes=[thing("c", READY)]), Pools())
    assert [each["name"] for each in (*found["node_pools"], *found["node_classes"])] == ["a", "c"]
    assert all(each["ready"] for each in found["node_pools"])


def test_run_fails_with_a_sentence_for_each_and_the_first_verdict():
    server = Server(pools=[pool("a", NOT_READY)], classes=[thing("c", NO_SUBNETS, NOT_READY)])
    with pytest.raises(
        CollectionError, match=r"Not ready after .* EC2NodeClass c: SubnetsNotFound .*NodePool b: NodePoolNotFound"
    ) as raised:
        wait(server, Pools(("a", "b")), 0.3)
    assert raised.value.result["verdict"]["reason"] == "SubnetsNotFound"
    assert raised.value.result["node_pools"][1] == {"name": "b", "ready": False, "reason": "NodePoolNotFound", "message": ""}


def test_run_judges_pools_alone_where_classes_may_not_be_read_and_says_so():
    found = wait(Server(pools=[pool("a", READY)], classes=ApiError("no", 403, "Forbidden")), Pools())
    assert found["node_classes"] == []
    assert "EC2NodeClasses could not be read, and count as none" in found["warnings"][0]


def test_run_does_not_call_a_class_missing_that_it_may_not_read():
    server = Server(pools=[pool("a", READY)], classes=ApiError("refused", 403, "Forbidden", next_step="Grant the rule."))
    with pytest.raises(CollectionError, match=r"EC2NodeClass c: Forbidden .*Grant the rule") as raised:
        wait(server, Pools(("a",), ("c",)), 0.3)
    assert [each["reason"] for each in raised.value.result["node_classes"]] == ["Forbidden"]


def test_run_without_karpenter_says_so():
    with pytest.raises(CollectionError, match="CRDs are not installed"):
        wait(Server(pools=ApiError("no", 404), classes=[]), Pools())
