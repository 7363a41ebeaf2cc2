"""The kinds of docs/pools.md: the API server takes what follows from each example, and some of them run on Karpenter.

What is simulated where they run: the instances, and that the device plugin divides GPUs as its configuration says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import manifests

from tests.integration import lab_cluster
from tests.integration.lab_cluster import LabCluster, pod, replica_set
from tests.lab.nodes import faults
from tests.lab.nodes.api import MERGE, ApiError
from tests.lab.state import State

pytestmark = pytest.mark.lab

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "pools").glob("*.yml"))
DEFAULTS = {"cluster_name": "lab", "node_role": "KarpenterNodeRole-lab", "ami_alias": "al2023@v20261105"}
STRICT = "?dryRun=All&fieldValidation=Strict"
OVERLAYS = "/apis/karpenter.sh/v1alpha1/nodeoverlays"
NODE_CLASSES = "/apis/eks.amazonaws.com/v1/nodeclasses"
PATHS = {**lab_cluster.PATHS, "NodeOverlay": OVERLAYS, "NodeClass": NODE_CLASSES}
# Written from the documentation, as its head says.
STAND_IN = ROOT / "tests" / "lab" / "definitions" / "nodeclasses.eks.amazonaws.com.yml"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

GPU = "nvidia.com/gpu"
POOLS: list[Json] = [
    {"name": "kind-guarded", "instance_types": ["m5.large"], "replicas": 2, "protect_from_drift": "always", "expire_after": "Never"},
    {"name": "kind-unguarded", "instance_types": ["m5.large"], "replicas": 1},
    {
        "name": "kind-spot",
        "instance_types": ["g6.xlarge"],
        "capacity_types": ["spot"],
        "weight": 100,
        "limits": {GPU: 2},
        "labels": {"kind": "fallback"},
    },
    {"name": "kind-on-demand", "instance_types": ["g6.xlarge"], "weight": 10, "limits": {GPU: 2}, "labels": {"kind": "fallback"}},
    {"name": "kind-shared", "instance_types": ["g5.xlarge"], "gpu_shares": 4, "limits": {GPU: 16}},
]
BLOCKED = "No allowed disruptions for disruption reason Drifted due to blocking budget"
GATES = {"staticCapacity": True, "nodeOverlay": True}


@pytest.fixture(scope="module")
def cluster(installed: None) -> Iterator[LabCluster]:
    connection = LabCluster(State.load())
    yield connection
    connection.close()


def rendered(example: Path) -> list[Json]:
    """What the role would apply of an example."""
    given = yaml.safe_load(example.read_text(encoding="utf-8"))["all"]["vars"]
    known = {
        "isolated_vpc": given.get("karpenter_isolated_vpc", False),
        "instance_profile": given.get("node_pools_instance_profile", ""),
    }
    return manifests(given["node_pools_definitions"], {**DEFAULTS, **known})


@pytest.fixture
def auto_mode(cluster: LabCluster) -> Iterator[LabCluster]:
    """The cluster with the kind of EKS Auto Mode, as far as the documentation tells of it; without again for other tests, which expect so."""
    definition = yaml.safe_load(STAND_IN.read_text(encoding="utf-8"))
    cluster.api.request("POST", CRDS, definition)
    try:
        cluster.eventually(lambda: _listed(cluster) == 200, "the API server serves the kind")
        yield cluster
    finally:
        cluster.delete(f"{CRDS}/{definition['metadata']['name']}")
        cluster.eventually(lambda: _listed(cluster) == 404, "the kind is gone")


def _listed(cluster: LabCluster) -> int:
    """What the API server answers to a list of Auto Mode's classes: for a moment after their definition came or went it is 429."""
    try:
        return 404 if cluster.api.get(NODE_CLASSES) is None else 200
    except ApiError as error:
        return error.status


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_api_server_takes_what_follows_from_an_example(example: Path, cluster: LabCluster, request: pytest.FixtureRequest) -> None:
    manifests_of = rendered(example)
    if any(each["kind"] == "NodeClass" for each in manifests_of):
        request.getfixturevalue("auto_mode")
    for manifest in manifests_of:
        taken = cluster.api.request("POST", PATHS[manifest["kind"]] + STRICT, manifest)
        assert taken["metadata"]["name"] == manifest["metadata"]["name"]


