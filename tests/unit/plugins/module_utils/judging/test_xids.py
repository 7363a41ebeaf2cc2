# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import ACTIONS, REPLACE, RESET, WATCH
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._xids import UNKNOWN, XIDS, xid, xids_in

# The reasons for which Karpenter's AWS provider repairs nodes (RepairPolicies), and those that it replaces without a reboot.
REPAIRED = (46, 48, 54, 62, 63, 95, 109, 110, 136, 140, 143, 155, 156, 158)
REPLACED = (64, 74, 79, 119, 120)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NvidiaXID79Error", (79,)),
        ("NvidiaXID13Warning", (13,)),
        ("ErrorCode:119 PCI:0002:00:00 kernel: NVRM: Xid (PCI:0002:00:00): 119, pid=1 Recommended Action=COMPONENT_RESET", (119,)),
        ("NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus. NVRM: Xid (PCI:0000:17:00): 48, x", (48, 79)),
        ("Xid 63", (63,)),
        ("xid: 94", (94,)),
        ("SXid 20034", ()),
        ("NvidiaXIDError", ()),
        ("DCGMError: 79", ()),
        ("", ()),
    ],
)
def test_xids_in_a_text(text, found):
    assert xids_in(text) == found


def test_every_xid_has_an_action_and_those_that_karpenter_repairs_for_are_no_programs():
    assert {each.remedy.action for each in XIDS.values()} <= set(ACTIONS)
    assert {xid(number).remedy.action for number in REPLACED} == {REPLACE}
    assert {xid(number).remedy.action for number in REPAIRED} <= {RESET, REPLACE}
    assert {xid(number).remedy.action for number in (13, 31, 43, 45, 94)} == {WATCH}
    assert xid(9999) is UNKNOWN
