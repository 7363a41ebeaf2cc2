"""What the options of each kind of pool become."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._gpu_shares import chart_values
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import (
    PoolError,
    manifests,
    objects_of,
    sound_pools,
)

DEFAULTS = {"cluster_name": "demo", "node_role": "KarpenterNodeRole-demo", "ami_alias": "al2023@v20261110"}
GPU = {"name": "gpu", "instance_types": ["g5.xlarge"], "limits": {"nvidia.com/gpu": 8}}
EFA = {"name": "efa", "instance_types": ["p4d.24xlarge"], "limits": {"nvidia.com/gpu": 8}}


def render(description: dict[str, Any], **defaults: Any) -> dict[str, dict[str, Any]]:
    """The specs by kind; of NodeOverlays, the last one's."""
    return {each["kind"]: each["spec"] for each in manifests(description, DEFAULTS | defaults)}


def labels(description: dict[str, Any], **defaults: Any) -> dict[str, str]:
    return render(description, **defaults)["NodePool"]["template"].get("metadata", {}).get("labels", {})


def test_replicas_reach_the_pool_and_cap_it() -> None:
    pool = render({"name": "static", "instance_types": ["g6.xlarge"], "replicas": 2, "limits": {"nodes": 3}})["NodePool"]
    assert (pool["replicas"], pool["limits"]) == (2, {"nodes": 3})


def test_reservations_become_terms() -> None:
    given = ["cr-0123", {"tags": {"purpose": "x"}, "ownerID": "123456789012"}]
    node_class = render({**GPU, "capacity_types": ["reserved"], "capacity_reservations": given})["EC2NodeClass"]
    assert node_class["capacityReservationSelectorTerms"] == [{"id": "cr-0123"}, {"tags": {"purpose": "x"}, "ownerID": "123456789012"}]


@pytest.mark.parametrize(
    ("count", "efa"),
    [(1, [(0, 1)]), (4, [(0, 1), (1, 0), (2, 0), (3, 0)])],
)
def test_efa_interfaces_are_beside_the_primary_one_and_one_on_each_card(count: int, efa: list[tuple[int, int]]) -> None:
    primary, *others = render({**EFA, "efa_interfaces": count})["EC2NodeClass"]["networkInterfaces"]
    assert primary == {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}
    assert [(each["networkCardIndex"], each["deviceIndex"]) for each in others] == efa
    assert {each["interfaceType"] for each in others} == {"efa-only"}


def test_without_efa_interfaces_karpenter_lays_them_out() -> None:
    assert "networkInterfaces" not in render(EFA)["EC2NodeClass"]


def test_one_value_makes_plugin_labels_and_overlays_agree() -> None:
    description = {**GPU, "instance_types": ["g5.xlarge", "g5.2xlarge", "g5.12xlarge"], "gpu_shares": 3, "limits": {"nvidia.com/gpu": 24}}
    overlays = [each for each in manifests(description, DEFAULTS) if each["kind"] == "NodeOverlay"]
    assert [each["metadata"]["name"] for each in overlays] == ["gpu-1-gpu", "gpu-4-gpu"]
    assert [each["spec"]["capacity"] for each in overlays] == [{"nvidia.com/gpu": "3"}, {"nvidia.com/gpu": "12"}]
    assert overlays[1]["spec"]["requirements"] == [
        {"key": "karpenter.sh/nodepool", "operator": "In", "values": ["gpu"]},
        {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "In", "values": ["4"]},
    ]
    said = labels(description)
    config = chart_values("device_plugin", sound_pools(description))["config"]
    chosen = yaml.safe_load(config["map"][said["nvidia.com/device-plugin.config"]])
    assert chosen["sharing"]["timeSlicing"]["resources"] == [{"name": "nvidia.com/gpu", "replicas": 3}]
    assert chosen["sharing"]["timeSlicing"]["renameByDefault"] is False
    assert (said["nvidia.com/gpu.replicas"], said["nvidia.com/gpu.present"]) == ("3", "true")
    # A node without the label takes the configuration without shares.
    assert yaml.safe_load(config["map"][config["default"]]) == {"version": "v1"}


