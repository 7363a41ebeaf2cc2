# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why there is no NodeClaim, or none more: the pools, the claims that came and went, and the pods that wait. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis import _controller_causes as controller
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._events import (
    Event,
    latest,
    message_of,
    of_uid,
    subject,
    time_of,
    with_reason,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._finished_causes import of_finished
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._launch_causes import CAPACITY, capacity_reason, end_of, tries
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import of_node_pool, unhealthy, use_of_limits
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._scheduling_causes import (
    PREFIX,
    own_refusal,
    pools_meant,
    refusal,
    unscheduled,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NodeClaim, moment

# After so many seconds Karpenter would have acted on what was mended before the wait began.
SETTLE_SECONDS = 60
LONGEST_WORDS = 500
# Karpenter leaves out for 3 minutes what it could not launch, and tells that no other type fits at most every 5 minutes.
MEMORY_SECONDS = 8 * 60
# How Karpenter tells that a condition has come true; the event's reason is the condition's type, whichever way it went
# (awslabs/operatorpkg, status/controller.go).
BECAME_TRUE = "-> True"
_LEFT_OVER = frozenset({"NoOfferingAvailable", "NoInstanceTypeFits"})


def of_no_claim(question: Question, evidence: Evidence) -> Verdict:
    """Why there is no claim, or none more: what is certain first, then what the last event says."""
    return (
        of_finished(question, evidence)
        or controller.stopped(evidence)
        or _of_pools(question, evidence)
        or _of_events(question, evidence)
        or controller.missing(evidence)
        or _of_health(question, evidence)
        or _of_deleted(question, evidence)
        or _of_pending(question, evidence)
        or verdict(_where(question), "NoNodeClaim")
    )


def _where(question: Question) -> str:
    return f"NodePool {', '.join(question.node_pools)}" if question.node_pools else "the selection"


def _of_pools(question: Question, evidence: Evidence) -> Verdict | None:
    for name in _pools(question, evidence):
        found = of_node_pool(name, evidence)
        # A pool or class that nobody looked at is the controller's fault, where there is none.
        if found:
            return (controller.missing(evidence) if found.reason == "AwaitingReconciliation" else None) or found
    return None


def _pools(question: Question, evidence: Evidence) -> Sequence[str]:
    """The pools that are meant: those asked for, else those that could serve the pods, else none."""
    if question.node_pools:
        return question.node_pools
    return list(dict.fromkeys(name for pod in question.pods for name in pools_meant(pod, evidence.node_pools, ())))


def _of_health(question: Question, evidence: Evidence) -> Verdict | None:
    found = (unhealthy(name, evidence.node_pools.get(name, {})) for name in _pools(question, evidence))
    return next(filter(None, found), None)


def _of_events(question: Question, evidence: Evidence) -> Verdict | None:
    """What the last event says; that nothing is left to launch is told by the tries that were made shortly before."""
    tried = _of_tries(question, evidence)
    other = [item for item in (_of_pods(question, evidence), _of_filtered(question, evidence)) if item]
    found = [item for item in other if not (tried and _left_over(item, tried))] + ([tried] if tried else [])
    return max(found, key=lambda item: item[0])[1] if found else None


def _left_over(item: tuple[str, Verdict], tried: tuple[str, Verdict]) -> bool:
    return item[1].reason in _LEFT_OVER and _seconds(tried[0], item[0]) <= MEMORY_SECONDS


def _of_tries(question: Question, evidence: Evidence) -> tuple[str, Verdict] | None:
    """Why the claims that are gone ended, with the time of the last; those of before the wait are known by their events only."""
    if question.gone:
        at, found = _of_gone(question.gone, evidence)
        if found.reason != "Deleted":
            return at, found
    mine = _earlier_tries(question, evidence)
    if not mine:
        return None
    messages = [message_of(event) for event in mine]
    words = f"{tries(messages)}, last at {time_of(mine[-1])}: {messages[-1]}"
    found = verdict(f"NodeClaim {subject(mine[-1]).get('name', '')}", capacity_reason(messages), words)
    # It was not this wait that saw the try, so that it fails for the same reason again is not known.
    return time_of(mine[-1]), replace(found, hopeless=found.hopeless and bool(question.since) and time_of(mine[-1]) >= question.since)


def _earlier_tries(question: Question, evidence: Evidence) -> list[Event]:
    """The tries that ended for want of capacity and are not history: none was launched since, and Karpenter still remembers them."""
    mine = [event for event in with_reason(evidence.events, CAPACITY, "Launched") if _made_for(event, question)]
    launched = max((time_of(event) for event in mine if event.get("reason") == "Launched" and BECAME_TRUE in message_of(event)), default="")
    recent = [event for event in mine if not evidence.read_at or _seconds(time_of(event), evidence.read_at) <= MEMORY_SECONDS]
    return [event for event in recent if event.get("reason") == CAPACITY and time_of(event) > launched]


def _of_deleted(question: Question, evidence: Evidence) -> Verdict | None:
    return _of_gone(question.gone, evidence)[1] if question.gone else None


def _of_gone(gone: Sequence[NodeClaim], evidence: Evidence) -> tuple[str, Verdict]:
    uids, last = {claim.uid for claim in gone}, gone[-1]
    events = [event for event in evidence.events if subject(event).get("uid") in uids]
    end = end_of(last, events, moment(evidence.read_at))
    messages = [message_of(event) for event in with_reason(events, CAPACITY)]
    reason = capacity_reason(messages) if messages and end["reason"] == capacity_reason(messages[-1:]) else end["reason"]
    reason, words = _of_timeout(reason, end["message"])
    told = f"{tries(messages, gone)}, last: {words}" if words else tries(messages, gone)
    at = max((time_of(event) for event in events if subject(event).get("uid") == last.uid), default=last.created)
    return at, verdict(f"NodeClaim {last.name}", reason, told)


def _of_timeout(reason: str, words: str) -> tuple[str, str]:
    """A launch that ran out of time is told by the reason that it had, where it had one."""
    named = re.match(r"(\w+): ", words)
    if reason == "LaunchTimeout" and named and named.group(1) not in ("AwaitingReconciliation", "LaunchFailed"):
        return named.group(1), words
    return reason, words


def _made_for(event: Event, question: Question) -> bool:
    """Whether the claim that an event is about was one of the pools asked for: Karpenter names it after its pool."""
    name = str(subject(event).get("name", ""))
    return not question.node_pools or name.rpartition("-")[0] in question.node_pools


def _of_pods(question: Question, evidence: Evidence) -> tuple[str, Verdict] | None:
    """Why Karpenter makes no node for a pod that is meant."""
    found = list(_refusals(question, evidence))
    return max(found, key=lambda item: item[0]) if found else None


def _refusals(question: Question, evidence: Evidence) -> Iterator[tuple[str, Verdict]]:
    asked = {pod["metadata"]["uid"] for pod in question.pods}
    for pod in unscheduled(question.pods or evidence.pods):
        pools = pools_meant(pod, evidence.node_pools, question.node_pools)
        own = with_reason(of_uid(evidence.events, pod["metadata"]["uid"]), "FailedScheduling")
        # The scheduler gives events of this reason too, and knows nothing of NodePools.
        event = latest(own, lambda each: PREFIX in message_of(each))
        if event and (pools or asked):
            found = _of_refusal(pod, event, pools, question, evidence)
            # What says nothing of the pool counts least, however late it came.
            yield "" if found.reason in ("FailedScheduling", "NodePoolLeftOut") else time_of(event), found


def _of_pending(question: Question, evidence: Evidence) -> Verdict | None:
    """That a pod is meant of which Karpenter has said nothing, so far as is known."""
    for pod in unscheduled(question.pods or evidence.pods):
        if question.pods or pools_meant(pod, evidence.node_pools, question.node_pools):
            return verdict(f"Pod {pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}", "PodNotConsidered")
    return None


def _of_refusal(pod: dict, event: Event, pools: Sequence[str], question: Question, evidence: Evidence) -> Verdict:
    name = pools[0] if len(pools) == 1 else ""
    pool = evidence.node_pools.get(name)
    found = refusal(message_of(event), name, pool)
    if found.reason == "NodePoolLeftOut" and pool:
        found = own_refusal(pod, name, pool) or found
    reason, words, why = found
    meta = pod["metadata"]
    obj = f"NodePool {name}" if name and reason == "NodePoolLimitReached" else f"Pod {meta.get('namespace', '')}/{meta['name']}"
    # Limits leave out instance types before what is left is looked at.
    use = use_of_limits(pool) if pool and reason in ("NodePoolLimitReached", "NoInstanceTypeFits") else ""
    limits = f"; limits: {use}" if use else ""
    told = verdict(obj, reason, shorten(words, LONGEST_WORDS) + limits, why=why)
    return replace(told, hopeless=told.hopeless and _settled(event, question, evidence))


def _of_filtered(question: Question, evidence: Evidence) -> tuple[str, Verdict] | None:
    """That no instance type meets a pool's own requirements, or that those which do are not to be had now; the event tells no more."""
    pools = set(_pools(question, evidence))
    event = latest(with_reason(evidence.events, "NoCompatibleInstanceTypes"), lambda each: subject(each).get("name") in pools)
    if event is None:
        return None
    why = "no type that is to be had now meets the NodePool's own requirements"
    found = verdict(f"NodePool {subject(event)['name']}", "NoInstanceTypeFits", message_of(event), why=why)
    # A type that was refused or taken back is left out for three minutes.
    return time_of(event), replace(found, hopeless=False)


def _settled(event: Event, question: Question, evidence: Evidence) -> bool:
    """Whether the event still holds: it is of this wait, or the wait has lasted long enough for a later one to come."""
    if not question.since or not evidence.read_at or time_of(event) >= question.since:
        return True
    return _seconds(question.since, evidence.read_at) >= SETTLE_SECONDS


def _seconds(earlier: str, later: str) -> float:
    one, other = moment(earlier), moment(later)
    return (other - one).total_seconds() if one and other else 0
