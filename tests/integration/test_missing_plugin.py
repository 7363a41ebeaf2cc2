"""The whole path, red: without its device plugin a GPU node never initializes, and verify says so before its deadline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import yaml

pytestmark = [pytest.mark.lab, pytest.mark.faults]


@pytest.fixture
def without_plugin(play: Callable[..., str], installed: None, pytestconfig: pytest.Config) -> Iterator[str]:
    """The example's pool ``gpu`` and no device plugin for it; gives the options that say so."""
    variables = yaml.safe_load((pytestconfig.rootpath / "examples" / "inventory" / "group_vars" / "all.yml").read_text())
    pools = [pool for pool in variables["node_pools_definitions"] if pool["name"] == "gpu"]
    options = json.dumps({"node_pools_definitions": pools, "accelerator_verify_wait_timeout": 60})
    play("accelerated.nodes.teardown", "--tags", "nvidia")
    play("accelerated.nodes.install", "--tags", "node_pools", "-e", options)
    yield options
    play("accelerated.nodes.teardown", "--tags", "node_pools", "-e", options)
    play("accelerated.nodes.install", "--tags", "nvidia")


def test_verify_names_the_missing_plugin(play: Callable[..., str], without_plugin: str) -> None:
    output = " ".join(play("accelerated.nodes.verify", "-e", without_plugin, fails=True).split())
    assert re.search(r"nvidia\.com/gpu.*not registered", output)
    assert "No device plugin runs on that node" in output
    assert "accelerated.nodes.nvidia" in output
    assert "Traceback" not in output