def test_the_gpu_operator_gets_the_same_configurations() -> None:
    pools = sound_pools([{**GPU, "gpu_shares": 2}, {**GPU, "name": "b", "gpu_shares": 4}])
    config = chart_values("gpu_operator", pools)["devicePlugin"]["config"]
    assert config["create"] is True
    assert config["data"] == chart_values("device_plugin", pools)["config"]["map"]
    assert sorted(config["data"]) == ["default", "shares-2", "shares-4"]


def test_no_shares_leave_plugin_and_karpenter_as_they_are() -> None:
    assert chart_values("device_plugin", sound_pools([GPU])) == {}
    assert "NodeOverlay" not in render(GPU)


def test_bottlerocket_keeps_a_second_plugin_away_and_is_told_the_shares_itself() -> None:
    description = {**GPU, "ami_alias": "bottlerocket@v1.55.0", "gpu_shares": 4}
    assert labels(description) == {
        "nvidia.com/gpu.present": "false",
        "nvidia.com/gpu.deploy.operands": "false",
        "nvidia.com/gpu.replicas": "4",
    }
    data = render(description)["EC2NodeClass"]["userData"]
    assert "[settings.kubelet-device-plugins.nvidia.time-slicing]\nreplicas = 4\n" in data
    assert "userData" not in render({**GPU, "ami_alias": "bottlerocket@v1.55.0"})["EC2NodeClass"]


@pytest.mark.parametrize(
    ("description", "alias"),
    [
        ({**GPU, "ami_alias": "bottlerocket@v1.55.0"}, "al2023@v1"),
        (GPU, "bottlerocket@v1.55.0"),
        ({**GPU, "node_class_spec": {"amiFamily": "Bottlerocket", "amiSelectorTerms": [{"id": "ami-1"}]}}, "al2023@v1"),
        ({**GPU, "node_class_spec": {"amiSelectorTerms": [{"alias": "bottlerocket@v1.55.0"}]}}, "al2023@v1"),
    ],
)
def test_however_bottlerocket_is_chosen_it_opts_out(description: dict[str, Any], alias: str) -> None:
    assert labels(description, ami_alias=alias)["nvidia.com/gpu.present"] == "false"


def test_other_pools_on_bottlerocket_have_no_plugin_to_keep_away() -> None:
    neuron = {"name": "n", "instance_types": ["inf2.xlarge"], "limits": {"aws.amazon.com/neuron": 1}, "ami_alias": "bottlerocket@v1.55.0"}
    assert labels(neuron) == {}
    own_class = {"name": "gpu", "instance_types": ["g5.xlarge"], "limits": {"nvidia.com/gpu": 8}, "node_class": "theirs"}
    assert labels(own_class, ami_alias="bottlerocket@v1")["nvidia.com/gpu.present"] == "true"


def test_protection_from_drift_is_a_budget_beside_karpenters_own() -> None:
    given = {**GPU, "expire_after": "Never", "protect_from_drift": "always"}
    assert render(given)["NodePool"]["disruption"] == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "10%"}, {"nodes": "0", "reasons": ["Drifted"]}],
    }


def test_protection_for_a_time_keeps_the_budgets_that_are_given() -> None:
    window = {"schedule": "0 7 * * mon-fri", "duration": "12h"}
    given = {**GPU, "expire_after": "Never", "protect_from_drift": window, "disruption": {"budgets": [{"nodes": 1}]}}
    budgets = render(given)["NodePool"]["disruption"]["budgets"]
    assert budgets == [{"nodes": "1"}, {"nodes": "0", "reasons": ["Drifted"], **window}]


