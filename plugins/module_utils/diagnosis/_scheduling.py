# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a pod template would not be placed on a node: taints, node selector and required node affinity. Pure.

Semantics: Kubernetes' own (component-helpers, scheduling/corev1): a term's expressions are all needed, one term is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.common._operators import OPERATORS

# A DaemonSet's pods tolerate these by themselves (Kubernetes, DaemonSet documentation).
DAEMONSET_TOLERATED = ("node.kubernetes.io/",)
HARD_EFFECTS = ("NoSchedule", "NoExecute")


class Repelled(NamedTuple):
    """What keeps a pod off a node: ``by`` is ``taint``, ``nodeSelector`` or ``nodeAffinity``, ``why`` says it in words.

    ``labels`` are the keys of labels that would have to be on the node, or have other values.
    """

    by: str
    why: str
    labels: tuple[str, ...] = ()


def repelled(pod_spec: Mapping[str, Any], node: Mapping[str, Any]) -> Repelled | None:
    """What keeps the pods of a DaemonSet's template off the node; None when nothing that is known does."""
    spec, labels = node.get("spec") or {}, (node.get("metadata") or {}).get("labels") or {}
    taint = repelling(pod_spec, spec.get("taints") or [])
    if taint:
        return Repelled("taint", f"it does not tolerate the node's taint {taint_text(taint)}")
    for key, value in (pod_spec.get("nodeSelector") or {}).items():
        if labels.get(key) != value:
            return Repelled("nodeSelector", f"its nodeSelector wants the label {key}={value}, which the node does not carry", (key,))
    terms = _required_terms(pod_spec)
    if terms and not any(_matches(term, labels) for term in terms):
        wanted = tuple(sorted({item["key"] for term in terms for item in term.get("matchExpressions") or []}))
        return Repelled("nodeAffinity", f"no term of its required nodeAffinity matches the node's labels ({', '.join(wanted)})", wanted)
    return None


def repelling(pod_spec: Mapping[str, Any], taints: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first taint that keeps a pod away; None when it tolerates them all."""
    tolerations = pod_spec.get("tolerations") or []
    return next((taint for taint in taints if not _tolerated(taint, tolerations)), None)


def repelled_by(pod_spec: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """What keeps the pods of a DaemonSet's template off the node, in words; empty when nothing that is known does."""
    found = repelled(pod_spec, node)
    return found.why if found else ""


def matches_required(pod_spec: Mapping[str, Any], labels: Mapping[str, str], key: str) -> bool:
    """Whether what a pod requires of one label is met by these labels; so it is where the pod requires nothing of it."""
    selected = (pod_spec.get("nodeSelector") or {}).get(key, labels.get(key))
    terms = [[item for item in term.get("matchExpressions") or [] if item["key"] == key] for term in _required_terms(pod_spec)]
    return selected == labels.get(key) and (not terms or any(all(_holds(item, labels) for item in term) for term in terms))


def taint_text(taint: Mapping[str, Any]) -> str:
    """A taint as kubectl writes it: key=value:effect."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _tolerated(taint: Mapping[str, Any], tolerations: list[Mapping[str, Any]]) -> bool:
    if taint.get("effect") not in HARD_EFFECTS or str(taint.get("key", "")).startswith(DAEMONSET_TOLERATED):
        return True
    return any(_tolerates(toleration, taint) for toleration in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def _required_terms(pod_spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    affinity = (pod_spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return required.get("nodeSelectorTerms") or []


def _matches(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(_holds(item, labels) for item in term.get("matchExpressions") or [])


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    holds = OPERATORS.get(expression["operator"])
    return holds(value, tuple(values)) if holds else True
