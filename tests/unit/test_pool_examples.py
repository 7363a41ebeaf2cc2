"""The example of each kind of pool is right, has its gates on, and is told of in docs/pools.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._feature_gates import gate_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import problems

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "pools").glob("*.yml"))
PAGE = (ROOT / "docs" / "pools.md").read_text(encoding="utf-8")


def variables(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["all"]["vars"]


def test_there_is_an_example_of_each_kind() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "auto-mode",
        "bottlerocket",
        "capacity-block",
        "capacity-reservation",
        "efa",
        "isolated-vpc",
        "spot-fallback",
        "static-capacity",
        "time-slicing",
        "training-budgets",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_right(path: Path) -> None:
    given = variables(path)
    known = {
        "node_role": "r",
        "instance_profile": given.get("node_pools_instance_profile", ""),
        "isolated_vpc": given.get("karpenter_isolated_vpc", False),
    }
    assert problems(given["node_pools_definitions"], known) == []
    assert gate_problems(given["node_pools_definitions"], [], given.get("karpenter_feature_gates", {}), False) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_links_each_example(path: Path) -> None:
    assert f"../examples/pools/{path.name}" in PAGE


def test_the_pages_own_yaml_is_right() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    pools = [pool for block in blocks for pool in block.get("node_pools_definitions", ())]
    assert len(pools) >= len(EXAMPLES)
    assert problems(pools, {"node_role": "r"}) == []
