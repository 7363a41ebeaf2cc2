"""A teardown after Karpenter is gone: what its finalizers hold is explained, and let go if that is asked for; nothing billable is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.integration import account_look
from tests.integration.lab_cluster import LabCluster, pod
from tests.lab.state import State

pytestmark = pytest.mark.lab

POOL = "orphan"
DEFINITION = {"name": POOL, "instance_families": ["c5"], "capacity_types": ["on-demand"], "limits": {"cpu": 8}}
POOLS = ("-e", json.dumps({"node_pools_definitions": [DEFINITION]}))
TEARDOWN = ("accelerated.nodes.teardown", *POOLS)
REPLICAS = 2


@pytest.fixture
def cluster(installed: None) -> Iterator[LabCluster]:
    found = LabCluster(State.load())
    yield found
    found.close()


@pytest.fixture
def orphan(play: Callable[..., str], cluster: LabCluster) -> Iterator[str]:
    """A node of a pool whose Karpenter was scaled to zero; gives the ID of its instance."""
    play("accelerated.nodes.install", "--tags", "node_pools", *POOLS)
    cluster.apply(pod(POOL, {"cpu": 1}, []))
    cluster.eventually(lambda: any((each.get("status") or {}).get("nodeName") for each in cluster.claims(POOL)), "its node is there")
    cluster.scale_controller(0)
    cluster.eventually(lambda: cluster.controller_is(False), "Karpenter is gone")
    (claim,) = cluster.claims(POOL)
    yield claim["status"]["providerID"].rpartition("/")[2]
    cluster.scale_controller(REPLICAS)
    cluster.eventually(lambda: cluster.controller_is(True), "Karpenter is back")
    cluster.delete(f"/api/v1/namespaces/default/pods/{POOL}")
    play(*TEARDOWN, "--tags", "node_pools")


def instance_state(instance: str) -> str:
    return account_look.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


def words(output: str) -> str:
    return " ".join(output.split())


def test_what_a_karpenter_that_is_gone_holds_is_explained_then_let_go(play: Callable[..., str], cluster: LabCluster, orphan: str) -> None:
    (claim,) = cluster.claims(POOL)
    refused = words(play(*TEARDOWN, "--tags", "node_pools", fails=True))
    assert f"NodeClaim {claim['metadata']['name']} (instance {orphan})" in refused
    assert "is scaled to 0" in refused and "node_pools_resolve_finalizers to true" in refused
    assert "Traceback" not in refused
    # The account's side says so by itself, before it takes anything away.
    assert f"instance {orphan} (" in words(play(*TEARDOWN, "--tags", "eks_prerequisites", fails=True))
    assert instance_state(orphan) == "running"
    assert account_look.profiles() != []

    play(*TEARDOWN, "--tags", "node_pools", "-e", "node_pools_resolve_finalizers=true")
    assert instance_state(orphan) in ("shutting-down", "terminated")
    cluster.eventually(lambda: not cluster.claims(POOL), "its NodeClaim is gone")
    cluster.eventually(lambda: not cluster.node_pool(POOL) and not cluster.node_class(POOL), "its pool and its class are gone")
