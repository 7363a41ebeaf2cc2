# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling_causes import pools_meant, refusal

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import pod, pool

# Recorded from Karpenter 1.14.3, shortened.
CPU_POOL = (
    "no instance type has enough resources, requirements=karpenter.sh/nodepool In [x86-cpu-karpenter], kubernetes.io/arch In [amd64],"
    ' resources={"nvidia.com/gpu":"1","pods":"1"}'
)
GPU_POOL = (
    "no instance type met all requirements, requirements=karpenter.sh/nodepool In [gpu], node.kubernetes.io/instance-type In [p5.48xlarge],"
    ' resources={"nvidia.com/gpu":"1","pods":"2"}'
)
NEURON_TAINT = "did not tolerate taint (taint=aws.amazon.com/neuron=true:NoSchedule)"
GPU_TAINT = "did not tolerate taint (taint=nvidia.com/gpu:NoSchedule)"
OTHER_TYPE = (
    "incompatible requirements, key node.kubernetes.io/instance-type, node.kubernetes.io/instance-type In [p5.48xlarge] not in"
    " node.kubernetes.io/instance-type In [trn1.2xlarge]"
)


# Of a pod that asks for its pool by name.
OTHER_POOL = "incompatible requirements, key karpenter.sh/nodepool, karpenter.sh/nodepool In [gpu] not in karpenter.sh/nodepool In [cpu]"


def said(*parts: str) -> str:
    return "Failed to schedule pod, " + "; ".join(parts)


@pytest.mark.parametrize(
    ("parts", "reason", "words"),
    [
        ((CPU_POOL, NEURON_TAINT, GPU_TAINT), "PodTaintNotTolerated", GPU_TAINT),
        ((CPU_POOL, OTHER_TYPE, GPU_POOL), "NoInstanceTypeFits", GPU_POOL),
        (
            (CPU_POOL, NEURON_TAINT, "all available instance types exceed limits for nodepool (NodePool=gpu)"),
            "NodePoolLimitReached",
            "all available instance types exceed limits for nodepool (NodePool=gpu)",
        ),
        ((OTHER_POOL, GPU_POOL), "NoInstanceTypeFits", GPU_POOL),
        ((OTHER_POOL, NEURON_TAINT), "NodePoolLeftOut", said(OTHER_POOL, NEURON_TAINT)),
        (
            ("node limits have been exhausted for nodepool (NodePool=other)", GPU_TAINT),
            "PodTaintNotTolerated",
            GPU_TAINT,
        ),
    ],
)
def test_refusal_is_of_the_pool_that_is_asked_for(parts, reason, words):
    found = refusal(said(*parts), "gpu", pool())
    assert (found.reason, found.words) == (reason, words)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("node limits have been exhausted for nodepool (NodePool=gpu)", "NodePoolLimitReached"),
        ("all available instance types exceed limits for nodepool (NodePool=gpu)", "NodePoolLimitReached"),
        (GPU_TAINT, "PodTaintNotTolerated"),
        ("pod has Dynamic Resource Allocation requirements that are not yet supported by Karpenter", "DynamicResourcesUnsupported"),
        (
            "one or more instance types with compatible reserved offerings are available, but could not be reserved",
            "ReservedOfferingUnavailable",
        ),
        ("no instance type has the required offering, requirements=, resources={}", "NoOfferingAvailable"),
        (
            "no instance type which met the scheduling requirements and had enough resources, had a required offering, requirements=",
            "NoOfferingAvailable",
        ),
        ("no instance type met the scheduling requirements or had enough resources or had a required offering, r=", "NoInstanceTypeFits"),
        ("no instance type met the scheduling requirements or had a required offering, requirements=", "NoInstanceTypeFits"),
        ("no instance type had enough resources or had a required offering, requirements=", "NoInstanceTypeFits"),
        ("no instance type met all requirements, requirements=", "NoInstanceTypeFits"),
        ("no instance type has enough resources, requirements=", "NoInstanceTypeFits"),
        ("no instance type met the requirements/resources/offering tuple, requirements=", "NoInstanceTypeFits"),
        (
            "minValues requirement is not met for label(s) (label(s)=[node.kubernetes.io/instance-type]), requirements=",
            "NoInstanceTypeFits",
        ),
        ('incompatible requirements, label "foo/bar" does not have known values', "NoInstanceTypeFits"),
        (OTHER_TYPE, "NoInstanceTypeFits"),
        ("nodepool requirements filtered out all available instance types", "NoInstanceTypeFits"),
        ("unsatisfiable topology constraint for topology spread, key=topology.kubernetes.io/zone (counts = ...", "TopologyUnsatisfiable"),
        ("unbound pvc must define a storage class (PersistentVolumeClaim=ml/data)", "VolumeUnsatisfiable"),
        ("would exceed volume limit for ebs.csi.aws.com", "VolumeUnsatisfiable"),
        ("something that this collection has not seen", "FailedScheduling"),
    ],
)
def test_refusal_by_its_words(words, reason):
    found = refusal(said(words), "gpu", pool())
    assert (found.reason, found.words) == (reason, words)


def test_refusal_says_why_no_type_fits():
    assert refusal(said(OTHER_TYPE)).why == "the pod's node selector or affinity contradicts the pool's requirements"


NAMED = {"nodeSelector": {"karpenter.sh/nodepool": "gpu"}}
EXPRESSION = [{"key": "karpenter.sh/nodepool", "operator": "In", "values": ["other"]}]
AFFINE = {
    "affinity": {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": EXPRESSION}]}}
    }
}


@pytest.mark.parametrize(
    ("waiting", "names", "meant"),
    [
        (pod(), ("gpu",), ["gpu"]),
        (pod(), (), ["gpu", "other"]),
        (pod(gpus=0), ("gpu",), []),
        (pod(gpus=0, **NAMED), ("gpu",), ["gpu"]),
        (pod(**NAMED), (), ["gpu"]),
        (pod(**AFFINE), ("gpu",), []),
        (pod(**AFFINE), (), ["other"]),
    ],
)
def test_pools_meant_are_those_named_else_those_with_the_accelerator(waiting, names, meant):
    assert pools_meant(waiting, {"gpu": pool(), "other": pool(name="other")}, names) == meant
