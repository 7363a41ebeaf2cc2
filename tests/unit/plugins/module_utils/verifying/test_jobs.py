# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import (
    ACCELERATORS,
    accelerator_of_labels,
    accelerator_of_resources,
    is_plugin_pod,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import job_state
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import (
    check_job,
    demand_job,
    job_name,
    label_value,
    set_devices,
    tolerations,
)

NVIDIA, NEURON = ACCELERATORS["nvidia"], ACCELERATORS["neuron"]
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def a_check(**changes):
    arguments = {
        "run": "0a1b2c3d",
        "node": "ip-10-0-1-2.us-west-2.compute.internal",
        "hostname": "ip-10-0-1-2",
        "accelerator": NVIDIA,
        "count": 4,
    }
    return check_job(**{**arguments, "namespace": "verify", **changes})


def test_check_job_requests_all_devices_on_that_node_through_the_scheduler():
    pod = a_check()["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "ip-10-0-1-2"}
    assert "nodeName" not in pod
    resources = pod["containers"][0]["resources"]
    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == "4"


def test_check_job_requests_mig_devices_by_the_resource_that_the_node_offers():
    job = a_check(accelerator=replace(NVIDIA, resource="nvidia.com/mig-1g.10gb"), count=7)
    container = job["spec"]["template"]["spec"]["containers"][0]
    for amounts in container["resources"].values():
        assert {name: amount for name, amount in amounts.items() if "nvidia" in name} == {"nvidia.com/mig-1g.10gb": "7"}
    set_devices(container, NVIDIA, 3)
    assert container["resources"]["limits"]["nvidia.com/mig-1g.10gb"] == "3"
    set_devices(container, NVIDIA, 0)
    assert container["resources"] == {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}


def test_check_job_meets_the_restricted_standard():
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    pod = a_check()["spec"]["template"]["spec"]
    container = pod["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert container["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(pod)


def test_check_job_ends_by_itself():
    spec = a_check(timeout=300)["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 360)
    assert spec["ttlSecondsAfterFinished"] > 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_check_job_takes_the_users_image():
    assert a_check()["spec"]["template"]["spec"]["containers"][0]["image"] == NVIDIA.image
    assert a_check(image="r/i:1")["spec"]["template"]["spec"]["containers"][0]["image"] == "r/i:1"


def test_demand_job_asks_for_one_device_and_a_node_of_its_own():
    job = demand_job(run="0a1b2c3d", node_pool="gpu", number=1, accelerator=NEURON, namespace="verify")
    pod = job["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"karpenter.sh/nodepool": "gpu"}
    assert pod["containers"][0]["resources"]["limits"]["aws.amazon.com/neuron"] == "1"
    (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert rule["labelSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("subject", ["ip-10-0-1-2.us-west-2.compute.internal", "UPPER_case", "-", "ü" * 300, "a" * 253])
def test_job_name_is_a_dns_label(subject):
    name = job_name("check", "0a1b2c3d", subject)
    assert NAME.fullmatch(name)
    assert len(name) <= 57  # The Job's pods get a suffix of six.


def test_job_name_differs_for_names_that_begin_alike():
    names = {job_name("check", "0a1b2c3d", f"{'node' * 20}-{each}") for each in range(100)}
    assert len(names) == 100
    assert job_name("check", "0a1b2c3d", "n") != job_name("check", "ffffffff", "n")


def test_label_value_of_a_long_name_is_short_and_its_own():
    assert label_value("gpu") == "gpu"
    assert len(label_value("p" * 253)) <= 63
    assert label_value("p" * 253) != label_value("p" * 252)


def test_tolerations_are_the_nodes_own_taints_and_no_more():
    taints = [
        {"key": "nvidia.com/gpu", "effect": "NoSchedule"},
        {"key": "team", "value": "a", "effect": "NoExecute"},
        {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
        {"key": "karpenter.sh/disrupted", "effect": "NoSchedule"},
    ]
    found = tolerations(NVIDIA, taints)
    assert [(each["key"], each["effect"]) for each in found] == [("nvidia.com/gpu", "NoSchedule"), ("team", "NoExecute")]


def pod(**status):
    return {"metadata": {"name": "check-x"}, "status": status}


def container(**state):
    return [{"name": "injected", "state": {"running": {}}}, {"name": "check", "state": state}]


@pytest.mark.parametrize(
    ("status", "phase", "reason"),
    [
        ({}, "pending", "Starting"),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"}]},
            "pending",
            "Unschedulable",
        ),
        ({"containerStatuses": container(waiting={"reason": "ContainerCreating"})}, "pending", "ContainerCreating"),
        ({"containerStatuses": container(waiting={"reason": "ErrImagePull"})}, "pending", "ErrImagePull"),
        ({"containerStatuses": container(waiting={"reason": "ImagePullBackOff"})}, "stuck", "ImagePullBackOff"),
        ({"containerStatuses": container(waiting={"reason": "CreateContainerConfigError"})}, "stuck", "CreateContainerConfigError"),
        ({"containerStatuses": container(running={})}, "running", "Running"),
        ({"phase": "Succeeded", "containerStatuses": container(terminated={"exitCode": 0, "reason": "Completed"})}, "ended", "Completed"),
        ({"phase": "Running", "containerStatuses": container(terminated={"exitCode": 0, "reason": "Completed"})}, "ended", "Completed"),
        ({"phase": "Failed", "containerStatuses": container(terminated={"exitCode": 137, "reason": "OOMKilled"})}, "ended", "OOMKilled"),
        ({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}, "stopped", "Evicted"),
        (
            {"phase": "Failed", "reason": "DeadlineExceeded", "containerStatuses": container(terminated={"exitCode": 137})},
            "stopped",
            "DeadlineExceeded",
        ),
        ({"phase": "Failed"}, "stopped", "PodFailed"),
    ],
)
def test_job_state_by_the_pod(status, phase, reason):
    state = job_state({}, pod(**status))
    assert (state.phase, state.reason) == (phase, reason)
    assert state.over is (phase in ("ended", "stuck", "stopped"))


def test_job_state_without_a_pod_is_the_jobs():
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}]}}
    assert job_state(failed, None).reason == "DeadlineExceeded"
    assert job_state({"status": {}}, None).phase == "pending"
    assert job_state(None, None).phase == "pending"


def test_accelerator_by_labels_needs_the_manufacturer():
    assert accelerator_of_labels({"karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia"}) is NVIDIA
    assert accelerator_of_labels({"karpenter.k8s.aws/instance-accelerator-manufacturer": "aws"}) is NEURON
    assert (
        accelerator_of_labels({"karpenter.k8s.aws/instance-gpu-manufacturer": "amd", "karpenter.k8s.aws/instance-gpu-count": "1"}) is None
    )
    assert accelerator_of_labels({"karpenter.k8s.aws/instance-accelerator-manufacturer": "qualcomm"}) is None


def test_accelerator_by_resources_and_plugin_pods():
    assert accelerator_of_resources(["cpu", "aws.amazon.com/neuron"]) is NEURON
    assert accelerator_of_resources(["amd.com/gpu"]) is None
    plugin = {"spec": {"containers": [{"image": "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"}]}}
    assert is_plugin_pod(plugin, NVIDIA)
    assert not is_plugin_pod(plugin, NEURON)


def test_deadlines_lie_within_each_other():
    job = a_check(timeout=300)
    pod = job["spec"]["template"]["spec"]
    tool = int(pod["containers"][0]["command"][3])
    assert tool < pod["activeDeadlineSeconds"] < job["spec"]["activeDeadlineSeconds"]


def test_the_tools_deadline_needs_neither_timeout_nor_a_shell_of_the_users_image():
    command = a_check()["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[:2] == ["sh", "-c"]
    assert command[4:] == list(NVIDIA.command)
    assert a_check(image="r/i:1")["spec"]["template"]["spec"]["containers"][0]["command"] == list(NVIDIA.command)
    mirrored = a_check(image="mirror.example.com:5000/a/amazonlinux/amazonlinux:2023-minimal")
    assert mirrored["spec"]["template"]["spec"]["containers"][0]["command"] == command


@pytest.mark.parametrize(("path", "words", "code"), [("/usr/bin:/bin", "here 7\n", 7), ("/nowhere", "here 7\n", 7)])
def test_the_command_runs_the_tool_with_and_without_timeout(path, words, code):
    command = a_check()["spec"]["template"]["spec"]["containers"][0]["command"][:4]
    done = subprocess.run(
        ["/bin/sh", *command[1:], "/bin/sh", "-c", "echo here 7; exit 7"], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == (words, code)


def test_the_tool_is_ended_in_time_where_there_is_timeout():
    command = a_check(timeout=2)["spec"]["template"]["spec"]["containers"][0]["command"][:4]
    done = subprocess.run(["/bin/sh", *command[1:], "sleep", "60"], check=False)
    assert done.returncode == 124


def test_injected_containers_are_named_and_do_not_count():
    statuses = [
        {"name": "istio-proxy", "state": {"running": {}}},
        {"name": "check", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
    ]
    state = job_state(None, pod(phase="Running", containerStatuses=statuses))
    assert (state.phase, state.exit_code, state.injected) == ("ended", 0, ("istio-proxy",))


def test_an_injected_container_that_fails_is_named():
    end = {"terminated": {"exitCode": 3}}
    status = {
        "initContainerStatuses": [{"name": "vault-init", "state": end}],
        "containerStatuses": [{"name": "check", "state": {"waiting": {}}}],
    }
    state = job_state(None, pod(phase="Failed", **status))
    assert (state.phase, state.reason) == ("stopped", "PodFailed")
    assert state.message == "its container vault-init ended with exit code 3"


def test_an_eviction_is_told_by_the_pods_condition():
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}
    state = job_state(None, pod(phase="Running", conditions=[condition], containerStatuses=container(running={})))
    assert state.disrupted == "EvictionByEvictionAPI: Eviction API: evicting"


def test_demand_job_holds_its_node_until_it_is_deleted():
    job = demand_job(run="0a1b2c3d", node_pool="gpu", number=1, accelerator=NEURON, namespace="verify", timeout=100)
    shell, option, script = job["spec"]["template"]["spec"]["containers"][0]["command"]
    assert (shell, option) == ("sh", "-c")
    assert script == f"trap 'exit 0' TERM; sleep {job['spec']['activeDeadlineSeconds']} & wait"


def test_check_job_tolerates_a_cordon_only_where_it_is_told_to():
    cordon = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}
    tolerations = [a_check(cordoned=cordoned)["spec"]["template"]["spec"]["tolerations"] for cordoned in (True, False)]
    assert [cordon in each for each in tolerations] == [True, False]
