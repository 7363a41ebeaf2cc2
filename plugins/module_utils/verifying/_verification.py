# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which nodes there are to verify, and the verdict on each. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Inventory, UnreadableOutput
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import SCHEDULED
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._efa import efa_finding
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import cordoned_by_us
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import TestResult
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import Verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import Event
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import subject as subject_of
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation, expectation, judge
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._failures import complaint, explain_failure, known_failure
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR, WARNING, Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._others import (
    Word,
    contradictions,
    said_of,
    tells_of_accelerators,
    xid_findings,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import REPAIR_SOFTWARE, Remedy
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import Wishes
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import BUSY, EXCLUDED, FAILED, PASSED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import Exclusion, reason_to_exclude
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, MAX_LOG_BYTES, STUCK, JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    CAPACITY_TYPE_LABEL,
    INSTANCE_TYPE_LABEL,
    NODEPOOL_LABEL,
    ZONE_LABEL,
    NodeClaim,
    number_of,
)


@dataclass(frozen=True)
class Subject:
    """One node that should have accelerators, whether it has joined the cluster or not.

    Attributes:
        name: The Node's name, or the NodeClaim's while there is no Node.
        node: The Node; None while there is none.
        claim: The NodeClaim; None for a node that Karpenter did not make.
        expected: What it should have.
        events: What was told of the Node in events.
    """

    name: str
    node: Optional[Mapping[str, Any]]
    claim: Optional[NodeClaim]
    expected: Expectation
    events: tuple[Event, ...] = ()

    @property
    def said(self) -> list[Word]:
        """What others say of its accelerators."""
        return said_of(self.node, self.events)

    @property
    def node_pool(self) -> str:
        """Name of the NodePool; empty if there is none."""
        return self.claim.node_pool if self.claim else _labels(self.node).get(NODEPOOL_LABEL, "")

    @property
    def zone(self) -> str:
        """Name of the availability zone; empty if nothing says it."""
        return _labels(self.node).get(ZONE_LABEL, "") or (self.claim.zone if self.claim else "")

    @property
    def capacity_type(self) -> str:
        """How the instance is paid for, ``on-demand``, ``spot`` or ``reserved``; empty if nothing says it."""
        return _labels(self.node).get(CAPACITY_TYPE_LABEL, "") or (self.claim.capacity_type if self.claim else "")

    @property
    def offered(self) -> int:
        """How many of the accelerator's resource the Node offers to pods; of MIG devices, if it offers those."""
        return sum(self.offers.values())

    @property
    def offers(self) -> dict[str, int]:
        """What the Node offers to pods of its accelerator: one resource, or several where GPUs are divided in different ways."""
        accelerator = ACCELERATORS.get(self.expected.accelerator)
        offer = ((self.node or {}).get("status") or {}).get("allocatable") or {}
        found = {name: number_of(quantity) for name, quantity in offer.items() if accelerator and accelerator.owns(name)}
        return {name: number for name, number in sorted(found.items()) if number}

    @property
    def resource(self) -> str:
        """The resource that a pod requests to have its accelerators."""
        return next(iter(self.offers), ACCELERATORS[self.expected.accelerator].resource)

    @property
    def requested(self) -> int:
        """How many of it a pod requests to have all of them: of a divided GPU all its parts, however many are expected."""
        divided = self.expected.mig or self.resource != ACCELERATORS[self.expected.accelerator].resource
        return self.offered if divided else min(self.offered, self.expected.requestable or self.offered)


