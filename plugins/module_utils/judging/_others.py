# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others on a node say of its accelerators: quoted, never trusted, and held against what was measured. Pure.

This file is internal to the collection and may change in any release. Sources: the EKS User Guide on node health issues
(AcceleratedHardwareReady), NVSentinel's docs/INTEGRATIONS.md (a condition that is True is a fault), the Neuron
documentation on its node problem detector (NeuronHealth, by its reason), and SageMaker HyperPod's on deep health checks
(labels). Conditions are known to be wrong both ways: aws/eks-node-monitoring-agent issues 241 and 266.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import Event, message_of, time_of
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._xids import xid, xids_in

_AGENT, _SENTINEL = "EKS node monitoring agent", "NVSentinel"
_DETECTOR, _HYPERPOD = "Neuron node problem detector", "SageMaker HyperPod"


@dataclass(frozen=True)
class Word:
    """What one of the others says.

    Attributes:
        source: Who.
        mark: Name of the Node's condition or label; ``event`` for an event.
        value: The condition's status, the label's value, or the event's reason.
        message: The condition's reason and message, or the event's message, on one line; empty for a label.
        healthy: Whether it calls the accelerators healthy; None for an event, which tells what was and not what is.
    """

    source: str
    mark: str
    value: str
    message: str
    healthy: Optional[bool]

    def to_dict(self) -> dict[str, Any]:
        """Return the word as the module returns it."""
        return {"source": self.source, "mark": self.mark, "value": self.value, "message": self.message, "healthy": self.healthy}

    def __str__(self) -> str:
        return f"{self.source}: {self.mark}={self.value}" + (f" ({self.message})" if self.message else "")


# Given status and reason, whether a condition is a fault.
Judge = Callable[[str, str], bool]


def _is_false(status: str, _reason: str) -> bool:
    return status == "False"


def _is_true(status: str, _reason: str) -> bool:
    return status == "True"


def _names_an_error(_status: str, reason: str) -> bool:
    return reason.startswith("NeuronHasError")


_WATCHED = ("Mem", "Thermal", "Pcie", "Power", "Inforom", "Sm", "Nvlink", "Mcu", "Pmu", "Driver", "Cpuset")
_SENTINELS = (
    *(f"Gpu{part}Watch" for part in _WATCHED),
    "SysLogsXIDError",
    "SysLogsSXIDError",
    "SysLogsGPUFallenOff",
    "NVSwitchFatalError",
    "NVSwitchDown",
    "GpuXidError",
    "DCGMError",
    "NVCRECertFailed",
)

# Condition -> who sets it, and when it is a fault.
CONDITIONS: Mapping[str, tuple[str, Judge]] = {
    "AcceleratedHardwareReady": (_AGENT, _is_false),
    "NeuronHealth": (_DETECTOR, _names_an_error),
    **dict.fromkeys(_SENTINELS, (_SENTINEL, _is_true)),
}
# Label -> who sets it, and the values that mean healthy and faulty; any other, such as one that is in progress, means neither.
LABELS: Mapping[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "sagemaker.amazonaws.com/node-health-status": (
        _HYPERPOD,
        frozenset({"Schedulable"}),
        frozenset({"Unschedulable", "UnschedulablePendingReplacement", "UnschedulablePendingReboot"}),
    ),
    "sagemaker.amazonaws.com/deep-health-check-status": (_HYPERPOD, frozenset({"Passed"}), frozenset({"Failed"})),
}


# Reasons of a Node's events by which the EKS node monitoring agent tells of its accelerators (EKS User Guide, node health issues).
_EVENTS = re.compile(r"(?:Nvidia|DCGM|Neuron)[A-Za-z0-9]+")


def tells_of_accelerators(event: Event) -> bool:
    """Whether an event warns of a Node's accelerators."""
    return event.get("type") == "Warning" and bool(_EVENTS.fullmatch(str(event.get("reason", ""))))


def said_of(node: Mapping[str, Any] | None, events: Iterable[Event] = ()) -> list[Word]:
    """Return what others say of a Node's accelerators, and have said in events about it; empty where nobody says anything."""
    return [*_conditions(node or {}), *_labels(node or {}), *_told(events)]


def _conditions(node: Mapping[str, Any]) -> Iterator[Word]:
    for each in (node.get("status") or {}).get("conditions") or ():
        known = CONDITIONS.get(each.get("type", ""))
        status, reason = str(each.get("status", "")), str(each.get("reason", ""))
        if known and status != "Unknown":
            source, is_fault = known
            words = shorten(": ".join(filter(None, (reason, str(each.get("message", ""))))))
            yield Word(source, each["type"], status, words, not is_fault(status, reason))


def _labels(node: Mapping[str, Any]) -> Iterator[Word]:
    labels = (node.get("metadata") or {}).get("labels") or {}
    for name, (source, healthy, faulty) in LABELS.items():
        value = labels.get(name)
        if value in healthy | faulty:
            yield Word(source, name, value, "", value in healthy)


def _told(events: Iterable[Event]) -> Iterator[Word]:
    told = filter(tells_of_accelerators, events)
    latest = {(each["reason"], message_of(each)): each for each in sorted(told, key=time_of)}
    for reason, message in latest:
        yield Word(_AGENT, "event", shorten(reason), shorten(message), None)


def xid_findings(words: Sequence[Word]) -> tuple[Finding, ...]:
    """Return a warning for each Xid that others quote, with the class of action that it calls for.

    It is a warning because such words are known to be old or wrong both ways; what is wrong now was measured.
    """
    quoted = {number: word for word in reversed(words) if word.healthy is not True for number in xids_in(f"{word.value} {word.message}")}
    found = (
        Finding("Xid", "none", f"Xid {number}: {xid(number).meaning} ({quoted[number]})", xid(number).remedy) for number in sorted(quoted)
    )
    return tuple(replace(each, severity=WARNING) for each in found)


def contradictions(failed: bool, words: Sequence[Word]) -> tuple[Finding, ...]:
    """Return a warning for each word that says the contrary of what was measured."""
    measured = "what was measured: an error" if failed else "what was measured: no error"
    against = (word for word in words if word.healthy is failed)
    return tuple(Finding("contradiction", measured, str(word), remedies.CONTRADICTION, severity=WARNING) for word in against)
