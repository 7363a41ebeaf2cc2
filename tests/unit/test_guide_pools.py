"""The pools of the guides' inventories, held against the values of the documents that the guides follow.

What a document leaves to files that it does not show (the limits of the two Ray chapters, their taints' values) is the guide's own, as is
what its last section says to be different.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._node_pools import node_pool

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DEFAULTS = {"cluster_name": "my-cluster", "node_role": "KarpenterNodeRole-my-cluster", "ami_alias": "al2023@v20261105"}
CAPACITY, FAMILY, ARCH = "karpenter.sh/capacity-type", "karpenter.k8s.aws/instance-family", "kubernetes.io/arch"
NEURON_TAINT = {"key": "aws.amazon.com/neuron", "value": "true", "effect": "NoSchedule"}
DISCOVERY = [{"tags": {"karpenter.sh/discovery": "my-cluster"}}]

HEAD = {
    "template.metadata.labels": {"type": "karpenter", "instanceType": "mixed-x86", "provisionerType": "Karpenter"},
    "requirements": {CAPACITY: ["on-demand"], FAMILY: ["c5", "m5", "r5"], ARCH: ["amd64"]},
    "limits": {"cpu": 256},
}


def worker(instance_type: str, devices: int) -> dict[str, Any]:
    """What a Ray chapter wants of the workers' pool."""
    return {
        "template.metadata.labels": {"instanceType": instance_type, "provisionerType": "Karpenter"},
        "requirements": {CAPACITY: ["on-demand"], "node.kubernetes.io/instance-type": [instance_type], ARCH: ["amd64"]},
        "template.spec.taints": [NEURON_TAINT],
        "limits": {"aws.amazon.com/neuron": devices},
    }


#: Example and pool -> what is wanted, by its place in the NodePool's spec, and in that of its EC2NodeClass.
WANTED: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    ("trainium", "x86-cpu-karpenter"): (HEAD, {}),
    ("trainium", "trainium-trn1"): (worker("trn1.2xlarge", 2), {}),
    ("inferentia", "x86-cpu-karpenter"): (HEAD, {}),
    ("inferentia", "inferentia-inf2"): (worker("inf2.48xlarge", 24), {}),
    ("llmaz", "llmaz-demo-gpu-nodepool"): (
        {
            "requirements": {CAPACITY: ["spot"], FAMILY: ["g4dn"], ARCH: ["amd64"], "kubernetes.io/os": ["linux"]},
            "limits.cpu": 1000,
            "template.spec.taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
            "template.spec.expireAfter": "720h",
            "disruption": {"budgets": [{"nodes": "10%"}], "consolidateAfter": "5m", "consolidationPolicy": "WhenEmptyOrUnderutilized"},
        },
        {
            "blockDeviceMappings.0.deviceName": "/dev/xvda",
            "blockDeviceMappings.0.ebs": {"deleteOnTermination": True, "volumeSize": "50Gi", "volumeType": "gp3", "encrypted": True},
            "subnetSelectorTerms": DISCOVERY,
            "securityGroupSelectorTerms": DISCOVERY,
        },
    ),
    ("nvidia-gpu", "gpu"): (
        {
            "template.metadata.labels.intent": "gpu",
            "requirements": {
                CAPACITY: ["on-demand"],
                "karpenter.k8s.aws/instance-category": ["g"],
                "karpenter.k8s.aws/instance-gpu-manufacturer": ["nvidia"],
                ARCH: ["amd64"],
            },
            "limits": {"cpu": 100, "memory": "100Gi", "nvidia.com/gpu": 5},
            "template.spec.taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
            "template.spec.expireAfter": "720h",
            "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "5m"},
        },
        {
            "amiSelectorTerms": [{"alias": "al2023@latest"}],
            "blockDeviceMappings.0.deviceName": "/dev/xvda",
            "blockDeviceMappings.0.ebs": {
                "deleteOnTermination": True,
                "iops": 10000,
                "throughput": 125,
                "volumeSize": "100Gi",
                "volumeType": "gp3",
                "encrypted": True,
            },
            "subnetSelectorTerms": DISCOVERY,
            "securityGroupSelectorTerms": DISCOVERY,
            "tags": {"intent": "gpu", "karpenter.sh/discovery": "my-cluster"},
        },
    ),
}


def descriptions(example: str) -> dict[str, dict[str, Any]]:
    """The pools of an example's inventory, by name."""
    text = (EXAMPLES / example / "inventory" / "group_vars" / "all.yml").read_text()
    found = yaml.safe_load(text.replace("{{ eks_cluster_name }}", DEFAULTS["cluster_name"]))["node_pools_definitions"]
    return {each["name"]: each for each in found}


def at(spec: Any, place: str) -> Any:
    """What is at a place, with dots, in a spec; requirements by their key."""
    if place == "requirements":
        return {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"] if each["operator"] == "In"}
    return reduce(lambda value, key: value[int(key)] if isinstance(value, list) else value[key], place.split("."), spec)


@pytest.mark.parametrize(("example", "pool"), WANTED)
def test_a_pool_is_as_its_document_has_it(example: str, pool: str) -> None:
    rendered = {each["kind"]: each["spec"] for each in node_pool(descriptions(example)[pool], DEFAULTS)}
    for kind, wanted in zip(("NodePool", "EC2NodeClass"), WANTED[example, pool], strict=True):
        assert {place: at(rendered[kind], place) for place in wanted} == wanted


@pytest.mark.parametrize("example", sorted({example for example, _pool in WANTED}))
def test_an_example_has_no_other_pools(example: str) -> None:
    assert {(example, name) for name in descriptions(example)} == {each for each in WANTED if each[0] == example}
