"""Pods as the node side plays them, and the logs that it serves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.nodes import facts, kubelet, player, pods
from tests.lab.nodes.tools.output import Conditions, Output

NOW = "2026-11-22T12:00:00Z"


def _pod(owner: str = "Job", limits: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "check", "image": "example.com/check:1", "command": ["nvidia-smi", "-L"], "resources": {"limits": limits or {}}}
    owners = [{"kind": owner, "controller": True}] if owner else []
    return {
        "metadata": {"name": "check", "namespace": "default", "uid": "u1", "ownerReferences": owners},
        "spec": {"containers": [container], "restartPolicy": "Never", **spec},
        "status": {},
    }


def _plugin(name: str = "nvidia-device-plugin-ctr", image: str = "nvcr.io/nvidia/k8s-device-plugin:v0.17.1") -> dict[str, Any]:
    return _pod("DaemonSet", containers=[{"name": name, "image": image}])


@pytest.mark.parametrize(("owner", "wanted"), [("Job", True), ("", True), ("DaemonSet", False), ("ReplicaSet", False)])
def test_ours_leaves_to_kwok_what_kwok_plays(owner: str, wanted: bool) -> None:
    assert pods.ours(_pod(owner)) is wanted


def test_plugin_kind_knows_the_plugins_of_daemon_sets() -> None:
    assert pods.plugin_kind(_plugin()) == "nvidia"
    assert pods.plugin_kind(_plugin("neuron-device-plugin", "public.ecr.aws/neuron/neuron-device-plugin:2.31")) == "neuron"
    assert pods.plugin_kind(_plugin("nvidia-device-plugin", "nvcr.io/nvidia/k8s-device-plugin:v0.20.0")) == "nvidia"  # the GPU Operator's
    assert pods.plugin_kind(_plugin("gpu-feature-discovery-ctr")) is None
    assert pods.plugin_kind(_plugin("gpu-feature-discovery")) is None
    assert pods.plugin_kind(_pod("Job", containers=[{"name": "nvidia-device-plugin-ctr"}])) is None


def test_hand_out_gives_free_devices_and_no_more_than_requested() -> None:
    devices = facts.devices("g5.48xlarge", "i-0a")
    given = pods.hand_out(_pod(limits={"nvidia.com/gpu": "2"}), devices, {0, 2})
    assert [device.index for device in given] == [1, 3]
    assert pods.hand_out(_pod(), devices, set()) == []


def test_hand_out_shows_a_privileged_pod_everything() -> None:
    pod = _pod()
    pod["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    assert len(pods.hand_out(pod, facts.devices("g5.48xlarge", "i-0a"), {0})) == 8


def test_hand_out_shows_all_to_everybody_where_devices_are_open() -> None:
    devices = facts.devices("g5.48xlarge", "i-0a")
    assert len(pods.hand_out(_pod(), devices, set(), open_to_all=True)) == 8
    assert len(pods.hand_out(_pod(limits={"nvidia.com/gpu": "2"}), devices, set(), open_to_all=True)) == 2


def test_play_truncates_the_log_when_told_to() -> None:
    devices = facts.devices("g5.48xlarge", "i-0a")
    outputs = pods.play(_pod(), devices, Conditions({"truncated-log": {"bytes": "10"}}))
    assert outputs["check"] == Output("GPU 0: NVI", 0)


def test_statuses_go_from_creating_to_succeeded() -> None:
    pod = _pod()
    assert pods.creating(pod, NOW)["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    running = pods.running(pod, NOW, "10.128.0.2")
    assert (running["phase"], running["podIP"], running["containerStatuses"][0]["ready"]) == ("Running", "10.128.0.2", True)
    done = pods.finished(pod, {"check": Output("x", 0)}, NOW, NOW)
    end = done["containerStatuses"][0]["state"]["terminated"]
    assert (done["phase"], end["exitCode"], end["reason"]) == ("Succeeded", 0, "Completed")


def test_finished_fails_with_the_exit_code() -> None:
    done = pods.finished(_pod(), {"check": Output("x", 15)}, NOW, NOW)
    end = done["containerStatuses"][0]["state"]["terminated"]
    assert (done["phase"], end["exitCode"], end["reason"]) == ("Failed", 15, "Error")


def test_finished_backs_off_where_containers_restart() -> None:
    done = pods.finished(_pod(restartPolicy="OnFailure"), {"check": Output("x", 1)}, NOW, NOW)
    status = done["containerStatuses"][0]
    assert done["phase"] == "Running"
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["lastState"]["terminated"]["exitCode"] == 1


def test_finished_without_a_program_is_a_start_error() -> None:
    done = pods.finished(_pod(), {"check": Output('exec: "nvidia-smi": executable file not found in $PATH\n', 128)}, NOW, NOW)
    end = done["containerStatuses"][0]["state"]["terminated"]
    assert (end["reason"], "nvidia-smi" in end["message"]) == ("StartError", True)


def test_finished_puts_the_log_into_the_message_when_asked() -> None:
    pod = _pod()
    pod["spec"]["containers"][0]["terminationMessagePolicy"] = "FallbackToLogsOnError"
    done = pods.finished(pod, {"check": Output("GPU is lost", 15)}, NOW, NOW)
    assert done["containerStatuses"][0]["state"]["terminated"]["message"] == "GPU is lost"


def test_image_pull_names_the_image() -> None:
    waiting = pods.image_pull(_pod(), NOW)["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff"
    assert '"example.com/check:1"' in waiting["message"]


def test_finishes_leaves_bare_pods_running_unless_they_run_a_tool() -> None:
    assert pods.finishes(_pod(""))
    assert not pods.finishes(_pod("", containers=[{"name": "web", "command": ["sleep", "infinity"]}]))
    assert pods.finishes(_pod("Job", containers=[{"name": "work", "command": ["true"]}]))


def test_is_ready_needs_the_condition() -> None:
    pod = _plugin()
    assert not pods.is_ready(pod)
    assert pods.is_ready(pod | {"status": pods.running(pod, NOW, "10.128.0.2")})
    assert not pods.is_ready(pod | {"status": pods.crashed(pod, NOW)})


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ({"plugin-missing": {}}, "CrashLoopBackOff"),
        ({"plugin-image-pull": {"kind": "nvidia"}}, "ImagePullBackOff"),
        ({"plugin-image-pull": {"kind": "neuron"}}, ""),
        ({"plugin-finds-nothing": {}}, ""),
    ],
)
def test_plugin_pods_show_the_fault_once_and_recover(held: player.Faults, reason: str) -> None:
    pod = _plugin() | {"status": pods.running(_plugin(), NOW, "10.128.0.2")}
    faulty = player._kwoks_status(pod, held)
    assert faulty is None if not reason else faulty["containerStatuses"][0]["state"]["waiting"]["reason"] == reason
    if faulty:
        pod["status"] |= faulty
        assert player._kwoks_status(pod, held) is None
        pod["status"] |= player._kwoks_status(pod, {}) or {}
    assert pods.is_ready(pod)


def test_controller_crashes_reaches_karpenters_pods_alone() -> None:
    labels = {"app.kubernetes.io/name": "karpenter"}
    karpenter = _pod("ReplicaSet") | {"status": pods.running(_pod("ReplicaSet"), NOW, "10.128.0.2")}
    assert player._kwoks_status(karpenter, {"controller-crashes": {}}) is None
    karpenter["metadata"]["labels"] = labels
    assert player._kwoks_status(karpenter, {}) is None
    assert player._kwoks_status(karpenter, {"controller-crashes": {}})


def test_present_loses_the_missing_device() -> None:
    node = {"metadata": {"labels": {"node.kubernetes.io/instance-type": "g5.48xlarge"}, "annotations": {}}}
    assert len(player.present(node, {})) == 8
    assert [device.index for device in player.present(node, {"missing-device": {"count": "1"}})] == list(range(7))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, "a\nb\nc\n"),
        ({"tailLines": ["2"]}, "b\nc\n"),
        ({"tailLines": ["9"]}, "a\nb\nc\n"),
        ({"tailLines": ["0"]}, ""),
        ({"limitBytes": ["3"]}, "a\nb"),
    ],
)
def test_cut_obeys_the_query(query: dict[str, list[str]], wanted: str) -> None:
    assert kubelet.cut("a\nb\nc\n", query) == wanted


def test_image_pull_event_is_about_the_pod() -> None:
    event = pods.image_pull_event(_pod(), NOW)
    assert event["involvedObject"]["uid"] == "u1"
    assert '"example.com/check:1"' in event["message"]


@pytest.mark.parametrize(
    ("made", "phase", "reason", "container"),
    [
        (pods.evicted, "Failed", "Evicted", "Error"),
        (pods.oom_killed, "Failed", None, "OOMKilled"),
        (pods.over_deadline, "Failed", "DeadlineExceeded", "Error"),
    ],
)
def test_pods_that_are_ended_from_outside(made: Any, phase: str, reason: str | None, container: str) -> None:
    status = made(_pod(), "2026-11-29T10:00:00Z")
    (ended,) = [each["state"]["terminated"] for each in status["containerStatuses"]]
    assert (status["phase"], status.get("reason"), ended["reason"], ended["exitCode"]) == (phase, reason, container, 137)


def test_cut_keeps_bytes_that_are_not_utf8() -> None:
    assert kubelet.cut("\udcff\udcfe", {"limitBytes": ["1"]}) == "\udcff"


def test_shares_are_those_of_the_configuration_that_the_node_chooses() -> None:
    sharing = "version: v1\nsharing:\n  timeSlicing:\n    resources:\n      - {name: nvidia.com/gpu, replicas: 4}\n"
    notes = {"lab/device-plugin-configs": json.dumps({"default": "version: v1", "four": sharing}), "lab/device-plugin-default": "default"}
    plugin = {"metadata": {"annotations": notes}}
    assert pods.shares(plugin, {"nvidia.com/device-plugin.config": "four"}) == 4
    assert pods.shares(plugin, {}) == 1
    assert pods.shares({"metadata": {}}, {"nvidia.com/device-plugin.config": "four"}) == 1
