"""The table of accelerated instance types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    INSTANCE_TYPES,
    accelerated_families,
    category_of,
    generation_of,
    instance_type,
    types_of_family,
)

ROOT = Path(__file__).resolve().parents[5]


def test_the_table_is_what_its_source_says() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "instance_types.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "kind", "resource", "count", "device"),
    [
        ("g4dn.xlarge", "nvidia", "nvidia.com/gpu", 1, "t4"),
        ("g5g.16xlarge", "nvidia", "nvidia.com/gpu", 2, "t4g"),
        ("p5.48xlarge", "nvidia", "nvidia.com/gpu", 8, "h100"),
        ("trn1.32xlarge", "neuron", "aws.amazon.com/neuron", 16, "trainium"),
        ("inf2.48xlarge", "neuron", "aws.amazon.com/neuron", 12, "inferentia2"),
        ("trn3pd98.3xlarge", "neuron", "aws.amazon.com/neuron", 1, "trainium3"),
        ("g6f.large", "nvidia-fractional", "nvidia.com/gpu", 0, "l4"),
    ],
)
def test_instance_type_of_a_known_name(name: str, kind: str, resource: str, count: int, device: str) -> None:
    found = instance_type(name)
    assert found is not None
    assert (found.kind, found.resource, found.resource_count, found.device_name) == (kind, resource, count, device)


def test_a_row_is_named_as_ec2_names_types() -> None:
    assert [
        name for name in INSTANCE_TYPES if not re.fullmatch(r"[a-z][a-z0-9-]*\.([0-9]+x?large|x?large|metal|[0-9]+xlarge-[a-z]+)", name)
    ] == []


@pytest.mark.parametrize("name", ["m5.large", "g4dn", "g4dn.3xlarge", ""])
def test_instance_type_of_an_unknown_name(name: str) -> None:
    assert instance_type(name) is None


def test_types_of_family() -> None:
    assert {each.name for each in types_of_family("trn1")} == {"trn1.2xlarge", "trn1.32xlarge"}
    assert types_of_family("m5") == ()


def test_a_family_has_one_architecture_and_one_kind() -> None:
    for family in accelerated_families():
        assert len({(each.architecture, each.kind) for each in types_of_family(family)}) == 1, family


def test_promised_devices_are_the_listed_ones_where_a_plugin_serves_them() -> None:
    served = [each for each in INSTANCE_TYPES.values() if each.kind in ("nvidia", "neuron")]
    assert [each.name for each in served if each.resource_count != each.devices or not each.devices] == []


@pytest.mark.parametrize(
    ("name", "category", "generation"),
    [("g4dn.xlarge", "g", 4), ("trn1", "trn", 1), ("gr6f.4xlarge", "gr", 6), ("p6e-gb200.36xlarge", "p", 6), ("u-6tb1.metal", "u", 1)],
)
def test_category_and_generation(name: str, category: str, generation: int) -> None:
    assert (category_of(name), generation_of(name)) == (category, generation)


def test_category_of_no_type() -> None:
    assert category_of("?") is None
    assert generation_of("?") is None
