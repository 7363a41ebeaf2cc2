"""The filters as Ansible calls them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_options import DEFAULTS, OPTIONS
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._node_pools import node_pool, node_pool_problems

from tests.unit.plugins.filter.documentation import documentation

POOL = {"name": "gpu", "instance_families": ["g4dn"], "limits": {"nvidia.com/gpu": 8}}
GIVEN = {"cluster_name": "demo", "node_role": "nodes", "ami_alias": "al2023@v20261110"}


def documented() -> dict[str, Any]:
    return documentation("node_pool")["options"]


def test_node_pool_renders() -> None:
    rendered = node_pool(POOL, GIVEN)
    assert [each["kind"] for each in rendered] == ["EC2NodeClass", "NodePool"]


def test_node_pool_fails_with_the_sentences() -> None:
    with pytest.raises(AnsibleFilterError, match=r"^Node pool 'gpu': weight is 0 \(int\), and must be a whole number from 1 to 100\.$"):
        node_pool({**POOL, "weight": 0}, GIVEN)


def test_node_pool_problems_returns_the_sentences() -> None:
    assert node_pool_problems([POOL]) == []
    assert len(node_pool_problems([POOL, POOL])) == 1


def test_every_option_is_documented() -> None:
    assert sorted(documented()["_input"]["suboptions"]) == sorted(OPTIONS)
    assert sorted(documented()["defaults"]["suboptions"]) == sorted(DEFAULTS)


def test_the_role_names_every_option(request: pytest.FixtureRequest) -> None:
    specs = yaml.safe_load((request.config.rootpath / "roles/node_pools/meta/argument_specs.yml").read_text())
    text = " ".join(specs["argument_specs"]["main"]["options"]["node_pools_definitions"]["description"])
    assert [name for name in OPTIONS if f"C({name})" not in text] == []
