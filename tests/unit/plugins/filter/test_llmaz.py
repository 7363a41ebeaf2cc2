"""Models and playgrounds: what they become, what is refused, and which flavours no pool can provision."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._llmaz import llmaz_manifests, llmaz_problems

GPU_NAME = "karpenter.k8s.aws/instance-gpu-name"


def flavor(name="t4", gpus=1, **selector):
    return {"name": name, "limits": {"nvidia.com/gpu": gpus}, "node_selector": {GPU_NAME: name, **selector}}


def model(*flavors, **given):
    return {
        "name": "qwen2-0--5b",
        "family": "qwen2",
        "model_id": "Qwen/Qwen2-0.5B-Instruct",
        "flavors": list(flavors) or [flavor()],
        **given,
    }


PLAYGROUND = {"name": "qwen2-0--5b", "model": "qwen2-0--5b", "backend": "tgi", "resources": {"limits": {"cpu": "2", "memory": "4Gi"}}}
POOL = {
    "name": "llmaz-demo-gpu-nodepool",
    "architectures": ["amd64"],
    "capacity_types": ["spot"],
    "instance_families": ["g4dn"],
    "limits": {"cpu": 1000, "nvidia.com/gpu": 8},
    "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
}
# The document's own pool, whose g5g is arm64.
SEED_POOL = {**POOL, "instance_families": ["g4dn", "g5g"]}
CPU_POOL = {"name": "cpu", "instance_families": ["c5"]}


def test_the_documents_objects_are_made():
    assert llmaz_manifests([model(flavor("t4g"), flavor())], [PLAYGROUND]) == [
        {
            "apiVersion": "llmaz.io/v1alpha1",
            "kind": "OpenModel",
            "metadata": {"name": "qwen2-0--5b"},
            "spec": {
                "familyName": "qwen2",
                "source": {"modelHub": {"modelID": "Qwen/Qwen2-0.5B-Instruct"}},
                "inferenceConfig": {
                    "flavors": [
                        {"name": "t4g", "limits": {"nvidia.com/gpu": 1}, "nodeSelector": {GPU_NAME: "t4g"}},
                        {"name": "t4", "limits": {"nvidia.com/gpu": 1}, "nodeSelector": {GPU_NAME: "t4"}},
                    ]
                },
            },
        },
        {
            "apiVersion": "inference.llmaz.io/v1alpha1",
            "kind": "Playground",
            "metadata": {"name": "qwen2-0--5b", "namespace": "default", "labels": {"llmaz.io/model-name": "qwen2-0--5b"}},
            "spec": {
                "replicas": 1,
                "modelClaim": {"modelName": "qwen2-0--5b"},
                "backendRuntimeConfig": {"backendName": "tgi", "resources": {"limits": {"cpu": "2", "memory": "4Gi"}}},
            },
        },
    ]


def test_what_has_no_word_goes_through_and_flavours_are_claimed():
    made = llmaz_manifests(
        [model(spec={"inferenceConfig": {"flavors": []}})],
        [{**PLAYGROUND, "flavors": ["t4"], "spec": {"elasticConfig": {"maxReplicas": 2}}}],
    )
    assert made[0]["spec"]["inferenceConfig"] == {"flavors": []}
    assert made[1]["spec"]["modelClaim"]["inferenceFlavors"] == ["t4"]
    assert made[1]["spec"]["elasticConfig"] == {"maxReplicas": 2}


@pytest.mark.parametrize(
    ("models", "playgrounds", "sentence"),
    [
        ("qwen", [], "llmaz_models is 'qwen', and must be a list."),
        ([model(famly="x")], [], "Model 'qwen2-0--5b': famly is not a known option. Did you mean 'family'?"),
        ([{"name": "a", "model_id": "b/c"}], [], "Model 'a': the description lacks 'family'."),
        ([{"name": "a", "family": "b"}], [], "Model 'a': it has neither model_id nor uri, and needs one of the two"),
        ([model(uri="oss://a/b")], [], "Model 'qwen2-0--5b': it has model_id and uri, and needs one of the two"),
        ([model(flavor(), flavor())], [], "Model 'qwen2-0--5b': flavors has 't4' 2 times."),
        ([model(*(flavor(f"f{n}") for n in range(9)))], [], "Model 'qwen2-0--5b': flavors has 9 items, and llmaz takes 8 at most."),
        ([model(flavor(gpus="one"))], [], "flavors[0].limits['nvidia.com/gpu'] is 'one', which is not a Kubernetes quantity"),
        ([model(), model()], [], "Model 'qwen2-0--5b' is defined 2 times: names must differ."),
        ([model()], [{"name": "p"}], "Playground 'p': the description lacks 'model'."),
        ([model()], [{**PLAYGROUND, "model": "qwen2"}], "Playground 'qwen2-0--5b': llmaz_models has no model 'qwen2'."),
        ([model()], [{**PLAYGROUND, "flavors": ["t4g"]}], "model 'qwen2-0--5b' has no flavour 't4g'. Did you mean 't4'?"),
        ([model()], [PLAYGROUND, PLAYGROUND], "Playground 'default/qwen2-0--5b' is defined 2 times: names must differ."),
    ],
)
def test_wrong_descriptions_are_refused_in_one_sentence(models, playgrounds, sentence):
    (found,) = llmaz_problems(models, playgrounds, [POOL])
    assert sentence in found
    with pytest.raises(AnsibleFilterError):
        llmaz_manifests(models, playgrounds)


def test_what_a_pool_can_provision_is_taken():
    assert llmaz_problems([model()], [PLAYGROUND], [CPU_POOL, POOL]) == []


def test_the_documents_arm64_flavour_is_refused_by_name_pool_and_requirement():
    (found,) = llmaz_problems([model(flavor("t4g"), flavor())], [PLAYGROUND], [SEED_POOL])
    assert found == (
        "Model 'qwen2-0--5b', flavour 't4g': no node pool can provision it (pool 'llmaz-demo-gpu-nodepool': its kubernetes.io/arch is arm64, and"
        " architectures allows only amd64). Take the flavour out, or give it a pool."
    )


def test_a_pool_for_it_lets_it_in():
    arm = {**POOL, "name": "arm", "architectures": ["arm64"], "instance_families": ["g5g"]}
    assert llmaz_problems([model(flavor("t4g"), flavor())], [PLAYGROUND], [POOL, arm]) == []


@pytest.mark.parametrize(
    ("wanted", "pool", "obstacle"),
    [
        (flavor("a10g"), POOL, "its karpenter.k8s.aws/instance-family is g5, and instance_families allows only g4dn"),
        (
            flavor(gpus=16),
            POOL,
            "no instance type that this collection knows has karpenter.k8s.aws/instance-gpu-name: t4 and nvidia.com/gpu: 16.",
        ),
        (
            flavor(gpus=8),
            {**POOL, "limits": {"nvidia.com/gpu": 4}},
            "the flavour asks for 8 nvidia.com/gpu, and limits['nvidia.com/gpu'] is 4",
        ),
        (
            flavor(**{"karpenter.sh/capacity-type": "on-demand"}),
            POOL,
            "the flavour selects karpenter.sh/capacity-type on-demand, and capacity",
        ),
        (flavor(tier="gold"), POOL, "the flavour selects tier gold, and neither labels nor requirements gives its nodes that label"),
        (flavor(tier="gold"), {**POOL, "labels": {"tier": "lead"}}, "the flavour selects tier gold, and labels gives its nodes lead"),
        (flavor(), {**POOL, "taints": [{"key": "team", "effect": "NoSchedule"}]}, "its taint team:NoSchedule is not tolerated"),
        (flavor(), CPU_POOL, "the flavour asks for nvidia.com/gpu, and the pool's accelerator is none"),
        (flavor("a10"), POOL, "no instance type that this collection knows has karpenter.k8s.aws/instance-gpu-name: a10"),
    ],
)
def test_what_is_in_the_way_is_named(wanted, pool, obstacle):
    (found,) = llmaz_problems([model(wanted)], [], [pool])
    assert obstacle in found


@pytest.mark.parametrize(
    ("wanted", "pool"),
    [
        (flavor(tier="gold"), {**POOL, "labels": {"tier": "gold"}}),
        (flavor(tier="gold"), {**POOL, "requirements": [{"key": "tier", "operator": "Exists"}]}),
        (flavor(**{"topology.kubernetes.io/zone": "us-west-2a"}), POOL),
        ({"name": "any", "limits": {"nvidia.com/gpu": 1}}, POOL),
        ({"name": "cpu", "limits": {"cpu": 4}}, CPU_POOL),
        (flavor(), {**POOL, "taints": [{"key": "team", "effect": "PreferNoSchedule"}]}),
    ],
)
def test_what_is_not_in_the_way_is_not(wanted, pool):
    assert llmaz_problems([model(wanted)], [], [pool]) == []


def test_without_pools_flavours_are_not_judged():
    assert llmaz_problems([model(flavor("t4g"))], [], []) == []
    assert llmaz_problems([model(flavor("t4g"))], [], [{"name": "x", "wrong": 1}]) == []
