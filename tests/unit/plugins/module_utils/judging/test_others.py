# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._others import contradictions, said_of, xid_findings

HEALTH = "sagemaker.amazonaws.com/node-health-status"
DEEP = "sagemaker.amazonaws.com/deep-health-check-status"


def node(*conditions: tuple[str, ...], **labels: str) -> dict:
    stated = [dict(zip(("type", "status", "reason", "message"), each, strict=False)) for each in conditions]
    return {"metadata": {"labels": labels}, "status": {"conditions": stated}}


@pytest.mark.parametrize(
    ("found", "source", "healthy"),
    [
        (node(("AcceleratedHardwareReady", "True", "NvidiaAcceleratedHardwareIsReady")), "EKS node monitoring agent", True),
        (node(("AcceleratedHardwareReady", "False", "NvidiaXID79Error", "gone")), "EKS node monitoring agent", False),
        (node(("NeuronHealth", "False", "NeuronHasNoError")), "Neuron node problem detector", True),
        (node(("NeuronHealth", "True", "NeuronHasError_DMA_ERROR")), "Neuron node problem detector", False),
        (node(("GpuMemWatch", "True", "GpuMemWatchIsNotHealthy")), "NVSentinel", False),
        (node(("SysLogsXIDError", "False", "ok")), "NVSentinel", True),
        (node(**{HEALTH: "Schedulable"}), "SageMaker HyperPod", True),
        (node(**{HEALTH: "UnschedulablePendingReboot"}), "SageMaker HyperPod", False),
        (node(**{DEEP: "Failed"}), "SageMaker HyperPod", False),
    ],
)
def test_said_of_reads_each_ones_own_way_of_saying_it(found, source, healthy):
    (word,) = said_of(found)
    assert (word.source, word.healthy) == (source, healthy)


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        node(("Ready", "True")),
        node(("AcceleratedHardwareReady", "Unknown")),
        node(**{DEEP: "InProgress"}),
        node(**{HEALTH: "new"}),
    ],
)
def test_said_of_takes_no_word_from_silence(found):
    assert said_of(found) == []


def test_contradictions_are_warnings_that_name_both_sides():
    words = said_of(node(("AcceleratedHardwareReady", "False", "DCGMError", "old\nword"), ("NeuronHealth", "False", "NeuronHasNoError")))
    (passed,), (failed,) = contradictions(False, words), contradictions(True, words)
    assert passed.found == "EKS node monitoring agent: AcceleratedHardwareReady=False (DCGMError: old word)"
    assert (passed.expected, passed.severity) == ("what was measured: no error", "warning")
    assert failed.found.startswith("Neuron node problem detector: NeuronHealth=False")


def event(reason: str, message: str = "", kind: str = "Warning", time: str = "2026-11-29T10:00:00Z") -> dict:
    return {"type": kind, "reason": reason, "message": message, "lastTimestamp": time}


def test_said_of_quotes_events_that_are_of_accelerators_each_once():
    told = [
        event("NvidiaXID13Warning", "a"),
        event("NvidiaXID13Warning", "a"),
        event("NodeNotReady"),
        event("NvidiaNCCLError", kind="Normal"),
    ]
    (word,) = said_of(node(), told)
    assert (word.mark, word.value, word.message, word.healthy) == ("event", "NvidiaXID13Warning", "a", None)
    # What was is no word about what is.
    assert contradictions(False, [word]) == contradictions(True, [word]) == ()


@pytest.mark.parametrize(
    ("words", "numbers", "actions"),
    [
        (said_of(node(("AcceleratedHardwareReady", "False", "NvidiaXID79Error", "gone"))), ["79"], ["replace"]),
        (said_of(node(("SysLogsXIDError", "True", "x", "ErrorCode:95 NVRM: Xid (PCI:0000:17:00): 95, ..."))), ["95"], ["reset"]),
        (said_of(node(), [event("NvidiaXID31Warning"), event("NvidiaXID31Warning", "again")]), ["31"], ["watch"]),
        # Its condition is good again: what it quotes is past.
        (said_of(node(("SysLogsXIDError", "False", "ok", "ErrorCode:79"))), [], []),
        (said_of(node(("AcceleratedHardwareReady", "False", "DCGMError"))), [], []),
    ],
)
def test_xid_findings_are_warnings_with_the_class_of_action(words, numbers, actions):
    found = xid_findings(words)
    assert [each.found.split(":")[0].removeprefix("Xid ") for each in found] == numbers
    assert [each.remedy.action for each in found] == actions
    assert {each.severity for each in found} <= {"warning"}
