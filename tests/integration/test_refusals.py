"""What cannot work is refused by install in one sentence, before anything is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.lab

T4G = {"name": "t4g", "limits": {"nvidia.com/gpu": 1}, "node_selector": {"karpenter.k8s.aws/instance-gpu-name": "t4g"}}
T4G_MODEL = {"name": "qwen2", "family": "qwen2", "model_id": "Qwen/Qwen2-0.5B-Instruct", "flavors": [T4G]}

# What is wrong: variables of the inventory, the environment, and what the sentence must name.
REFUSALS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "a kubeconfig that is not there": ({}, {"K8S_AUTH_KUBECONFIG": "/nowhere/config"}, "eks_kubeconfig '/nowhere/config'"),
    "an unknown cluster": ({"eks_cluster_name": "nowhere"}, {}, "There is no EKS cluster 'nowhere'"),
    "refused credentials": ({}, {"AWS_ACCESS_KEY_ID": "AKIAREFUSEDBYTHELAB"}, "AWS refused the credentials"),
    "a chart that cannot be pulled": ({"nvidia_chart_version": "0.0.404"}, {}, "version '0.0.404', cannot be pulled"),
    # By the playbook llmaz, which begins with it.
    "a flavour that no pool can provision": (
        {"llmaz_models": [T4G_MODEL]},
        {},
        "flavour 't4g': no node pool can provision it (pool 'gpu': ",
    ),
    "a pool with an unknown field": ({"node_pools_definitions": [{"name": "gpu", "instance_famlies": ["g5"]}]}, {}, "instance_famlies"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_install_refuses_before_any_change(case: str, play: Callable[..., str]) -> None:
    variables, environment, sentence = REFUSALS[case]
    playbook = "llmaz" if "llmaz_models" in variables else "install"
    output = play(f"accelerated.nodes.{playbook}", "-e", json.dumps(variables), fails=True, **environment)
    assert sentence in " ".join(output.split())
    assert "Traceback" not in output
    assert re.search(r"^lab +: ok=\d+ +changed=0 ", output, re.MULTILINE)
