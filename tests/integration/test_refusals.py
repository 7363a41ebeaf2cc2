"""What cannot work is refused by install in one sentence, before anything is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.lab

# What is wrong: variables of the inventory, the environment, and what the sentence must name.
REFUSALS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "a kubeconfig that is not there": ({}, {"K8S_AUTH_KUBECONFIG": "/nowhere/config"}, "eks_kubeconfig '/nowhere/config'"),
    "an unknown cluster": ({"eks_cluster_name": "nowhere"}, {}, "There is no EKS cluster 'nowhere'"),
    "refused credentials": ({}, {"AWS_ACCESS_KEY_ID": "AKIAREFUSEDBYTHELAB"}, "AWS refused the credentials"),
    "a chart that cannot be pulled": ({"nvidia_chart_version": "0.0.404"}, {}, "version '0.0.404', cannot be pulled"),
    "a pool with an unknown field": ({"node_pools_definitions": [{"name": "gpu", "instance_famlies": ["g5"]}]}, {}, "instance_famlies"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_install_refuses_before_any_change(case: str, play: Callable[..., str]) -> None:
    variables, environment, sentence = REFUSALS[case]
    output = play("accelerated.nodes.install", "-e", json.dumps(variables), fails=True, **environment)
    assert sentence in " ".join(output.split())
    assert "Traceback" not in output
    assert re.search(r"^lab +: ok=\d+ +changed=0 ", output, re.MULTILINE)
