"""The node side's Nodes: user data, the Node object, its accelerators, and who may join."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.lab.nodes import admission, facts, node, userdata

ROLE = "arn:aws:iam::123456789012:role/KarpenterNodeRole-lab"

# The form that Karpenter v1.14.3 writes for AL2023 (pkg/providers/amifamily/bootstrap/nodeadm.go), values of the lab.
ARCHIVE = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

# Karpenter Generated NodeConfig
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
metadata: {}
spec:
  cluster:
    apiServerEndpoint: https://127.0.0.1:6443
    cidr: 10.100.0.0/16
    name: lab
  containerd: {}
  instance:
    localStorage: {}
  kubelet:
    config:
      clusterDNS:
      - 10.100.0.10
      maxPods: 29
      registerWithTaints:
      - effect: NoSchedule
        key: nvidia.com/gpu
      - effect: NoExecute
        key: karpenter.sh/unregistered
    flags:
    - --node-labels="intent=gpu,karpenter.sh/nodepool=gpu"

--//--
"""

INSTANCE = {
    "InstanceId": "i-0123456789abcdef0",
    "InstanceType": "g4dn.xlarge",
    "PrivateIpAddress": "10.0.3.7",
    "Placement": {"AvailabilityZone": "us-west-2b"},
}


def _hardware(instance_type: str = "g4dn.xlarge") -> node.Hardware:
    return node.Hardware(instance_type, "amd64", 4, 16384, facts.accelerators(instance_type))


def _node() -> dict[str, Any]:
    return node.node_from_instance(INSTANCE, userdata.parse(ARCHIVE), _hardware(), 12345)


@pytest.mark.parametrize("text", [ARCHIVE, base64.b64encode(ARCHIVE.encode()).decode()], ids=["plain", "base64"])
def test_parse_reads_labels_taints_and_limits(text: str) -> None:
    config = userdata.parse(text)
    assert config.cluster == "lab"
    assert config.labels == {"intent": "gpu", "karpenter.sh/nodepool": "gpu"}
    assert config.taints == [
        {"key": "nvidia.com/gpu", "effect": "NoSchedule"},
        {"key": "karpenter.sh/unregistered", "effect": "NoExecute"},
    ]
    assert config.max_pods == 29


def test_parse_refuses_user_data_without_a_node_config() -> None:
    with pytest.raises(userdata.NoNodeConfig):
        userdata.parse("#!/bin/sh\ntrue\n")


def test_node_from_instance_is_the_instance() -> None:
    built = _node()
    assert built["metadata"]["name"] == "ip-10-0-3-7.us-west-2.compute.internal"
    assert built["spec"]["providerID"] == "aws:///us-west-2b/i-0123456789abcdef0"
    labels = built["metadata"]["labels"]
    assert labels["intent"] == "gpu"
    assert labels["node.kubernetes.io/instance-type"] == "g4dn.xlarge"
    assert labels["topology.kubernetes.io/zone"] == "us-west-2b"
    assert labels["topology.kubernetes.io/region"] == "us-west-2"
    assert {"key": "karpenter.sh/unregistered", "effect": "NoExecute"} in built["spec"]["taints"]


def test_node_from_instance_offers_no_accelerators_before_a_plugin_does() -> None:
    status = _node()["status"]
    assert not any("nvidia" in name for name in (*status["capacity"], *status["allocatable"]))
    assert status["daemonEndpoints"]["kubeletEndpoint"]["Port"] == 12345
    assert status["addresses"] == [{"type": "InternalIP", "address": "127.0.0.1"}]


def test_resources_reserve_what_nodeadm_reserves() -> None:
    capacity, allocatable = node.resources(_hardware(), 29, 20)
    assert capacity["memory"] == "15155Mi"  # 16384 MiB less 7.5 %
    assert allocatable["memory"] == f"{15155 - 255 - 11 * 29 - 100}Mi"
    assert allocatable["cpu"] == "3920m"


@pytest.mark.parametrize(
    ("instance_type", "served", "missing", "wanted"),
    [
        ("g5.48xlarge", True, 0, {"nvidia.com/gpu": "8"}),
        ("g5.48xlarge", True, 1, {"nvidia.com/gpu": "7"}),
        ("g5.48xlarge", False, 0, {"nvidia.com/gpu": "0"}),
        ("g6f.large", True, 0, {"nvidia.com/gpu": "0"}),
        ("inf2.48xlarge", True, 0, {"aws.amazon.com/neuron": "12", "aws.amazon.com/neuroncore": "24"}),
        ("trn2.48xlarge", True, 0, {"aws.amazon.com/neuron": "16", "aws.amazon.com/neuroncore": "128"}),
        ("m5.large", True, 0, {}),
    ],
)
def test_extended_resources_by_type(instance_type: str, served: bool, missing: int, wanted: dict[str, str]) -> None:
    assert node.extended_resources(facts.accelerators(instance_type), served, missing) == wanted


