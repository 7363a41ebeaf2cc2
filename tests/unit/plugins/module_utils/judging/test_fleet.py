# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject


def result(name: str, driver: str | None, instance_type: str = "g4dn.xlarge") -> NodeResult:
    subject = Subject(name, {}, None, expectation(instance_type, {}))
    inventory = None if driver is None else Inventory("nvidia-smi", (), driver)
    return NodeResult(subject, "passed", inventory=inventory)


def test_compared_warns_of_a_driver_that_most_nodes_do_not_have():
    found = compared([result("a", "580.1"), result("b", "570.2"), result("c", "580.1"), result("d", None)])
    assert [len(each.findings) for each in found] == [0, 1, 0, 0]
    finding = found[1].findings[0]
    assert (finding.severity, finding.expected, finding.found) == ("warning", "580.1, as mostly", "570.2")
    assert found[1].verdict == "passed"


def test_compared_says_nothing_of_one_driver_or_of_accelerators_of_different_kinds():
    given = [result("a", "580.1"), result("b", "580.1"), result("c", "2.19", "trn1.2xlarge"), result("d", "", "trn1.2xlarge")]
    assert compared(given) == given
    assert compared([]) == []


def test_compared_warns_of_a_link_that_is_narrower_than_on_the_other_nodes_of_its_type():
    def linked(name: str, width: str, instance_type: str = "g4dn.xlarge") -> NodeResult:
        devices = (Device(0, bus_id="0000:00:1e.0", link_width=width),)
        subject = Subject(name, {}, None, expectation(instance_type, {}))
        return NodeResult(subject, "passed", inventory=Inventory("nvidia-smi", devices))

    found = compared([linked("a", "8x"), linked("b", "8x"), linked("c", "4x"), linked("d", "16x", "g5.xlarge"), linked("e", "")])
    assert [[each.check for each in result.findings] for result in found] == [[], [], ["PCIe width"], [], []]
    (finding,) = found[2].findings
    assert (finding.expected, finding.found, finding.device, finding.severity) == (
        "8x, as mostly",
        "4x",
        "device 0 (0000:00:1e.0)",
        "warning",
    )
