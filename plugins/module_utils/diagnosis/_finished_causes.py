# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether all the pods whose NodeClaims are awaited have ended, and whether others may follow them. Pure.

A pod that has ended stays so, and needs no node. What may follow it: a Job that has not finished makes further pods, and a controller
that gives its pods fixed names (a StatefulSet, most training operators) makes the same one again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence, Question
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import FINISHED, JOB_LABEL, Owner

LONGEST_WORDS = 500
# Controllers that give every pod a name of its own, so that none comes again under the name of one that has ended.
_OF_NEW_NAMES = frozenset({"DaemonSet", "Job", "ReplicaSet", "ReplicationController"})
_JOB_ENDS = frozenset({"Complete", "Failed"})


class _End(NamedTuple):
    """How what was asked for has ended, and whether for good."""

    words: tuple[str, ...]
    final: bool


def jobs_to_read(question: Question) -> list[Owner]:
    """The Jobs that are asked for and of which no pod is left to end: only they can tell whether there will be another."""
    return [owner for owner in question.owners if owner.kind == "job" and all(map(_ended, _pods_of(owner, question.pods)))]


def of_finished(question: Question, evidence: Evidence) -> Optional[Verdict]:
    """That none of the pods asked for will have a node, as all have ended; None while one may still want one."""
    ends = [_end_of(owner, question, evidence) for owner in question.owners]
    if not ends or None in ends:
        return None
    known = [end for end in ends if end]
    first = question.owners[0]
    words = shorten(", ".join(word for end in known for word in end.words), LONGEST_WORDS)
    found = verdict(f"{first.kind.capitalize()} {first.namespace}/{first.name}", "PodsFinished", words)
    return replace(found, hopeless=all(end.final for end in known))


def _end_of(owner: Owner, question: Question, evidence: Evidence) -> Optional[_End]:
    """The end of one pod or Job; None where it has not ended so far as is known."""
    pods = _pods_of(owner, question.pods)
    if not all(map(_ended, pods)):
        return None
    words = tuple(map(_told, pods))
    if owner.kind == "pod":
        return _End(words, all(map(_is_last, pods))) if pods else None
    job = evidence.jobs.get(f"{owner.namespace}/{owner.name}")
    end = next(filter(None, map(_job_end, ((job or {}).get("status") or {}).get("conditions") or ())), "")
    if end:
        return _End((f"Job {owner.namespace}/{owner.name} {end}", *words), True)
    # A Job that is gone makes no pods; one that could not be read may.
    return _End(words, job == {}) if pods else None


def _pods_of(owner: Owner, pods: Sequence[dict]) -> list[dict]:
    mine = [pod for pod in pods if pod["metadata"].get("namespace", "") == owner.namespace]
    if owner.kind == "pod":
        return [pod for pod in mine if pod["metadata"]["name"] == owner.name]
    return [pod for pod in mine if (pod["metadata"].get("labels") or {}).get(JOB_LABEL) == owner.name]


def _ended(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") in FINISHED


def _is_last(pod: Mapping[str, Any]) -> bool:
    """Whether no pod of the same name is made once this one is removed."""
    owners = pod["metadata"].get("ownerReferences") or []
    return all(owner.get("kind") in _OF_NEW_NAMES for owner in owners if owner.get("controller"))


def _told(pod: Mapping[str, Any]) -> str:
    meta, status = pod["metadata"], pod.get("status") or {}
    why = ": ".join(filter(None, (status.get("reason"), status.get("message"))))
    return f"pod {meta.get('namespace', '')}/{meta['name']} {status.get('phase')}" + (f" ({why})" if why else "")


def _job_end(condition: Mapping[str, Any]) -> str:
    """How a Job's condition says that it has ended; empty where it does not."""
    if condition.get("type") not in _JOB_ENDS or condition.get("status") != "True":
        return ""
    why = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
    return str(condition["type"]) + (f" ({why})" if why else "")
