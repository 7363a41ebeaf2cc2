# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import UnreadableOutput
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._neuron_ls import parse_neuron_ls

FIXTURES = Path(__file__).parents[3] / "fixtures"


def read(name: str) -> str:
    return (FIXTURES / f"neuron_ls_{name}.json").read_text()


@pytest.mark.parametrize(
    ("name", "count", "memory", "cores", "bus_id", "instance_type"),
    [
        ("trn1_2xlarge", 1, 32768, 2, "0000:00:1e.0", ""),
        ("inf2_48xlarge_2_34", 12, 32768, 2, None, "inf2.48xlarge"),
        ("trn2_3xlarge_lnc2", 1, 98304, 8, "0000:cc:00.0", "trn2.3xlarge"),
    ],
)
def test_parse_neuron_ls_of_each_shape(name, count, memory, cores, bus_id, instance_type):
    inventory = parse_neuron_ls(read(name))
    assert len(inventory.devices) == count
    assert [each.index for each in inventory.devices] == list(range(count))
    assert {each.memory_mib for each in inventory.devices} == {memory}
    assert {each.cores for each in inventory.devices} == {cores}
    assert bus_id in (None, inventory.devices[0].bus_id)
    assert inventory.instance_type == instance_type


def test_parse_neuron_ls_finds_the_list_under_any_key():
    device = {"neuron_device": 0, "nc_count": 4, "memory_size": 103079215104}
    inventory = parse_neuron_ls(json.dumps({"ultraserver": {"id": "x"}, "logical_neuroncore_config": 2, "whatever": [device]}))
    assert inventory.devices[0].cores == 8


def test_parse_neuron_ls_of_no_devices_is_an_empty_inventory():
    assert parse_neuron_ls("[]").devices == ()
    assert parse_neuron_ls('{"neuron_devices": []}').devices == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "printed nothing"),
        ('time="..." level=fatal msg="Failed to load MLA system information"', "Failed to load MLA"),
        ('[{"neuron_device": 0, "bdf": "00:1e.0",', "cut off"),
        ('[\n{"neuron_device": 0, "nc_count": 2},\n{"neuron_device": 1, "nc_count": 2}', "cut off"),
        ("[1, 2]", "no list of devices"),
        ('{"a": NaN}', "no list of devices"),
        ("[" * 100_000, "no list of devices"),
        ('[{"neuron_device": true, "nc_count": 2}]', "whose number is none: true"),
        ('[{"neuron_device": -1, "nc_count": 2}]', "whose number is none: -1"),
        ('[{"neuron_device": 0, "nc_count": ' + "9" * 5000 + "}]", "no list of devices"),
    ],
)
def test_parse_neuron_ls_refuses(text, says):
    with pytest.raises(UnreadableOutput, match=says):
        parse_neuron_ls(text)


@pytest.mark.parametrize("value", ["2", None, True, -2, 1.5, [2]])
def test_parse_neuron_ls_takes_only_numbers_for_numbers(value):
    (device,) = parse_neuron_ls(json.dumps([{"neuron_device": 0, "nc_count": value, "memory_size": value}])).devices
    assert device.cores is None
    assert device.memory_mib is None
