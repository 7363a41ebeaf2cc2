"""What would put two of NVIDIA's device plugins on one node."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._nvidia import nvidia_conflicts

PLUGIN, OPERATOR = "device_plugin", "gpu_operator"
GPU_POOL = {"name": "gpu", "instance_families": ["g5"], "limits": {"nvidia.com/gpu": 4}}
# What the filter node_pool would set to "false", overruled by hand.
INSISTING = {**GPU_POOL, "labels": {"nvidia.com/gpu.present": "true", "nvidia.com/gpu.deploy.operands": "true"}}
BOTTLEROCKET = {**INSISTING, "ami_alias": "bottlerocket@1.55.0"}


def workload(kind, name, container, image, labels=None, annotations=None, owners=()):
    pod = {"metadata": {"labels": labels or {}}, "spec": {"containers": [{"name": container, "image": image}]}}
    meta = {"name": name, "namespace": "gpus", "annotations": annotations or {}, "ownerReferences": [{"kind": each} for each in owners]}
    return {"kind": kind, "metadata": meta, "spec": {"template": pod}}


HELM = {"meta.helm.sh/release-name": "nvdp", "meta.helm.sh/release-namespace": "nvidia"}
CHARTS_PLUGIN = workload("DaemonSet", "nvdp", "nvidia-device-plugin-ctr", "nvcr.io/nvidia/k8s-device-plugin:v0.20.0", annotations=HELM)
STATIC_PLUGIN = workload(
    "DaemonSet", "nvidia-device-plugin-daemonset", "nvidia-device-plugin-ctr", "nvcr.io/nvidia/k8s-device-plugin:v0.17"
)
OPERATORS_PLUGIN = workload(
    "DaemonSet",
    "nvidia-device-plugin-daemonset",
    "nvidia-device-plugin",
    "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
    owners=["ClusterPolicy"],
)
DISCOVERY = workload("DaemonSet", "gfd", "gpu-feature-discovery-ctr", "mirror/k8s-device-plugin:v0.20.0")
DISCOVERY["spec"]["template"]["spec"]["containers"][0]["command"] = ["gpu-feature-discovery"]
THE_OPERATOR = workload("Deployment", "gpu-operator", "gpu-operator", "mirror.example.com/nvidia/gpu-operator:v26.7.0")
KARPENTER = workload("Deployment", "karpenter", "controller", "public.ecr.aws/karpenter/controller:1.14.3@sha256:0")


def node_pool(name="gpu", labels=None, requirements=None):
    wanted = [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g5"]}] if requirements is None else requirements
    spec = {"requirements": wanted, "nodeClassRef": {"name": "class"}}
    return {"kind": "NodePool", "metadata": {"name": name}, "spec": {"template": {"metadata": {"labels": labels or {}}, "spec": spec}}}


def node_class(**spec):
    return {"kind": "EC2NodeClass", "metadata": {"name": "class"}, "spec": spec}


def test_a_cluster_with_neither_has_no_conflict():
    for method in (PLUGIN, OPERATOR):
        assert nvidia_conflicts(method, [KARPENTER, DISCOVERY, node_class(), node_pool()], [GPU_POOL]) == []


def test_each_method_leaves_its_own_alone():
    assert nvidia_conflicts(PLUGIN, [CHARTS_PLUGIN, STATIC_PLUGIN]) == []
    assert nvidia_conflicts(OPERATOR, [THE_OPERATOR, OPERATORS_PLUGIN]) == []


@pytest.mark.parametrize(
    ("method", "present", "says"),
    [
        (PLUGIN, THE_OPERATOR, "the GPU Operator is installed (Deployment gpus/gpu-operator)"),
        (PLUGIN, THE_OPERATOR, "'kubectl -n gpus delete deployment gpu-operator'"),
        (OPERATOR, CHARTS_PLUGIN, "nvidia_method is 'gpu_operator', and NVIDIA's device plugin is installed (DaemonSet gpus/nvdp)"),
        (
            OPERATOR,
            CHARTS_PLUGIN,
            "Set nvidia_method to device_plugin, or remove what is installed first: 'helm -n nvidia uninstall nvdp'.",
        ),
        (OPERATOR, STATIC_PLUGIN, "'kubectl -n gpus delete daemonset nvidia-device-plugin-daemonset'"),
    ],
)
def test_both_methods_at_once_are_refused(method, present, says):
    (sentence,) = nvidia_conflicts(method, [present])
    assert says in sentence


@pytest.mark.parametrize("method", [PLUGIN, OPERATOR])
@pytest.mark.parametrize(
    ("definition", "family"),
    [
        (BOTTLEROCKET, "al2023"),
        (INSISTING, "bottlerocket"),
        ({**INSISTING, "node_class_spec": {"amiSelectorTerms": [{"alias": "bottlerocket@latest"}]}}, "al2023"),
        ({**INSISTING, "node_class_spec": {"amiFamily": "Bottlerocket", "amiSelectorTerms": [{"id": "ami-1"}]}}, "al2023"),
    ],
)
def test_a_second_plugin_on_bottlerocket_is_refused(method, definition, family):
    (sentence,) = nvidia_conflicts(method, [], [definition], family)
    assert sentence.startswith("NodePool 'gpu' launches Bottlerocket (EC2NodeClass 'gpu', a")
    assert f"by nvidia_method '{method}'" in sentence


@pytest.mark.parametrize(("method", "label"), [(PLUGIN, "nvidia.com/gpu.present"), (OPERATOR, "nvidia.com/gpu.deploy.operands")])
def test_a_pool_opts_out_by_the_label_that_the_sentence_names(method, label):
    assert f'{label}: "false"' in nvidia_conflicts(method, [], [BOTTLEROCKET])[0]
    assert nvidia_conflicts(method, [], [{**BOTTLEROCKET, "labels": {label: "false"}}]) == []


@pytest.mark.parametrize("method", [PLUGIN, OPERATOR])
def test_a_pool_of_bottlerocket_opts_out_by_itself(method):
    assert nvidia_conflicts(method, [], [{**GPU_POOL, "ami_alias": "bottlerocket@1.55.0"}]) == []
    assert nvidia_conflicts(method, [], [GPU_POOL], "bottlerocket") == []


@pytest.mark.parametrize("method", [PLUGIN, OPERATOR])
def test_a_pool_of_auto_mode_has_a_class_of_another_kind(method):
    assert nvidia_conflicts(method, [], [{**GPU_POOL, "auto_mode": True}], "bottlerocket") == []


def test_pools_and_classes_of_the_cluster_count():
    objects = [node_pool(labels={"nvidia.com/gpu.present": "true"}), node_class(amiSelectorTerms=[{"alias": "bottlerocket@latest"}])]
    assert "EC2NodeClass 'class', alias bottlerocket@latest" in nvidia_conflicts(PLUGIN, objects)[0]
    assert len(nvidia_conflicts(OPERATOR, objects)) == 1


def test_without_the_label_only_the_operator_finds_the_nodes():
    objects = [node_pool(), node_class(amiSelectorTerms=[{"alias": "bottlerocket@latest"}])]
    assert nvidia_conflicts(PLUGIN, objects) == []
    assert len(nvidia_conflicts(OPERATOR, objects)) == 1


def test_a_pool_that_uses_a_class_of_the_cluster_is_judged_by_it():
    definition = {**GPU_POOL, "node_class": "class"}
    assert len(nvidia_conflicts(PLUGIN, [node_class(amiSelectorTerms=[{"alias": "bottlerocket@1.55.0"}])], [definition])) == 1
    assert nvidia_conflicts(PLUGIN, [node_class(amiSelectorTerms=[{"alias": "al2023@v1"}])], [definition], "bottlerocket") == []


def test_a_definition_says_what_the_pool_of_its_name_will_be():
    objects = [node_pool(labels={"nvidia.com/gpu.present": "true"}), node_class(amiSelectorTerms=[{"alias": "bottlerocket@latest"}])]
    assert nvidia_conflicts(PLUGIN, objects, [GPU_POOL]) == []


def test_pools_without_gpus_and_wrong_definitions_are_passed_over():
    cpu = {"name": "cpu", "instance_families": ["c5"], "ami_alias": "bottlerocket@1.55.0"}
    neuron = {"name": "n", "instance_types": ["trn1.2xlarge"], "limits": {"aws.amazon.com/neuron": 1}, "ami_alias": "bottlerocket@1.55.0"}
    for method in (PLUGIN, OPERATOR):
        assert nvidia_conflicts(method, [], [cpu, neuron, {"name": 5}, "gpu"]) == []
