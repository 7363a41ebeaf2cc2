# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import full, of_node_pool, unhealthy, use_of_limits
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import (
    GPU_COUNT,
    NEURON,
    NVIDIA,
    STANDARD,
    condition,
    image,
    node_class,
    pool,
)

UNHEALTHY = condition("Ready", "False", "UnhealthyDependents", "...")
RECONCILING = condition("Ready", "Unknown", "ReconcilingDependents", "...")
AWAITING = ("AwaitingReconciliation", "object is awaiting reconciliation")
ARM_NVIDIA = image("arm64", (GPU_COUNT, "Exists"))


def of(pools=None, classes=None):
    return of_node_pool("gpu", Evidence(node_pools={"gpu": pools or pool()}, node_classes={"gpu": classes or node_class()}))


def test_of_node_pool_that_is_being_deleted_or_whose_class_is():
    pools, classes = pool(), node_class()
    pools["metadata"]["deletionTimestamp"] = classes["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    assert (of(pools).reason, of(pools).hopeless) == ("NodePoolTerminating", True)
    assert (of(None, classes).reason, of(None, classes).hopeless) == ("NodeClassTerminating", True)


@pytest.mark.parametrize(
    ("conditions", "reason", "message"),
    [
        (
            [
                UNHEALTHY,
                condition("ValidationSucceeded", "Unknown", "DependenciesNotReady"),
                condition("SubnetsReady", "False", "SubnetsNotFound", "SubnetSelector did not match any Subnets"),
            ],
            "SubnetsNotFound",
            "SubnetsReady=False: SubnetSelector did not match any Subnets",
        ),
        (
            [UNHEALTHY, condition("ValidationSucceeded", "False", "CreateFleetAuthCheckFailed", "words")],
            "CreateFleetAuthCheckFailed",
            "ValidationSucceeded=False: words",
        ),
        # Karpenter tells a refusal of IAM in its log only.
        (
            [
                RECONCILING,
                condition("AMIsReady"),
                condition("InstanceProfileReady", "Unknown", *AWAITING),
                condition("ValidationSucceeded", "Unknown", "DependenciesNotReady"),
            ],
            "InstanceProfileNotReady",
            "InstanceProfileReady=Unknown: object is awaiting reconciliation",
        ),
        # Nobody has looked at it at all.
        (
            [
                RECONCILING,
                condition("AMIsReady", "Unknown", *AWAITING),
                condition("SubnetsReady", "Unknown", *AWAITING),
                condition("InstanceProfileReady", "Unknown", *AWAITING),
            ],
            "AwaitingReconciliation",
            "AMIsReady=Unknown: object is awaiting reconciliation",
        ),
        ([UNHEALTHY, condition("NewReady", "False", "SomethingNew", "words")], "SomethingNew", "NewReady=False: words"),
    ],
)
def test_of_node_pool_whose_class_is_not_ready(conditions, reason, message):
    found = of(classes=node_class(*conditions))
    assert (found.object, found.reason, found.message) == ("EC2NodeClass gpu", reason, message)


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([UNHEALTHY, condition("NodeClassReady", "False", "NodeClassNotFound", "NodeClass not found on cluster")], "NodeClassNotFound"),
        ([UNHEALTHY, condition("NodeClassReady", "False", "NodeClassTerminating")], "NodeClassTerminating"),
        ([UNHEALTHY, condition("ValidationSucceeded", "False", "NodePoolValidationFailed", "invalid value")], "NodePoolValidationFailed"),
        # That the last nodes failed is no part of Ready, and does not explain it.
        (
            [
                RECONCILING,
                condition("NodeRegistrationHealthy", "False", "RegistrationFailed"),
                condition("NodeClassReady", "Unknown", "NodeClassReadinessUnknown"),
            ],
            "NodeClassReadinessUnknown",
        ),
    ],
)
def test_of_node_pool_that_is_not_ready(conditions, reason):
    found = of_node_pool("gpu", Evidence(node_pools={"gpu": pool(*conditions)}))
    assert (found.object, found.reason) == ("NodePool gpu", reason)


def test_of_node_pool_that_is_ready():
    assert of() is None


def test_of_node_pool_that_could_not_be_read_is_not_called_missing():
    assert of_node_pool("gpu", Evidence(unreadable=["The cause may be incomplete: no answer."])) is None
    assert of_node_pool("gpu", Evidence()).reason == "NodePoolNotFound"


@pytest.mark.parametrize(
    ("amis", "arch", "missing"),
    [
        ((STANDARD, NVIDIA, NEURON), "amd64", False),
        ((STANDARD, NEURON), "amd64", True),
        ((STANDARD, NEURON, ARM_NVIDIA), "amd64", True),
        ((STANDARD, NEURON, ARM_NVIDIA), "arm64", False),
        ((STANDARD,), "amd64", True),
        # What is in an image chosen by its ID only the node can tell.
        ((image("amd64"),), "amd64", False),
        ((), "amd64", False),
    ],
)
def test_of_node_pool_whose_class_has_no_image_for_its_accelerator(amis, arch, missing):
    found = of(pool(arch=arch), node_class(amis=amis))
    assert (found is not None and found.reason == "AcceleratorAMIMissing") is missing


def test_of_node_pool_names_the_images_that_there_are():
    assert of(classes=node_class(amis=(STANDARD,))).message == "status.amis: al2023-amd64"


@pytest.mark.parametrize(
    ("limits", "used", "reached"),
    [
        ({"nvidia.com/gpu": 5}, {"nvidia.com/gpu": "5"}, "limits: nvidia.com/gpu 5 of 5 used"),
        ({"cpu": "1k", "memory": "100Gi"}, {"cpu": "10", "memory": "104857600Ki"}, "limits: memory 104857600Ki of 100Gi used"),
        ({"nvidia.com/gpu": "0"}, {}, "limits: nvidia.com/gpu 0 of 0 used"),
        ({"nvidia.com/gpu": 5}, {"nvidia.com/gpu": "4"}, ""),
        ({}, {"cpu": "10"}, ""),
    ],
)
def test_full_by_use_and_limits(limits, used, reached):
    found = full("gpu", pool(limits=limits, used=used))
    assert (found.message if found else "") == reached


def test_use_of_limits_names_each():
    assert (
        use_of_limits(pool(limits={"cpu": 100, "nvidia.com/gpu": 5}, used={"cpu": "4"})) == "cpu 4 of 100 used, nvidia.com/gpu 0 of 5 used"
    )


def test_unhealthy_quotes_the_condition():
    failing = pool(condition("NodeRegistrationHealthy", "False", "RegistrationFailed", "Failed to register node"))
    found = unhealthy("gpu", failing)
    assert (found.reason, found.message) == (
        "NodePoolRegistrationUnhealthy",
        "NodeRegistrationHealthy=False RegistrationFailed: Failed to register node",
    )
    assert unhealthy("gpu", pool()) is None