def test_an_instance_profile_stands_in_for_the_role() -> None:
    assert render({**GPU, "instance_profile": "mine"})["EC2NodeClass"].get("instanceProfile") == "mine"
    assert "role" not in render({**GPU, "instance_profile": "mine"})["EC2NodeClass"]
    everybodys = render(GPU, instance_profile="theirs")["EC2NodeClass"]
    assert (everybodys.get("instanceProfile"), "role" in everybodys) == ("theirs", False)
    own_role = render({**GPU, "node_role": "own"}, instance_profile="theirs")["EC2NodeClass"]
    assert (own_role.get("role"), "instanceProfile" in own_role) == ("own", False)
    assert render(GPU, instance_profile="")["EC2NodeClass"]["role"] == "KarpenterNodeRole-demo"


def test_a_role_in_an_isolated_vpc_is_refused() -> None:
    with pytest.raises(PoolError, match=r"^Node pool 'gpu': its class would have role 'KarpenterNodeRole-demo', and the VPC is isolated"):
        manifests(GPU, {**DEFAULTS, "isolated_vpc": True})
    for description, profile in ((GPU, "p"), ({**GPU, "instance_profile": "p"}, ""), ({**GPU, "node_class": "theirs"}, "")):
        assert manifests(description, {**DEFAULTS, "isolated_vpc": True, "instance_profile": profile})


AUTO = {"name": "auto", "auto_mode": True, "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 8}}


def test_auto_mode_uses_the_class_it_brings_and_its_own_labels() -> None:
    rendered = render(AUTO)
    assert list(rendered) == ["NodePool"]
    template = rendered["NodePool"]["template"]
    assert template["spec"]["nodeClassRef"] == {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"}
    assert {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": ["g5"]} in template["spec"]["requirements"]
    assert not [each for each in template["spec"]["requirements"] if "karpenter.k8s.aws" in each["key"]]
    assert "metadata" not in template  # what the device plugin of the roles asks for


def test_auto_mode_has_a_class_of_the_pools_own_where_asked_for() -> None:
    description = {
        **AUTO,
        "node_role": "AutoNodes",
        "volume": {"size": "500Gi", "kms_key_id": "k"},
        "capacity_types": ["reserved"],
        "capacity_reservations": [{"tags": {"a": "b"}, "ownerID": "123456789012"}],
        "tags": {"c": "d"},
    }
    node_class, pool = manifests(description, DEFAULTS)
    assert (node_class["apiVersion"], node_class["kind"], node_class["metadata"]["name"]) == ("eks.amazonaws.com/v1", "NodeClass", "auto")
    selector = [{"tags": {"karpenter.sh/discovery": "demo"}}]
    assert node_class["spec"] == {
        "role": "AutoNodes",
        "subnetSelectorTerms": selector,
        "securityGroupSelectorTerms": selector,
        "ephemeralStorage": {"size": "500Gi", "kmsKeyID": "k"},
        "capacityReservationSelectorTerms": [{"tags": {"a": "b"}, "owner": "123456789012"}],
        "tags": {"c": "d"},
    }
    assert pool["spec"]["template"]["spec"]["nodeClassRef"]["name"] == "auto"


@pytest.mark.parametrize(
    ("description", "kinds"),
    [
        (GPU, ["NodePool", "EC2NodeClass"]),
        ({**GPU, "node_class": "theirs"}, ["NodePool"]),
        (AUTO, ["NodePool"]),
        ({**AUTO, "node_class": "theirs"}, ["NodePool"]),
        ({**AUTO, "node_role": "r"}, ["NodePool", "NodeClass"]),
        ({"name": "wrong", "limits": "no"}, ["NodePool", "EC2NodeClass"]),
    ],
)
def test_objects_of_a_description_are_what_is_rendered_of_it(description: dict[str, Any], kinds: list[str]) -> None:
    found = list(objects_of(description))
    assert [each["kind"] for each in found] == kinds
    if description["name"] != "wrong":
        made = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in manifests(description, DEFAULTS)]
        assert sorted(made) == sorted((each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in found)