@dataclass(frozen=True)
class NodeResult:
    """The verdict on one node, and why: by its findings, or by the reason for which it is excluded.

    ``probe`` says how it was looked at, ``tests`` what was done beyond the listing.
    ``looks`` are the numbers of the looks at the node that it comes from; empty for a node that no Job was run on.
    """

    subject: Subject
    verdict: str
    findings: tuple[Finding, ...] = ()
    inventory: Optional[Inventory] = None
    seconds: float = 0.0
    reason: str = ""
    probe: str = SCHEDULED
    tests: tuple[TestResult, ...] = ()
    looks: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as the module returns it."""
        subject, inventory = self.subject, self.inventory
        return {
            "name": subject.name,
            "node_claim": subject.claim.name if subject.claim else "",
            "node_pool": subject.node_pool,
            "instance_type": subject.expected.instance_type,
            "accelerator": subject.expected.accelerator,
            "verdict": self.verdict,
            "reason": self.reason,
            "findings": [each.to_dict() for each in self.findings],
            "devices": [each.to_dict() for each in inventory.devices] if inventory else [],
            "said_by_others": [each.to_dict() for each in subject.said],
            "expected_devices": subject.expected.count,
            "driver_version": inventory.driver_version if inventory else "",
            "cuda_version": inventory.cuda_version if inventory else "",
            "duration": round(self.seconds, 1),
            "probe": self.probe,
            "tests": [each.to_dict() for each in self.tests],
            "zone": subject.zone,
            "capacity_type": subject.capacity_type,
            "looks": list(self.looks),
        }


@dataclass(frozen=True)
class Scope:
    """What was asked for: nodes of these pools, with these labels, of these names; empty means any."""

    node_pools: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    expect: Wishes = field(default_factory=Wishes)
    exclude: tuple[Exclusion, ...] = ()


def subjects(
    scope: Scope, nodes: Iterable[Mapping[str, Any]], claims: Iterable[NodeClaim], events: Iterable[Event] = ()
) -> tuple[Subject, ...]:
    """Return the nodes that should have accelerators, by what they are and never by what they offer.

    A node whose device plugin is missing offers nothing, and is exactly the one that must not be overlooked.
    """
    claims = list(claims)
    by_node = {claim.node: claim for claim in claims if claim.node}
    told: dict[str, list[Event]] = {}
    for event in filter(tells_of_accelerators, events):
        told.setdefault(subject_of(event).get("name", ""), []).append(event)
    found = []
    for node in nodes:
        labels = _labels(node)
        name = node["metadata"]["name"]
        claim = by_node.get(name)
        wishes = scope.expect.of(labels.get(NODEPOOL_LABEL, ""))
        expected = expectation(labels.get(INSTANCE_TYPE_LABEL, ""), labels, wishes, claim.promised if claim else None)
        found.append(Subject(name, node, claim, expected, tuple(told.get(name, ()))))
    joined = {each.name for each in found}
    for claim in claims:
        if claim.node not in joined:
            found.append(Subject(claim.name, None, claim, _of_claim(claim, scope)))
    wanted = [each for each in found if each.expected.accelerator and (not scope.nodes or each.name in scope.nodes)]
    return tuple(sorted(wanted, key=lambda each: (each.node_pool, each.name)))


def _of_claim(claim: NodeClaim, scope: Scope) -> Expectation:
    """Return what a claim without a Node should have; before it is launched, only its requests tell."""
    expected = expectation(claim.instance_type, {}, scope.expect.of(claim.node_pool))
    if expected.accelerator:
        return expected
    resources = {**claim.promised, **claim.requested}
    name = next((each.name for each in ACCELERATORS.values() if each.resource in resources), "")
    return Expectation(instance_type=claim.instance_type, accelerator=name)


def _labels(node: Optional[Mapping[str, Any]]) -> Mapping[str, str]:
    return ((node or {}).get("metadata") or {}).get("labels") or {}


def excluded(subject: Subject, exclusions: Iterable[Exclusion]) -> Optional[NodeResult]:
    """Return the verdict on a node that the user leaves out; None for one that is to be verified."""
    reason = reason_to_exclude(exclusions, subject.name, _labels(subject.node))
    return None if reason is None else NodeResult(subject, EXCLUDED, reason=reason)


def obstacle(subject: Subject, cause: Optional[Verdict] = None) -> Optional[NodeResult]:
    """Return the verdict on a node that cannot be checked as it is; None for one that can.

    Args:
        subject: The node.
        cause: Why its NodeClaim is not ready, if it is not.
    """
    node = subject.node
    if node is None:
        why = f"{cause.reason} ({cause.message}). {cause.explanation}" if cause else "no Node"
        step = Remedy(REPAIR_SOFTWARE, cause.next_step) if cause else remedies.NODE_CLAIM
        return _not_checked(subject, "node", "a Node that has joined the cluster", why, step)
    if node["metadata"].get("deletionTimestamp"):
        return _not_checked(subject, "node", "a Node that stays", "it is being deleted", remedies.VERIFY_REPLACED)
    if not _is_ready(node):
        return _not_checked(subject, "node", "a Node that is Ready", "NotReady", remedies.KUBELET)
    if (node.get("spec") or {}).get("unschedulable") and not cordoned_by_us(node):
        return _not_checked(subject, "node", "a Node that takes pods", "it is cordoned", remedies.UNCORDON)
    if not subject.expected.known:
        return _not_checked(
            subject,
            "instance type",
            "a type whose accelerators are known",
            f"{subject.expected.instance_type or 'no instance type'}, which neither the table nor the Node's labels explain",
            remedies.TABLE,
        )
    if subject.offered == 0:
        return NodeResult(subject, FAILED, (_caused(_offer_finding(subject), cause),))
    if len(subject.offers) > 1:
        said = ", ".join(f"{number} {name}" for name, number in subject.offers.items())
        return _not_checked(subject, "resource", "one resource, a request of which brings all devices", said, remedies.MIG_MIXED)
    return None


def _caused(finding: Finding, cause: Optional[Verdict]) -> Finding:
    """Return the finding with the cause that the NodeClaim tells."""
    if cause is None:
        return finding
    found = f"{finding.found}; {cause.object}: {cause.message or cause.reason}. {cause.explanation}"
    # What waiting cannot mend is not waited for.
    until = 0.0 if cause.hopeless else finding.remedy.settles_until
    return replace(finding, found=found, remedy=Remedy(REPAIR_SOFTWARE, cause.next_step, until))


def _not_checked(subject: Subject, check: str, expected: str, found: str, remedy: Remedy) -> NodeResult:
    return NodeResult(subject, UNKNOWN, (Finding(check, expected, found, remedy),))


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def _offer_finding(subject: Subject) -> Finding:
    return Finding(
        check="allocatable",
        expected=f"{subject.expected.requestable} {subject.resource} (by {subject.expected.source}, {subject.expected.instance_type})",
        found=f"{subject.offered}",
        remedy=remedies.PLUGIN_SEES_FEWER if subject.offered else remedies.PLUGIN,
    )


def conclude(subject: Subject, state: Optional[JobState], seconds: float, holders: Optional[list[str]] = None) -> NodeResult:
    """Return the verdict on a node from how its check ended.

    Args:
        subject: The node.
        state: How the check ended, or where it stood at the deadline; None if it was never started.
        seconds: How long it took.
        holders: Pods (namespace/name) that hold the node's accelerators; None if that is not known.
    """
    efa = efa_finding(subject.node or {}, subject.claim)
    short: tuple[Finding, ...] = (_offer_finding(subject),) if subject.offered < (subject.expected.requestable or 0) else ()
    short += (efa,) if efa else ()
    stopped = _stopped(state) if state is not None else None
    if state is not None and state.phase == ENDED and stopped is None:
        return _of_output(subject, state, seconds, short)
    finding, verdict = (stopped, UNKNOWN) if stopped else _without_output(state, holders)
    return NodeResult(subject, FAILED if short and verdict == UNKNOWN else verdict, (*short, finding), seconds=seconds)


def unfinished(subject: Subject, why: str, seen: Optional[NodeResult], whole: bool) -> NodeResult:
    """Return the verdict on a node of a run that ended before its time.

    Args:
        subject: The node.
        why: What ended the run.
        seen: What the last look at the node has shown; None if there was none.
        whole: Whether that one look is all that was wanted.
    """
    if seen is not None and (whole or seen.verdict != PASSED):
        return seen
    found = f"{why} before" if seen is None else f"a look that found nothing wrong; {why} before the others and the tests"
    return _not_checked(subject, "check", "an end of all that is to be looked at", found, remedies.VERIFY_AGAIN)


def _stopped(state: JobState) -> Optional[Finding]:
    """Return what ended a check from outside, so that neither its output nor its exit code says anything of the node; None if nothing did."""
    words = _words(state) if state.reason != "Deleted" else ""
    if state.fate and (state.phase != ENDED or state.was_stopped):
        found = f"{state.fate}{f'; the check: {words}' if words else ''}"
        return Finding("node", "a Node that stays while it is checked", found, remedies.VERIFY_REPLACED)
    if state.phase == ENDED and state.reason == "OOMKilled":
        found = f"killed, out of memory (OOMKilled, exit code {state.exit_code})"
        return Finding("check", "the check's container runs to its end", found, remedies.MEMORY)
    return None


def _of_output(subject: Subject, state: JobState, seconds: float, findings: tuple[Finding, ...]) -> NodeResult:
    """Judge what the tool printed. A tool that fails makes the node fail, even if it printed a perfect list."""
    inventory = None
    if state.cut:
        findings += (Finding("output", f"at most {MAX_LOG_BYTES} bytes", "more, of which the rest was not read", remedies.VERIFY_OUTPUT),)
    if state.exit_code != 0:
        findings += (explain_failure(state.exit_code, state.log or state.message),)
    try:
        inventory = ACCELERATORS[subject.expected.accelerator].parse(state.log)
        said = complaint(inventory.around) if state.exit_code == 0 else None
        findings += (*((said,) if said else ()), *judge(inventory, subject.expected))
    except UnreadableOutput as error:
        if state.exit_code == 0:
            findings += (_unreadable(state, error),)
    failed = any(each.severity == ERROR for each in findings)
    findings += (*xid_findings(subject.said), *contradictions(failed, subject.said))
    # What was printed around the list has been judged, and can be long.
    kept = replace(inventory, around="") if inventory else None
    return NodeResult(subject, FAILED if failed else PASSED, (*findings, *_injected(state)), kept, seconds)


def _injected(state: JobState) -> tuple[Finding, ...]:
    """Return a warning where the pod has containers that are not the check's."""
    if not state.injected:
        return ()
    found = f"{', '.join(state.injected)} too, put there by a webhook; the output is that of the check's container alone"
    return (Finding("pod", "the check's container and no other", found, remedies.INJECTED, severity=WARNING),)


