"""The pods that the lab makes of a Playground."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._llmaz import open_model, playground

from tests.lab.llmaz import stateful_set

T4 = {"name": "t4", "limits": {"nvidia.com/gpu": 1}, "node_selector": {"karpenter.k8s.aws/instance-gpu-name": "t4"}}
A10G = {"name": "a10g", "limits": {"nvidia.com/gpu": 2}, "node_selector": {"karpenter.k8s.aws/instance-gpu-name": "a10g"}}
MODEL = {"name": "qwen2", "family": "qwen2", "model_id": "a/b", "flavors": [T4, A10G]}
SERVED = {"name": "chat", "namespace": "team", "model": "qwen2", "backend": "tgi", "resources": {"limits": {"cpu": "2"}}, "replicas": 2}


def made(scheduler: str = "default-scheduler", **given: Any) -> dict[str, Any]:
    claim = playground({**SERVED, **given})
    claim["metadata"]["uid"] = "u1"
    return stateful_set(claim, open_model(MODEL), scheduler)


def test_pods_are_of_the_first_flavour_and_carry_leader_worker_sets_label() -> None:
    wanted = made()
    pod = wanted["spec"]["template"]["spec"]
    assert (wanted["metadata"]["namespace"], wanted["spec"]["replicas"]) == ("team", 2)
    assert wanted["spec"]["template"]["metadata"]["labels"]["leaderworkerset.sh/name"] == "chat"
    assert pod["containers"][0]["resources"]["limits"] == {"cpu": "2", "nvidia.com/gpu": 1}
    assert pod["nodeSelector"] == T4["node_selector"]
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_claimed_flavour_comes_first() -> None:
    assert made(flavors=["a10g"])["spec"]["template"]["spec"]["nodeSelector"] == A10G["node_selector"]


def test_the_inftyai_scheduler_chooses_by_the_annotation() -> None:
    template = made("inftyai-scheduler")["spec"]["template"]
    assert template["metadata"]["annotations"] == {"llmaz.io/inference-service-flavors": "t4,a10g"}
    assert template["spec"]["schedulerName"] == "inftyai-scheduler"
    assert "nodeSelector" not in template["spec"]