@pytest.mark.parametrize(
    ("example", "kind", "change"),
    [
        ("static-capacity", "NodePool", {"weight": 5}),
        ("static-capacity", "NodePool", {"replica": 2}),
        ("efa", "EC2NodeClass", {"networkInterfaces": [{"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "efa-only"}]}),
        ("isolated-vpc", "EC2NodeClass", {"role": "too"}),
        ("time-slicing", "NodeOverlay", {"capacity": {"cpu": "4"}}),
        ("auto-mode", "NodeClass", {"amiFamily": "AL2023"}),
        ("auto-mode", "NodeClass", {"instanceProfile": "too"}),
        ("auto-mode", "NodeClass", {"ephemeralStorage": {"size": "500"}}),
        ("auto-mode", "NodeClass", {"capacityReservationSelectorTerms": [{"id": "cr-1", "ownerID": "111122223333"}]}),
    ],
)
def test_the_api_server_refuses_what_is_wrong(
    example: str, kind: str, change: Json, cluster: LabCluster, request: pytest.FixtureRequest
) -> None:
    if kind == "NodeClass":
        request.getfixturevalue("auto_mode")
    manifest = next(each for each in rendered(ROOT / "examples" / "pools" / f"{example}.yml") if each["kind"] == kind)
    wrong = {**manifest, "spec": {**manifest["spec"], **change}}
    with pytest.raises(ApiError) as refused:
        cluster.api.request("POST", PATHS[kind] + STRICT, wrong)
    assert refused.value.status in (400, 422)


REFUSALS = {
    "a gate that is off": ([POOLS[1]], "replicas needs Karpenter's feature gate StaticCapacity"),
    "Auto Mode where it is not on": ([{"name": "auto", "auto_mode": True}], "lacks nodeclasses.eks.amazonaws.com"),
}


# Every option of a class, as they are described.
AUTO_POOL = {
    "name": "auto-all",
    "auto_mode": True,
    "instance_families": ["g5"],
    "capacity_types": ["reserved"],
    "capacity_reservations": [{"tags": {"team": "a"}, "ownerID": "111122223333"}],
    "instance_profile": "AutoNodes",
    "volume": {"size": "500Gi", "iops": 3000, "throughput": 250, "kms_key_id": "alias/nodes"},
    "tags": {"team": "a"},
    "subnet_selector": [{"id": "subnet-0123456789abcdef0"}],
    "security_group_selector": [{"name": "nodes"}],
    "node_class_spec": {"snatPolicy": "Disabled", "advancedNetworking": {"ipv4PrefixSize": "32"}},
    "limits": {GPU: 8},
}


def test_the_class_of_auto_mode_takes_every_option(auto_mode: LabCluster) -> None:
    for manifest in manifests([AUTO_POOL], DEFAULTS):
        auto_mode.api.request("POST", PATHS[manifest["kind"]] + STRICT, manifest)


def test_a_pool_of_auto_mode_is_applied_with_its_class(auto_mode: LabCluster, play: Callable[..., str]) -> None:
    """Up to where AWS' own controller would take over, of which nothing is here: neither pool nor class gets ready."""
    pools = ("-e", json.dumps({"node_pools_definitions": [AUTO_POOL], "node_pools_wait_timeout": 1}))
    output = " ".join(play("accelerated.nodes.install", "--tags", "node_pools", *pools, fails=True).split())
    assert "auto-all" in output
    made = auto_mode.api.request("GET", f"{NODE_CLASSES}/auto-all")
    assert made["spec"]["capacityReservationSelectorTerms"] == [{"tags": {"team": "a"}, "owner": "111122223333"}]
    assert auto_mode.api.request("GET", f"{lab_cluster.NODE_POOLS}/auto-all")["spec"]["template"]["spec"]["nodeClassRef"]["group"] == (
        "eks.amazonaws.com"
    )
    play("accelerated.nodes.teardown", "--tags", "node_pools", *pools)
    assert auto_mode.api.get(f"{NODE_CLASSES}/auto-all") is None


@pytest.mark.parametrize("case", REFUSALS)
def test_a_pool_that_the_cluster_could_not_run_is_refused(case: str, play: Callable[..., str], installed: None) -> None:
    definitions, sentence = REFUSALS[case]
    output = play(
        "accelerated.nodes.install", "--tags", "node_pools", "-e", json.dumps({"node_pools_definitions": definitions}), fails=True
    )
    assert sentence in " ".join(output.split())
    assert re.search(r"^lab +: ok=\d+ +changed=0 ", output, re.MULTILINE)


@pytest.fixture(scope="module")
def running(play: Callable[..., str], lab: dict[str, str], cluster: LabCluster) -> Iterator[LabCluster]:
    """The pools above, on a Karpenter with their gates, and no Spot capacity for the first of the two that are alike."""
    lab_dir = Path(lab["LAB_DIR"])
    gated = json.dumps({"node_pools_definitions": POOLS, "karpenter_feature_gates": GATES})
    faults.set_fault("no-capacity:kinds", {"node-class": "kind-spot"}, lab_dir)
    play("accelerated.nodes.install", "--tags", "karpenter,nvidia,node_pools", "-e", gated)
    yield cluster
    for name in ("kind-fallback", "kind-shared"):
        cluster.remove(name)
    play("accelerated.nodes.teardown", "--tags", "node_pools", "-e", gated)
    faults.clear_fault("no-capacity:kinds", lab_dir)
    left = cluster.api.request("GET", OVERLAYS)["items"]
    play("accelerated.nodes.install", "--tags", "karpenter,nvidia", "-e", '{"node_pools_definitions": []}')
    assert left == []


def ready_claims(cluster: LabCluster, pool: str) -> dict[str, str]:
    """The instance types of the pool's NodeClaims that are Ready, by UID."""
    return {
        each["metadata"]["uid"]: each["metadata"]["labels"]["node.kubernetes.io/instance-type"]
        for each in cluster.claims(pool)
        if any(item["type"] == "Ready" and item["status"] == "True" for item in (each.get("status") or {}).get("conditions", ()))
    }


def running_pods(cluster: LabCluster, situation: str) -> list[str]:
    """The nodes of the pods of a situation that run."""
    found = cluster.api.request("GET", f"{lab_cluster.PODS}?labelSelector=situation%3D{situation}")["items"]
    return [each["spec"]["nodeName"] for each in found if each["status"].get("phase") == "Running"]


def test_a_second_run_changes_nothing(running: LabCluster, play: Callable[..., str]) -> None:
    gated = json.dumps({"node_pools_definitions": POOLS, "karpenter_feature_gates": GATES})
    output = play("accelerated.nodes.install", "--tags", "node_pools", "-e", gated)
    assert re.search(r"^lab +: ok=\d+ +changed=0 ", output, re.MULTILINE)


def test_without_spot_a_pod_gets_a_node_of_the_pool_with_less_weight(running: LabCluster) -> None:
    asking = pod("kind-fallback", {GPU: 1}, [GPU])
    asking["spec"]["nodeSelector"] = {"kind": "fallback"}
    running.apply(asking)
    running.eventually(lambda: bool(running_pods(running, "kind-fallback")), "the pod runs")
    running.eventually(lambda: list(ready_claims(running, "kind-on-demand").values()) == ["g6.xlarge"], "its node is ready")
    tried = [each["involvedObject"]["name"] for each in running.events("NodeClaim") if each.get("reason") == "InsufficientCapacityError"]
    assert any(name.startswith("kind-spot-") for name in tried), "the pool with more weight was not tried first"


def test_pods_share_a_gpu_and_karpenter_knows(running: LabCluster) -> None:
    running.apply(replica_set(pod("kind-shared", {GPU: 1}, [GPU]), replicas=4))
    running.eventually(lambda: len(running_pods(running, "kind-shared")) == 4, "four pods run")
    assert len(set(running_pods(running, "kind-shared"))) == 1
    (claim,) = running.claims("kind-shared")
    assert claim["status"]["capacity"][GPU] == "4"
    node = running.api.request("GET", f"/api/v1/nodes/{claim['status']['nodeName']}")
    assert node["status"]["allocatable"][GPU] == "4"


def test_static_nodes_come_unasked_and_drift_replaces_those_without_protection(running: LabCluster) -> None:
    running.eventually(lambda: len(ready_claims(running, "kind-guarded")) == 2, "two nodes are there")
    running.eventually(lambda: len(ready_claims(running, "kind-unguarded")) == 1, "one node is there")
    guarded, unguarded = ready_claims(running, "kind-guarded"), ready_claims(running, "kind-unguarded")
    for name in ("kind-guarded", "kind-unguarded"):
        changed = {"spec": {"template": {"metadata": {"labels": {"changed": "yes"}}}}}
        running.api.request("PATCH", f"{lab_cluster.NODE_POOLS}/{name}", changed, MERGE)
    running.eventually(lambda: all(map(drifted, running.claims("kind-guarded"))), "Karpenter has seen the change")
    running.eventually(lambda: bool(set(ready_claims(running, "kind-unguarded")) - set(unguarded)), "the other pool's node is replaced")
    assert set(ready_claims(running, "kind-guarded")) == set(guarded)
    running.eventually(lambda: BLOCKED in told(running, "kind-guarded"), "Karpenter says why it leaves them")


def told(cluster: LabCluster, pool: str) -> list[str]:
    """What Karpenter wrote on a NodePool."""
    return [each["message"] for each in cluster.events("NodePool") if each["involvedObject"].get("name") == pool]


def drifted(claim: Json) -> bool:
    """Whether Karpenter would replace the claim's node."""
    return any(each["type"] == "Drifted" and each["status"] == "True" for each in claim["status"]["conditions"])
