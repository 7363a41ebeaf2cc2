"""accelerator_verify where containers really run: a real kubelet and containerd (tests/lab/real), a stand-in for the tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.real_checks import NAMESPACE, PODS, RealChecks, privileged_pod
from tests.lab.nodes.api import ApiError
from tests.lab.real import lane
from tests.lab.real.hardware import devices_of
from tests.lab.real.requirements import obstacle
from tests.lab.real.settings import REGISTRY
from tests.lab.state import State

WHY_NOT = obstacle()
pytestmark = [pytest.mark.lab, pytest.mark.faults, pytest.mark.skipif(bool(WHY_NOT), reason=f"NOT TESTED: {WHY_NOT}")]

INSTANCE_TYPE, NEURON_TYPE = "g5.48xlarge", "inf2.48xlarge"
TOOL = f"{REGISTRY}/tool"


@dataclass(frozen=True)
class Case:
    """A row: what the container does (its image's tag), the verdict and words of the findings (patterns)."""

    tag: str
    verdict: str
    words: str
    check_timeout: int = 60
    accelerator: str = "nvidia"

    @property
    def id(self) -> str:
        return f"{self.accelerator}-{self.tag}"


CASES = (
    Case("exit-14", "failed", "exit code 14: the infoROM of a GPU is corrupted"),
    Case("needs-reset", "failed", r"GPU requires reset"),
    Case("truncated", "failed", "cut off"),
    Case("no-tool", "failed", r"exit code 12[78]: the container has no such tool"),
    # The kubelet may have put the beginning of the log away by the time it is read: then there is no list at all.
    Case("enormous", "failed", "cut off|the rest was not read"),
    Case("out-of-memory", "unknown", "OOMKilled"),
    Case("not-utf8", "failed", "memory"),
    Case("not-there", "unknown", rf"ImagePullBackOff.*{TOOL}:not-there"),
    # Without a shell nothing but the pod's own deadline ends the tool: the kubelet does.
    Case("hang", "unknown", "DeadlineExceeded", check_timeout=6),
    # Busybox's `timeout` asks the container's first process to end, which does not heed it: then it is the kubelet again.
    Case("hang", "unknown", "DeadlineExceeded", check_timeout=8, accelerator="neuron"),
)


@pytest.fixture(scope="module")
def lab_with_real_node(installed: None) -> Iterator[State]:
    """The lab with a real node, which other tests do not meet."""
    state = State.load()
    try:
        lane.up(state, print, INSTANCE_TYPE)
        yield state
    finally:
        lane.down(state)


@pytest.fixture(scope="module")
def checks(lab_with_real_node: State, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RealChecks]:
    """accelerator_verify against the real node."""
    checks = RealChecks(lab_with_real_node, pytestconfig.rootpath / ".build" / "collections", tmp_path_factory.mktemp("real"))
    yield checks
    checks.close()


@pytest.fixture
def node(checks: RealChecks) -> Iterator[RealChecks]:
    """The real node with all its devices; after the test nothing of it may be left there."""
    lane.become(checks.state, INSTANCE_TYPE)
    yield checks
    checks.await_nothing_left()


def findings(result: dict[str, Any]) -> str:
    found = result["nodes"][0]["findings"]
    return "\n".join(f"{each['check']}: {each['found']}" for each in found)


def test_a_healthy_node_passes_with_the_devices_that_its_plugin_handed_out(node: RealChecks) -> None:
    """With the default image: whatever registry it names, containerd asks only the one on this machine."""
    result = node.verify()
    assert result["nodes"][0]["verdict"] == "passed", result
    expected = [f"GPU-{each.uuid}" for each in devices_of(INSTANCE_TYPE, node.node["metadata"]["name"])]
    assert [each["uuid"] for each in result["nodes"][0]["devices"]] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_really_went_wrong_is_told(node: RealChecks, case: Case) -> None:
    if case.accelerator == "neuron":
        lane.become(node.state, NEURON_TYPE)
    result = node.verify(f"{TOOL}:{case.tag}", case.accelerator, check_timeout=case.check_timeout)
    assert re.fullmatch(case.verdict, result["nodes"][0]["verdict"]), result
    assert re.search(case.words, findings(result), re.DOTALL), findings(result)


def test_one_device_that_the_plugin_calls_unhealthy_fails_the_node(node: RealChecks) -> None:
    lane.become(node.state, INSTANCE_TYPE, 7)
    capacity = node.node["status"]["capacity"]["nvidia.com/gpu"]
    result = node.verify()
    assert (capacity, result["nodes"][0]["verdict"]) == ("8", "failed"), result
    assert re.search(r"allocatable: 7", findings(result)), findings(result)
    assert len(result["nodes"][0]["devices"]) == 7


def test_a_device_plugin_that_ended_fails_the_node(node: RealChecks) -> None:
    lane.stop_plugin(node.state)
    result = node.verify()
    assert result["nodes"][0]["verdict"] == "failed", result
    assert "allocatable: 0" in findings(result)


def test_a_neuron_node_passes(node: RealChecks) -> None:
    """Its command is a shell's; the shell is a real one."""
    lane.become(node.state, NEURON_TYPE)
    result = node.verify(accelerator="neuron")
    assert result["nodes"][0]["verdict"] == "passed", result
    assert len(result["nodes"][0]["devices"]) == 12


def test_a_check_that_is_evicted_does_not_pass(node: RealChecks) -> None:
    run = node.begin(f"{TOOL}:hang")
    pod = node.await_running()["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    node.api.request("POST", f"{PODS}/{pod}/eviction", eviction)
    result = run.result()
    assert result["nodes"][0]["verdict"] in ("unknown", "failed"), result
    assert re.search(r"143|137|[Ee]vict|deleted|Deleted|BackoffLimitExceeded", findings(result)), findings(result)
    assert result["nodes"][0]["duration"] < 50, "it should not have waited for its deadline"


def test_a_pod_gets_the_devices_that_it_requests_and_no_more(node: RealChecks) -> None:
    log = node.log_of(["nvidia-smi", "-q", "-x"], devices=2)
    assert "<attached_gpus>2<" in log
    assert log.count("<uuid>") == 2


def test_isolation_and_a_computation_are_shown_by_pods_that_really_run(node: RealChecks) -> None:
    computation = {
        "name": "bandwidth",
        "image": f"{TOOL}:no-tool",
        "command": ["sh", "-c", "echo 42.5 GB/s > /dev/shm/measured && cat /dev/shm/measured"],
        "minimum": {"pattern": "([0-9.]+) GB/s", "value": 40},
    }
    result = node.verify(level="full", compute={"nvidia": [computation]})
    assert result["nodes"][0]["verdict"] == "passed", result
    outcomes = {each["name"]: each["outcome"] for each in result["nodes"][0]["tests"]}
    assert outcomes == dict.fromkeys(("no device without a request", "different devices for two pods", "bandwidth"), "passed")


def test_a_check_is_confined(node: RealChecks) -> None:
    """By the kernel, whatever its manifest says: no user root, no capability, no way to gain one, nothing to write to."""
    said = dict(line.split(": ", 1) for line in node.log_of(["confinement"], devices=1).splitlines())
    assert said["Uid"].split() == ["65532"] * 4
    assert int(said["CapEff"], 16) == int(said["CapBnd"], 16) == 0
    assert (said["NoNewPrivs"], said["Seccomp"], said["token"]) == ("1", "2", "false")
    assert "read-only file system" in said["write to /"]


def test_the_namespace_takes_no_privileged_pod(node: RealChecks) -> None:
    with pytest.raises(ApiError, match=r"403.*violates PodSecurity.*restricted"):
        node.api.request("POST", PODS, privileged_pod(f"{TOOL}:exit-14"))