def test_resource_patch_says_nothing_where_nothing_changes() -> None:
    assert node.resource_patch(_node(), {"nvidia.com/gpu": "0"}) is None
    there = {"status": {"allocatable": {"nvidia.com/gpu": "1"}}}
    assert node.resource_patch(there, {"nvidia.com/gpu": "1"}) is None


def test_resource_patch_takes_a_resource_away() -> None:
    there = {"status": {"allocatable": {"nvidia.com/gpu": "1"}}}
    zero = {"nvidia.com/gpu": "0"}
    assert node.resource_patch(there, zero) == {"status": {"capacity": zero, "allocatable": zero}}


def _aws_auth(arn: str, groups: str = "[system:bootstrappers, system:nodes]") -> dict[str, Any]:
    return {"data": {"mapRoles": f"- rolearn: {arn}\n  username: system:node:x\n  groups: {groups}\n"}}


@pytest.mark.parametrize(
    ("mode", "entry", "aws_auth"),
    [
        ("API", "EC2_LINUX", None),
        ("API_AND_CONFIG_MAP", "EC2_LINUX", None),
        ("API_AND_CONFIG_MAP", None, _aws_auth(ROLE)),
        ("CONFIG_MAP", None, _aws_auth(ROLE)),
    ],
)
def test_refusal_lets_in(mode: str, entry: str | None, aws_auth: dict[str, Any] | None) -> None:
    assert admission.refusal(ROLE, mode, entry, aws_auth) is None


@pytest.mark.parametrize(
    ("mode", "entry", "aws_auth", "word"),
    [
        ("API", None, None, "no access entry"),
        ("API", "STANDARD", None, "STANDARD"),
        ("API", None, _aws_auth(ROLE), "aws-auth"),
        ("CONFIG_MAP", "EC2_LINUX", None, "CONFIG_MAP"),
        ("CONFIG_MAP", None, _aws_auth(ROLE, "[system:masters]"), "aws-auth"),
        ("CONFIG_MAP", None, _aws_auth(ROLE + "x"), "aws-auth"),
        ("CONFIG_MAP", None, {"data": None}, "aws-auth"),
    ],
)
def test_refusal_keeps_out(mode: str, entry: str | None, aws_auth: dict[str, Any] | None, word: str) -> None:
    reason = admission.refusal(ROLE, mode, entry, aws_auth)
    assert reason is not None
    assert ROLE in reason
    assert word in reason


def test_refusal_compares_aws_auth_without_the_path() -> None:
    role = "arn:aws:iam::123456789012:role/team/KarpenterNodeRole-lab"
    assert admission.refusal(role, "CONFIG_MAP", None, _aws_auth(ROLE)) is None


def test_twin_is_another_node_of_the_same_instance() -> None:
    built = _node()
    other = node.twin(built)
    assert other["spec"]["providerID"] == built["spec"]["providerID"]
    assert other["metadata"]["name"] == other["metadata"]["labels"]["kubernetes.io/hostname"] != built["metadata"]["name"]
    assert (node.is_twin(other), node.is_twin(built)) == (True, False)


def test_not_ready_says_why_and_keeps_kwok_away() -> None:
    held = node.not_ready(_node(), "2026-11-20T10:00:00Z")
    assert held["metadata"]["annotations"][node.NOT_READY] == "true"
    assert held["metadata"]["annotations"][node.INSTANCE] == INSTANCE["InstanceId"]
    assert [(each["type"], each["status"]) for each in held["status"]["conditions"]] == [("Ready", "False")]
    assert held["status"]["capacity"]


@pytest.mark.parametrize(
    ("image", "has"),
    [
        ("amazon-eks-node-al2023-x86_64-nvidia-1.36-v20261105", True),
        ("amazon-eks-node-al2023-x86_64-standard-1.36-v20261105", False),
        ("amazon-eks-node-al2023-x86_64-neuron-1.36-v20261105", False),
        ("team-gpu-image", True),
        ("", True),
    ],
)
def test_has_driver_by_the_image_that_was_booted(image: str, has: bool) -> None:
    assert node.has_driver({"metadata": {"annotations": {node.IMAGE: image}}}, "nvidia") is has
