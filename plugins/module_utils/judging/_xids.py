# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Xids, the numbers of the errors that NVIDIA's driver writes to the kernel's log, where somebody quotes them. Pure.

This file is internal to the collection and may change in any release. A container cannot read the kernel's log; the EKS node
monitoring agent and NVSentinel do, and name the number. Sources: NVIDIA's Xid catalog (docs.nvidia.com/deploy/xid-errors)
for what each means and whether a program, a reset or another machine is called for; the node repair policies of Karpenter's AWS
provider, which replace a node for the ones below that are no program's, and the list of those that the EKS node monitoring agent
counts as fatal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import Remedy


class Xid(NamedTuple):
    """What an Xid means, and what to do."""

    meaning: str
    remedy: Remedy


_APP, _RESET, _REPLACE = remedies.XID_PROGRAM, remedies.RESET_DEVICE, remedies.REPLACE_DEVICE

XIDS: Mapping[int, Xid] = {
    13: Xid("an exception in the compute engine, mostly a program's fault", _APP),
    31: Xid("a program has used memory that is not its own", _APP),
    43: Xid("the GPU has stopped working for a program", _APP),
    45: Xid("work was cleared away after another error or the end of a program", _APP),
    46: Xid("the GPU has stopped working", _RESET),
    48: Xid("an uncorrectable (double bit) ECC error", _RESET),
    54: Xid("auxiliary power is not connected", _REPLACE),
    62: Xid("an internal microcontroller has halted", _RESET),
    63: Xid("a row is to be remapped, or a page to be retired", _RESET),
    64: Xid("a row could not be remapped, or a page not be retired", _REPLACE),
    74: Xid("an NVLink error", _REPLACE),
    79: Xid("the GPU has fallen off the bus", remedies.REPLACE_LOST),
    92: Xid("many correctable ECC errors", remedies.WATCH_ERRORS),
    94: Xid("an uncorrectable ECC error that was contained: only the program that met it has ended", _APP),
    95: Xid("an uncorrectable ECC error that was not contained", _RESET),
    109: Xid("a switch between programs took too long", _RESET),
    110: Xid("a security fault", _RESET),
    119: Xid("the GPU's system processor does not answer", _REPLACE),
    120: Xid("an error of the GPU's system processor", _REPLACE),
    136: Xid("a link could not be trained", _RESET),
    140: Xid("an ECC error that was not recovered from", _RESET),
    142: Xid("an error that the EKS node monitoring agent counts as fatal", _RESET),
    143: Xid("the GPU could not be initialized", _RESET),
    151: Xid("keys could not be renewed", _RESET),
    154: Xid("the GPU has changed which recovery action it asks for", _RESET),
    155: Xid("an NVLink error that software has defined", _RESET),
    156: Xid("memory was retired", _RESET),
    158: Xid("the GPU has not answered in time, which is fatal", _RESET),
}
UNKNOWN = Xid("an Xid that is not in the table", remedies.XID_CATALOG)

# NvidiaXID79Error (reason of the EKS agent), ErrorCode:79 (message of NVSentinel), Xid (PCI:0000:17:00): 79 (the kernel's own line).
_QUOTES = (
    re.compile(r"NvidiaXID([0-9]{1,4})(?:Error|Warning)"),
    re.compile(r"\bErrorCode:([0-9]{1,4})\b"),
    re.compile(r"\bXid \([^)]{1,40}\): ([0-9]{1,4})\b"),
    re.compile(r"\bXid[ =:]{1,3}([0-9]{1,4})\b", re.IGNORECASE),
)


def xids_in(text: str) -> tuple[int, ...]:
    """Return the numbers of the Xids that a text quotes, in order, each once."""
    found = (int(number) for quote in _QUOTES for number in quote.findall(text))
    return tuple(sorted(set(found)))


def xid(number: int) -> Xid:
    """Return what is known of an Xid."""
    return XIDS.get(number, UNKNOWN)
