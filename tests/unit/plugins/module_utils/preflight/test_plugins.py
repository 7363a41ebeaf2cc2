"""Of module_utils/preflight/_plugins.py."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.unit.plugins.module_utils.preflight.preflight_objects import CLUSTER, GPU, NEURON, a_plan, only, outcome

ROOT = Path(__file__).resolve().parents[5]
OWN = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
TEAM = {"key": "team", "value": "a", "effect": "NoSchedule"}
PLUGIN = {"name": "the plugin", "accelerator": "nvidia", "tolerations": OWN, "required": True, "option": "nvidia_tolerations"}
NFD = {**PLUGIN, "name": "NFD", "required": False}
AUTO_SPEC = {
    "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"},
    "requirements": [{"key": "eks.amazonaws.com/instance-gpu-manufacturer", "operator": "In", "values": ["nvidia"]}],
}
AUTO = {"kind": "NodePool", "metadata": {"name": "auto"}, "spec": {"template": {"spec": AUTO_SPEC}}}
GENERAL = {"kind": "NodePool", "metadata": {"name": "general"}, "spec": {"template": {"spec": {**AUTO_SPEC, "requirements": []}}}}


def test_the_pools_own_taint_is_tolerated():
    found = outcome("tolerations", a_plan(GPU, device_plugins=[PLUGIN, NFD]))
    assert (found.state, found.saw) == ("passed", "2 pairs of pool and DaemonSet")


def test_a_taint_that_the_plugin_does_not_tolerate():
    pool = {**GPU, "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}, TEAM]}
    state, what, where, step = only(outcome("tolerations", a_plan(pool, device_plugins=[PLUGIN])))
    assert (state, where) == ("error", "node pool gpu")
    assert "the plugin does not tolerate the taint team=a:NoSchedule" in what and "never get ready" in what
    assert "{key: team, operator: Exists} to nvidia_tolerations" in step
    assert only(outcome("tolerations", a_plan(pool, device_plugins=[NFD])))[0] == "warning"


def test_plugins_of_another_accelerator_do_not_count():
    assert outcome("tolerations", a_plan({**NEURON, "taints": [TEAM]}, device_plugins=[PLUGIN])).saw == "0 pairs of pool and DaemonSet"


def test_a_pool_that_keeps_the_plugin_away_needs_no_toleration():
    pool = {**GPU, "taints": [TEAM], "labels": {"nvidia.com/gpu.present": "false"}}
    assert outcome("tolerations", a_plan(pool, device_plugins=[PLUGIN])).state == "passed"


def test_taints_of_the_passthrough_count():
    pool = {**GPU, "node_pool_spec": {"template": {"spec": {"taints": [TEAM]}}}}
    assert outcome("tolerations", a_plan(pool, device_plugins=[PLUGIN])).state == "error"


def test_bottlerocket_brings_a_plugin():
    """A pool that is made gets the labels that keep ours away; one that is told to have it, or uses a class that is there, does not."""
    pool = {**GPU, "ami_alias": "bottlerocket@v1.50.0"}
    assert outcome("device_plugins", a_plan(pool)).state == "passed"
    state, what, where, _step = only(outcome("device_plugins", a_plan({**pool, "labels": {"nvidia.com/gpu.present": "true"}})))
    assert (state, where) == ("error", "role nvidia") and "launches Bottlerocket" in what
    assert outcome("device_plugins", a_plan(GPU)).state == "passed"


def test_the_operator_beside_the_plugin():
    template = {"spec": {"containers": [{"image": "nvcr.io/nvidia/gpu-operator:v26.7.0"}]}}
    operator = {"kind": "Deployment", "metadata": {"name": "gpu-operator", "namespace": "gpu-operator"}, "spec": {"template": template}}
    assert "the GPU Operator is installed" in only(outcome("device_plugins", a_plan(GPU), objects=[operator]))[1]


def test_auto_mode_s_nodes_bring_a_plugin():
    assert outcome("device_plugins", a_plan(GPU), objects=[AUTO]).state == "passed"
    operator = a_plan(GPU, nvidia_method="gpu_operator")
    assert outcome("device_plugins", operator, objects=[GENERAL]).state == "passed"
    assert "node pools auto are EKS Auto Mode's" in only(outcome("device_plugins", operator, objects=[AUTO, GENERAL]))[1]
    kept_away = {"metadata": {"labels": {"nvidia.com/gpu.deploy.operands": "false"}}, "spec": AUTO_SPEC}
    assert outcome("device_plugins", operator, objects=[{**AUTO, "spec": {"template": kept_away}}]).state == "passed"


def test_auto_mode_s_pools_that_are_to_be_made():
    pool = {**GPU, "auto_mode": True}
    assert "node pools gpu are" in only(outcome("device_plugins", a_plan(pool, nvidia_method="gpu_operator")))[1]
    labels = {"nvidia.com/gpu.deploy.operands": "false"}
    assert outcome("device_plugins", a_plan({**pool, "labels": labels}, nvidia_method="gpu_operator")).state == "passed"
    assert outcome("tolerations", a_plan({**pool, "taints": [TEAM]}, device_plugins=[PLUGIN])).saw == "0 pairs of pool and DaemonSet"


def test_auto_mode_is_a_warning():
    assert outcome("auto_mode", a_plan()).state == "passed"
    assert only(outcome("auto_mode", a_plan(), cluster={**CLUSTER, "auto_mode": True}))[0] == "warning"


def test_tolerations_of_the_role_are_those_that_nvidia_and_neuron_give():
    ours = yaml.safe_load((ROOT / "roles/preflight/vars/main.yml").read_text())["__preflight_tolerated"]
    theirs = {kind: yaml.safe_load((ROOT / f"roles/{kind}/vars/main.yml").read_text())[f"__{kind}_tolerations"] for kind in ours}
    assert ours == theirs
