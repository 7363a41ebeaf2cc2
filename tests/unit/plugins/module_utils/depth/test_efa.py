# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._efa import efa_finding
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import EFA, NodeClaim


def launched(promised, capacity, allocatable):
    """A p5.48xlarge, as far as EFA goes; None for a side that says nothing of it."""

    def quantities(number):
        return {"cpu": "192", **({} if number is None else {EFA: str(number)})}

    claim = NodeClaim.from_object({"metadata": {"name": "gpu-1"}, "status": {"capacity": quantities(promised)}})
    node = {"status": {"capacity": quantities(capacity), "allocatable": quantities(allocatable)}}
    return node, claim


@pytest.mark.parametrize("numbers", [(None, None, None), (32, 32, 32), (None, 32, 32), (2, 2, 2)])
def test_as_many_as_promised_are_no_finding(numbers):
    assert efa_finding(*launched(*numbers)) is None


@pytest.mark.parametrize(
    ("numbers", "expected", "found"),
    [
        ((32, None, None), "32 vpc.amazonaws.com/efa (by NodeClaim gpu-1)", "0"),
        ((32, 32, 31), "32 vpc.amazonaws.com/efa (by NodeClaim gpu-1)", "31"),
        ((None, 32, 0), "32 vpc.amazonaws.com/efa (by the Node's capacity)", "0"),
    ],
)
def test_fewer_than_promised_are_a_finding(numbers, expected, found):
    finding = efa_finding(*launched(*numbers))
    assert (finding.check, finding.expected, finding.found, finding.severity) == ("EFA", expected, found, "error")


def test_none_at_all_is_the_plugins_fault_and_may_settle():
    assert "Install the EFA device plugin" in efa_finding(*launched(32, None, None)).next_step
    assert efa_finding(*launched(32, None, None)).remedy.settles_until
    assert not efa_finding(*launched(32, 32, 31)).remedy.settles_until


def test_a_node_without_a_claim_is_held_against_its_own_capacity():
    node = {"status": {"capacity": {EFA: "4"}, "allocatable": {}}}
    assert efa_finding(node, None).found == "0"
    assert efa_finding({}, None) is None
