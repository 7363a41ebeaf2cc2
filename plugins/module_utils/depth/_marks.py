# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a verdict leaves on a Node: a taint or a cordon on one that failed, a label on one that passed. Pure.

This file is internal to the collection and may change in any release. An annotation lists what this collection has set, and only
that is ever taken away again: a taint, a cordon or a label that somebody else has set is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import CORDON, TAINT, Depth
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED, UNKNOWN, finding_words

TAINT_KEY = "accelerated.nodes/failed"
LABEL = "accelerated.nodes/verified"
# Names what was set: words of TAINT, CORDON and VERIFIED, with commas.
SET_ANNOTATION = "accelerated.nodes/set"
REASON_ANNOTATION = "accelerated.nodes/failed-reason"
VERIFIED = "label"


@dataclass(frozen=True)
class Marks:
    """What is to be changed on one Node.

    Attributes:
        words: What is done, a phrase each, such as ``tainted accelerated.nodes/failed=memory:NoSchedule``.
        patch: The merge patch that does it, without the resourceVersion.
    """

    words: tuple[str, ...]
    patch: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Draft:
    """A Node's marks while they are being thought out: what is set, and what the patch will say."""

    node: Mapping[str, Any]
    owned: list[str]
    words: list[str] = field(default_factory=list)
    spec: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Optional[str]] = field(default_factory=dict)
    annotations: dict[str, Optional[str]] = field(default_factory=dict)


def owned_by_us(node: Mapping[str, Any]) -> list[str]:
    """Return what this collection has set on a Node: ``taint``, ``cordon`` and ``label``."""
    text = _annotations(node).get(SET_ANNOTATION, "")
    return [each for each in text.split(",") if each in (TAINT, CORDON, VERIFIED)]


def cordoned_by_us(node: Mapping[str, Any]) -> bool:
    """Say whether the Node takes no pods because this collection has cordoned it."""
    return CORDON in owned_by_us(node)


def marks_for(node: Mapping[str, Any], result: Mapping[str, Any], depth: Depth, date: str) -> Optional[Marks]:
    """Return what the verdict changes on the Node; None for nothing.

    Args:
        node: The Node as it is now.
        result: The verdict on it, as NodeResult.to_dict gives it.
        depth: What the user wants done.
        date: Value of the label of a node that has passed, such as ``2026-11-29``.
    """
    draft = _Draft(node, owned_by_us(node))
    verdict = result["verdict"]
    if verdict == PASSED:
        _lift(draft)
    if verdict == FAILED:
        _set_aside(draft, result, depth)
    if depth.mark and verdict == PASSED:
        _label(draft, date)
    if depth.mark and verdict in (FAILED, UNKNOWN):
        _unlabel(draft)
    return _finished(draft)


def planned_marks(found: Iterable[Any], depth: Depth, date: str) -> tuple[list[str], bool]:
    """Return what verdicts would change on nodes, in words, and whether something changes if all of them pass.

    Args:
        found: The nodes, as Subjects.
        depth: What the user wants done.
        date: See marks_for.
    """
    words, changes = [], False
    for each in found:
        for verdict, when in ((PASSED, "passes"), (FAILED, "fails")):
            marks = marks_for(each.node, {"verdict": verdict, "findings": []}, depth, date) if each.node else None
            if marks:
                words.append(f"if {each.name} {when}: {', '.join(marks.words)}")
                changes |= verdict == PASSED
    return words, changes


def slug(text: str) -> str:
    """Return a text as the value of a label or taint: at most 63 letters, digits and dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:63].strip("-") or "failed"


def _set_aside(draft: _Draft, result: Mapping[str, Any], depth: Depth) -> None:
    finding = next((each for each in result["findings"] if each["severity"] != "warning"), None)
    taints = _taints(draft.node)
    held = any(each.get("key") == TAINT_KEY for each in taints)
    cordoned = bool((draft.node.get("spec") or {}).get("unschedulable"))
    if depth.on_failure == TAINT and not held:
        taint = {"key": TAINT_KEY, "value": slug(finding["check"] if finding else ""), "effect": "NoSchedule"}
        draft.spec["taints"] = [*taints, taint]
        draft.words.append(f"tainted {TAINT_KEY}={taint['value']}:NoSchedule")
    elif depth.on_failure == CORDON and not cordoned:
        draft.spec["unschedulable"] = True
        draft.words.append("cordoned")
    else:
        return
    draft.owned.append(depth.on_failure)
    draft.annotations[REASON_ANNOTATION] = shorten(finding_words(finding) if finding else "failed")


def _lift(draft: _Draft) -> None:
    """Take away what was set when the node failed."""
    if TAINT in draft.owned:
        taints = _taints(draft.node)
        kept = [each for each in taints if each.get("key") != TAINT_KEY]
        if len(kept) < len(taints):
            draft.spec["taints"] = kept or None
        draft.words.append(f"taint {TAINT_KEY} removed")
    if CORDON in draft.owned:
        draft.spec["unschedulable"] = None
        draft.words.append("uncordoned")
    if draft.words:
        draft.owned = [each for each in draft.owned if each == VERIFIED]
        draft.annotations[REASON_ANNOTATION] = None


def _label(draft: _Draft, date: str) -> None:
    now = _labels(draft.node).get(LABEL)
    foreign = now is not None and VERIFIED not in draft.owned
    if foreign or now == date:
        return
    draft.labels[LABEL] = date
    draft.words.append(f"labelled {LABEL}={date}")
    if VERIFIED not in draft.owned:
        draft.owned.append(VERIFIED)


def _unlabel(draft: _Draft) -> None:
    if VERIFIED in draft.owned:
        draft.owned.remove(VERIFIED)
        draft.labels[LABEL] = None
        draft.words.append(f"label {LABEL} removed")


def _finished(draft: _Draft) -> Optional[Marks]:
    if not draft.words:
        return None
    draft.annotations[SET_ANNOTATION] = ",".join(draft.owned) or None
    meta = {"annotations": draft.annotations, **({"labels": draft.labels} if draft.labels else {})}
    return Marks(tuple(draft.words), {"metadata": meta, **({"spec": draft.spec} if draft.spec else {})})


def _taints(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((node.get("spec") or {}).get("taints") or ())


def _labels(node: Mapping[str, Any]) -> Mapping[str, str]:
    return (node.get("metadata") or {}).get("labels") or {}


def _annotations(node: Mapping[str, Any]) -> Mapping[str, str]:
    return (node.get("metadata") or {}).get("annotations") or {}