def _unreadable(state: JobState, error: UnreadableOutput) -> Finding:
    """Return why there is no list although the tool claims success: its own words explain best, if they are known."""
    known = None if "<" in state.log[:200] else known_failure(state.log)
    return known or Finding("output", "a complete list of devices", error.message, remedies.VERIFY_OUTPUT)


def _without_output(state: Optional[JobState], holders: Optional[list[str]]) -> tuple[Finding, str]:
    """Return why a check left nothing to judge, and the verdict that follows."""
    if state is None:
        return Finding("check", "a check within wait_timeout", "it was not started", remedies.MORE_TIME), UNKNOWN
    words = _words(state)
    if state.reason in ("QuotaExceeded", "Refused", "FailedCreate"):
        step = remedies.QUOTA if "exceeded quota" in state.message else remedies.ADMISSION
        return Finding("admission", "the cluster takes the check's Job and pod", words, step), UNKNOWN
    if state.reason == "Unschedulable":
        if holders:
            found = f"held by {', '.join(holders[:5])}"
            return Finding("devices", "no other pod that holds them", found, remedies.VERIFY_LATER), BUSY
        return Finding("scheduling", "a pod that requests all devices is placed", words, remedies.SCHEDULING), UNKNOWN
    if state.phase == STUCK:
        step = remedies.PULL_IMAGE if "Image" in state.reason else remedies.RUNTIME_START
        return Finding("start", "the check's container starts", words, step), UNKNOWN
    said = f"; it printed: {state.log.strip()[-300:]}" if state.log.strip() else ""
    if state.reason == "DeadlineExceeded":
        return Finding("check", "an end within check_timeout", f"{words}{said}", remedies.HANGS), UNKNOWN
    if state.over:
        return Finding("check", "it runs to its end", words, remedies.VERIFY_AGAIN), UNKNOWN
    found = f"still {state.phase} at the deadline ({words}){said}"
    return Finding("check", "an end within check_timeout and wait_timeout", found, remedies.HANGS), UNKNOWN


def _words(state: JobState) -> str:
    """Return the system's own words for where a check stands, the events' included."""
    own = f"{state.reason}: {state.message}" if state.message else state.reason
    return f"{own}; events: {'; '.join(state.events)}" if state.events else own
