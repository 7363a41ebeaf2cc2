"""What accelerator_verify does beyond one look at each node, on nodes of the lab: the module runs as a process, as Ansible runs it.

The nodes are asked for once. Devices, tools and their faults are the lab's (simulated); taints, labels, Jobs and NodeClaims are real objects.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.nodes import faults
from tests.lab.nodes.api import Api

pytestmark = pytest.mark.lab

MODULE = "ansible_collections.accelerated.nodes.plugins.modules.accelerator_verify"
SECONDS = 240  # The longest that one run may take on a machine that does much else.
NAMESPACE = "accelerated-nodes-verify"
HOLDER = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "depth-holder", "namespace": "default"},
    "spec": {
        "tolerations": [{"operator": "Exists"}],
        "containers": [{"name": "c", "image": "example.com/pause:1", "command": ["sleep", "infinity"]}],
    },
}
ADD = {"name": "vectorAdd", "image": "example.com/vectoradd:1", "command": ["/vectorAdd"], "must_contain": ["Test PASSED"]}

Verify = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def verify(example_pools: None, lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """A function that runs the module with options and gives what it returned."""
    place = tmp_path_factory.mktemp("verify")
    collections = lab["ANSIBLE_COLLECTIONS_PATH"]

    def run(**options: Any) -> dict[str, Any]:
        arguments = place / "arguments"
        check = options.pop("check", False)
        options = {"wait_timeout": SECONDS - 60, **options, "_ansible_check_mode": check}
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        command = [sys.executable, "-m", MODULE, str(arguments)]
        done = subprocess.run(command, env=lab | {"PYTHONPATH": collections}, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.stdout, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        assert "Traceback" not in str(result.get("msg", "")) + done.stderr
        assert result.get("leftovers", []) == []
        return result

    return run


@pytest.fixture(scope="module")
def nodes(verify: Verify, api: Api) -> Iterator[dict[str, str]]:
    """A GPU node with one device and a Neuron node with twelve, by NodePool; asked for by the module."""
    asked = verify(provision={"gpu": 1, "inferentia-inf2": 1})
    assert asked.get("msg") is None, asked["msg"]
    assert {each["node_pool"] for each in asked["provisioned"]} == {"gpu", "inferentia-inf2"}
    assert all(each["asked_at"] <= each["ready_at"] for each in asked["provisioned"])
    yield {each["node_pool"]: each["name"] for each in asked["nodes"]}
    for each in asked["nodes"]:
        api.request("DELETE", f"/apis/karpenter.sh/v1/nodeclaims/{each['node_claim']}")


@pytest.fixture(scope="module")
def api(lab: dict[str, str]) -> Api:
    return Api(Path(lab["KUBECONFIG"]))


@pytest.fixture(autouse=True)
def healthy(lab: dict[str, str]) -> Iterator[Callable[..., None]]:
    """A function that turns a fault of the lab on; all are off again after the test."""
    directory = Path(lab["LAB_DIR"])
    yield lambda name, **arguments: faults.set_fault(name, arguments, directory)
    faults.clear_fault(lab_dir=directory)


def the_node(api: Api, name: str) -> dict[str, Any]:
    found = api.get(f"/api/v1/nodes/{name}")
    assert found
    return found


def keys(node: dict[str, Any]) -> list[str]:
    """The taints of a node that this collection or nobody else in these tests sets."""
    return [each["key"] for each in node["spec"].get("taints", []) if each["key"].startswith("accelerated.nodes/")]


def await_offer(api: Api, name: str, number: str) -> None:
    deadline = time.monotonic() + SECONDS
    while the_node(api, name)["status"]["allocatable"].get("nvidia.com/gpu", "0") != number:
        assert time.monotonic() < deadline, f"the node does not come to offer {number} GPUs"
        time.sleep(0.2)


def test_a_second_node_is_asked_for_although_one_is_idle_and_is_given_back(verify: Verify, nodes: dict[str, str], api: Api) -> None:
    result = verify(provision={"gpu": 2}, give_back=True)
    assert result.get("msg") is None, result["msg"]
    assert (result["summary"]["text"], result["changed"]) == ("verified 2 of 2 nodes", True)
    (made,) = result["provisioned"]
    (given,) = result["given_back"]
    assert made["node_claim"] == given["node_claim"]
    assert made["asked_at"] <= made["ready_at"] <= given["deleted_at"] <= given["gone_at"]
    assert api.get(f"/apis/karpenter.sh/v1/nodeclaims/{made['node_claim']}") is None
    assert the_node(api, nodes["gpu"])


def test_full_shows_isolation_and_computes_and_mark_labels(verify: Verify, nodes: dict[str, str], api: Api) -> None:
    names = list(nodes.values())
    plan = verify(nodes=names, mark=True, check=True)
    assert plan["changed"]
    assert any(line.startswith(f"if {nodes['gpu']} passes: labelled accelerated.nodes/verified=") for line in plan["plan"])
    result = verify(nodes=names, level="full", compute={"nvidia": [ADD]}, mark=True)
    assert result.get("msg") is None, result["msg"]
    gpu, neuron = result["nodes"]
    assert [(each["kind"], each["outcome"]) for each in gpu["tests"]] == [
        ("isolation", "passed"),
        ("isolation", "skipped"),
        ("compute", "passed"),
    ]
    assert gpu["tests"][2]["output"].endswith("Test PASSED\nDone\n")
    assert [each["outcome"] for each in neuron["tests"]] == ["passed", "passed"]
    assert "accelerated.nodes/verified" in the_node(api, nodes["gpu"])["metadata"]["labels"]
    again = verify(nodes=names, mark=True)
    assert again["changed"] is False


def test_what_only_a_computation_or_another_pod_shows_fails_the_node_and_taints_it(
    verify: Verify, nodes: dict[str, str], api: Api, healthy: Callable[..., None]
) -> None:
    healthy("wrong-result")
    healthy("open-devices")
    options = {"nodes": [nodes["gpu"]], "level": "full", "compute": {"nvidia": [ADD]}, "mark": True, "on_failure": "taint"}
    before = the_node(api, nodes["gpu"])["spec"].get("taints", [])
    result = verify(**options)
    (node,) = result["nodes"]
    assert result["failed"]
    assert [each["check"] for each in node["findings"]] == ["isolation", "compute vectorAdd", "compute vectorAdd"]
    assert node["marked"][0] == "tainted accelerated.nodes/failed=isolation:NoSchedule"
    tainted = the_node(api, nodes["gpu"])
    assert keys(tainted) == ["accelerated.nodes/failed"]
    assert "accelerated.nodes/verified" not in tainted["metadata"]["labels"]
    faults.clear_fault()
    mended = verify(nodes=[nodes["gpu"]])
    assert mended["nodes"][0]["marked"] == ["taint accelerated.nodes/failed removed"]
    after = the_node(api, nodes["gpu"])
    assert (keys(after), after["spec"].get("taints", [])) == ([], before)
    assert not any(key.startswith("accelerated.nodes/") for key in after["metadata"]["annotations"])


def test_a_device_that_is_good_only_sometimes_fails_and_what_was_cordoned_for_it_is_verified_again(
    verify: Verify, nodes: dict[str, str], api: Api, healthy: Callable[..., None]
) -> None:
    healthy("ecc-errors", every="2")
    result = verify(nodes=[nodes["gpu"]], repeat=2, on_failure="cordon")
    errors = [each for each in result["nodes"][0]["findings"] if each["severity"] == "error"]
    assert {each["check"] for each in errors} == {"flapping"}
    assert any("uncorrectable ECC errors" in each["expected"] for each in errors)
    assert the_node(api, nodes["gpu"])["spec"]["unschedulable"] is True
    faults.clear_fault()
    mended = verify(nodes=[nodes["gpu"]], repeat=2)
    assert (mended["nodes"][0]["verdict"], mended["nodes"][0]["marked"]) == ("passed", ["uncordoned"])
    assert "unschedulable" not in the_node(api, nodes["gpu"])["spec"]


def test_a_plugin_that_registers_late_is_waited_for(verify: Verify, nodes: dict[str, str], api: Api, healthy: Callable[..., None]) -> None:
    healthy("plugin-finds-nothing", kind="nvidia")
    await_offer(api, nodes["gpu"], "0")
    assert verify(nodes=[nodes["gpu"]], settle_timeout=0)["nodes"][0]["verdict"] == "failed"
    healthy("plugin-finds-nothing", kind="nvidia", lasts="6")
    result = verify(nodes=[nodes["gpu"]], settle_timeout=SECONDS - 60)
    assert result["nodes"][0]["verdict"] == "passed", result["msg"]


def test_a_busy_node_is_looked_at_by_a_privileged_pod_only_where_the_namespace_admits_it(
    verify: Verify, nodes: dict[str, str], api: Api
) -> None:
    refused = verify(nodes=[nodes["gpu"]], probe="privileged")
    assert f"namespace {NAMESPACE} admits only pods of the Pod Security Standard restricted" in refused["msg"]
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "depth-privileged", "labels": labels}})
    holder = json.loads(json.dumps(HOLDER))
    holder["spec"]["nodeName"] = nodes["gpu"]
    holder["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
    api.request("POST", "/api/v1/namespaces/default/pods", holder)
    try:
        result = verify(nodes=[nodes["gpu"]], probe="privileged", namespace="depth-privileged")
        assert result.get("msg") is None, result["msg"]
        assert (result["nodes"][0]["verdict"], result["nodes"][0]["probe"]) == ("passed", "privileged")
    finally:
        api.request("DELETE", "/api/v1/namespaces/default/pods/depth-holder", {"gracePeriodSeconds": 0})
        api.request("DELETE", "/api/v1/namespaces/depth-privileged")


def test_the_nodes_are_hosts_of_an_inventory(nodes: dict[str, str], lab: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "lab.accelerated_nodes.yml"
    clusters = [{"name": "lab", "kubeconfig": lab["KUBECONFIG"]}]
    path.write_text(json.dumps({"plugin": "accelerated.nodes.nodes", "clusters": clusters, "node_pools": list(nodes)}))
    program = str(Path(sys.executable).with_name("ansible-inventory"))
    done = subprocess.run([program, "-i", str(path), "--list"], env=lab, capture_output=True, text=True, timeout=SECONDS, check=True)
    found = json.loads(done.stdout)
    assert nodes["gpu"] in found["accelerator_nvidia"]["hosts"]
    assert nodes["inferentia-inf2"] in found["node_pool_inferentia_inf2"]["hosts"]
    said = found["_meta"]["hostvars"][nodes["inferentia-inf2"]]
    assert (said["node_promised"], said["node_registered"]) == (12, {"aws.amazon.com/neuron": 12})
    # What a cluster says is no template, and Ansible says so.
    assert said["node_phase"] == {"__ansible_unsafe": "Ready"}
