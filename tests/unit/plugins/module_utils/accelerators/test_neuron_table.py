# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables are written after the Neuron documentation's (https://awsdocs-neuron.readthedocs-hosted.com, "Neuron LS User Guide")."""

from __future__ import annotations

import json

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import UnreadableOutput
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._neuron_ls import parse_neuron_ls

BUSY = """\
instance-type: trn2.3xlarge
instance-id: i-0123456789abcdef0
logical-neuroncore-config: 2
+--------+--------+--------+---------+------+----------------------------+---------+
| NEURON | NEURON | NEURON |   PCI   | PID  |          COMMAND           | RUNTIME |
| DEVICE | CORES  | MEMORY |   BDF   |      |                            | VERSION |
+--------+--------+--------+---------+------+----------------------------+---------+
| 0      | 4      | 96 GB  | cc:00.0 | 2182 | /usr/bin/python3 train.py  | 2.0.0   |
|        |        |        |         | 2183 | /usr/bin/python3 other.py  | 2.0.0   |
+--------+--------+--------+---------+------+----------------------------+---------+
"""
RING = """\
+--------+--------+--------+-----------+---------+
| NEURON | NEURON | NEURON | CONNECTED |   PCI   |
| DEVICE | CORES  | MEMORY |  DEVICES  |   BDF   |
+--------+--------+--------+-----------+---------+
| 0      | 4      | 8 GB   | 1         | 00:1c.0 |
| 1      | 4      | 8 GB   | 2, 0      | 00:1d.0 |
| 2      | 4      | 8 GB   | 3, 1      | 00:1e.0 |
| 3      | 4      | 8 GB   | 2         | 00:1f.0 |
+--------+--------+--------+-----------+---------+
"""


def test_a_table_with_processes_and_logical_cores():
    inventory = parse_neuron_ls(BUSY)
    (device,) = inventory.devices
    assert (inventory.instance_type, device.cores, device.memory_mib, device.bus_id) == ("trn2.3xlarge", 8, 98304, "0000:cc:00.0")


def test_a_table_with_connected_devices():
    devices = parse_neuron_ls(RING).devices
    assert [each.facts["connected_to"] for each in devices] == ["[1]", "[2, 0]", "[3, 1]", "[2]"]
    assert {(each.cores, each.memory_mib) for each in devices} == {(4, 8192)}


@pytest.mark.parametrize(
    "text",
    [
        RING.rsplit("+", 7)[0],
        RING.replace("MEMORY", "M3MORY"),
        RING.replace("| 1      | 4      |", "| 1      |"),
        RING.replace("| 2      | 4 ", "| two    | 4 "),
        RING.replace("+\n| 0", "+\nkernel: oops\n| 0"),
    ],
)
def test_a_table_that_is_not_whole_is_none(text):
    with pytest.raises(UnreadableOutput):
        parse_neuron_ls(text)


def test_a_table_does_not_mend_a_list_that_is_broken():
    with pytest.raises(UnreadableOutput):
        parse_neuron_ls('[\n{"neuron_device": 0, "nc_count": 4},\n' + RING)


def test_lists_that_differ_are_none_and_lists_that_are_alike_are_one():
    one = json.dumps([{"neuron_device": 0, "nc_count": 2}])
    assert len(parse_neuron_ls(f"{one}\n{one}").devices) == 1
    with pytest.raises(UnreadableOutput, match="differ"):
        parse_neuron_ls(f"{one}\n{one.replace('2', '4')}")
    with pytest.raises(UnreadableOutput):
        parse_neuron_ls('[{"neuron_device": 0, "nc_count": 2, "nc_count": 4}]')
