# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why claims are not where they should be: from the evidence to one verdict. Pure.

This file chooses whom to ask; each of the files ``_*_causes`` and ``_taint_removers`` knows one kind of cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis import _controller_causes as controller
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._draining import still_there
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import latest, message_of, of_uid, subject
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._join_causes import of_not_joined
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._launch_causes import end_of
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._no_claim_causes import of_no_claim
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._plugin_causes import fewer, of_unregistered, waiting_words
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import of_node_class, without_image
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Access, Evidence, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._taint_removers import of_startup_taint
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import ABSENT, Condition, NodeClaim, conditions_of

__all__ = ("Access", "Evidence", "Question", "Verdict", "diagnose", "end_of", "of_claim", "verdict", "waiting_words")

KARPENTERS_FINALIZER = "karpenter.sh/termination"


def _of_unready(claim: NodeClaim, blocking: Condition, evidence: Evidence) -> Verdict:
    """A kubelet that is not Ready, in its own words."""
    ready = conditions_of(evidence.nodes.get(claim.node, {})).get("Ready")
    words = f"; {ready.reason}: {ready.message}" if ready and not ready.true else ""
    return verdict(f"NodeClaim {claim.name}", blocking.reason, blocking.message + words)


# What the claim's step waits for -> who knows why.
_CAUSES: dict[str, Callable[[NodeClaim, Condition, Evidence], Verdict]] = {
    "ResourceNotRegistered": of_unregistered,
    "StartupTaintsExist": of_startup_taint,
    "NodeNotFound": of_not_joined,
    "NodeNotReady": _of_unready,
}
# Steps that nobody takes where no controller runs.
_NEEDS_CONTROLLER = frozenset({"AwaitingReconciliation", "NodeNotFound"})
# A launch that waits for these is explained by the EC2NodeClass, where that says more.
_OF_CLASS = frozenset({"AwaitingReconciliation", "NodeClassReadinessUnknown", "LaunchFailed", "SubnetResolutionFailed"})


def diagnose(question: Question, evidence: Evidence) -> Verdict:
    """Why the goal is not met: of the first claim that is behind, or why there is none, or none more."""
    if question.behind:
        return of_claim(question.behind[0], evidence, question.goal.state)
    done, count = len(question.goal.done(question.claims)), question.goal.count
    if question.goal.state != ABSENT and len(question.claims) > count:
        return verdict("NodeClaims", "TooManyNodeClaims", f"{done} of {count}")
    found = next(filter(None, (fewer(claim, evidence, question.offers) for claim in question.claims)), None)
    if found:
        return found
    found = of_no_claim(question, evidence)
    if question.claims and found.reason == "NoNodeClaim":
        return verdict("NodeClaims", "TooFewNodeClaims" if done < count else "CauseNotRead", f"{done} of {count}")
    return found


def of_claim(claim: NodeClaim, evidence: Evidence, state: str = "ready") -> Verdict:
    """Why this claim is not in ``state``, or does not go."""
    if claim.deleting:
        return _of_deleting(claim, evidence)
    if state == ABSENT:
        return _of_staying(claim, evidence)
    blocking = claim.blocking
    if blocking is None:
        return fewer(claim, evidence) or _of_initialized(claim)
    if blocking.reason in _NEEDS_CONTROLLER:
        stopped = controller.stopped(evidence)
        if stopped:
            return stopped
    if blocking.type == "Launched" and blocking.reason in _OF_CLASS:
        found = of_node_class(claim.node_class, evidence) or without_image(claim.node_pool, evidence)
        if found:
            return replace(found, message=f"NodeClaim {claim.name} {blocking.type}: {blocking.reason}; {found.message}")
    known = _CAUSES.get(blocking.reason)
    if known:
        return known(claim, blocking, evidence)
    missing = controller.missing(evidence) if blocking.reason == "AwaitingReconciliation" else None
    return missing or verdict(f"NodeClaim {claim.name}", blocking.reason, blocking.message)


def _of_initialized(claim: NodeClaim) -> Verdict:
    """Of a claim that took all steps: what is wrong with it all the same."""
    drifted = claim.conditions.get("Drifted")
    if drifted and drifted.true:
        return verdict(f"NodeClaim {claim.name}", drifted.reason, drifted.message)
    ready = claim.conditions.get("Ready") or Condition("Ready", "Unknown")
    return verdict(f"NodeClaim {claim.name}", ready.reason or "AwaitingReconciliation", ready.message)


def _of_deleting(claim: NodeClaim, evidence: Evidence) -> Verdict:
    found = (claim.conditions.get(step) for step in ("Drained", "VolumesDetached", "InstanceTerminating"))
    words = [f"{item.type}={item.status} {item.reason}".strip() for item in found if item]
    failed = latest(evidence.events, lambda event: event.get("reason") == "FailedDraining" and subject(event).get("name") == claim.node)
    words += [message_of(failed)] if failed else []
    words += [there] if (there := still_there(evidence.drained_pods)) else []
    foreign = [name for name in claim.finalizers if name != KARPENTERS_FINALIZER]
    words += [f"finalizers of others: {', '.join(foreign)}"] if foreign else []
    return controller.stopped(evidence) or verdict(f"NodeClaim {claim.name}", "Terminating", ", ".join(words))


def _of_staying(claim: NodeClaim, evidence: Evidence) -> Verdict:
    blocked = latest(of_uid(evidence.events, claim.uid), lambda event: event.get("reason") == "DisruptionBlocked")
    return verdict(f"NodeClaim {claim.name}", "NotDeleted", message_of(blocked) if blocked else "")
