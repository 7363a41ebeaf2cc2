# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a NodePool or its EC2NodeClass: its conditions, its limits, its images. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS, Accelerator
from ansible_collections.accelerated.nodes.plugins.module_utils.common._operators import OPERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import parse_quantity
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._demand import accelerator_of_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, conditions_of, is_going

CLASS_GROUP = "karpenter.k8s.aws"
AUTO_MODE_GROUP = "eks.amazonaws.com"
ARCH_LABEL = "kubernetes.io/arch"
REGISTRATION = "NodeRegistrationHealthy"
# These only repeat that another condition is not True, or not settled.
_ROLLED_UP = frozenset({"DependenciesNotReady", "AwaitingReconciliation", "UnhealthyDependents", "ReconcilingDependents", ""})
# Condition that stays Unknown without a reason of its own -> the reason to give.
_SILENT = {"InstanceProfileReady": "InstanceProfileNotReady"}


def class_ref(pool: Mapping[str, Any]) -> Mapping[str, str]:
    """The NodePool's reference to its node class: group, kind and name."""
    return (((pool.get("spec") or {}).get("template") or {}).get("spec") or {}).get("nodeClassRef") or {}


def of_node_pool(name: str, evidence: Evidence) -> Verdict | None:
    """What is wrong with a NodePool or its EC2NodeClass; None when both are ready and nothing else is known to be wrong."""
    pool = evidence.node_pools.get(name)
    if pool is None:
        return verdict(f"NodePool {name}", "NodePoolNotFound") if _listed(evidence) else None
    return (
        terminating(f"NodePool {name}", pool, "NodePoolTerminating")
        or of_node_class(class_ref(pool).get("name", ""), evidence)
        or of_conditions(f"NodePool {name}", pool, "NodePoolNotReady")
        or without_image(name, evidence)
        or full(name, pool)
    )


def _listed(evidence: Evidence) -> bool:
    return bool(evidence.node_pools) or not evidence.unreadable


def of_node_class(name: str, evidence: Evidence) -> Verdict | None:
    """What is wrong with an EC2NodeClass by itself; None when it is ready, or not known."""
    node_class = evidence.node_classes.get(name)
    if not node_class:
        return None
    obj = f"EC2NodeClass {name}"
    return terminating(obj, node_class, "NodeClassTerminating") or of_conditions(obj, node_class, "NodeClassNotReady")


def terminating(obj: str, value: Mapping[str, Any], reason: str) -> Verdict | None:
    """That an object is being deleted; None when it is not."""
    if not is_going(value):
        return None
    meta = value["metadata"]
    kept = ", ".join(meta.get("finalizers") or ())
    return verdict(obj, reason, f"deletionTimestamp {meta['deletionTimestamp']}" + (f", kept by {kept}" if kept else ""))


def of_conditions(obj: str, value: dict, otherwise: str) -> Verdict | None:
    """The first condition that keeps an object from being Ready; None when it is ready as it is now specified."""
    conditions = conditions_of(value)
    ready = conditions.pop("Ready", None)
    if ready and ready.true:
        return None
    bad = [item for item in conditions.values() if item.status != "True" and item.type != REGISTRATION]
    telling = [item for item in bad if item.reason not in _ROLLED_UP] or [item for item in bad if item.type in _SILENT and len(bad) <= 2]
    worst = min(telling or bad, key=lambda item: item.status != "False", default=None) or ready
    worst = worst or Condition("Ready", "Unknown", "AwaitingReconciliation")
    reason = _SILENT.get(worst.type, worst.reason) if worst.reason in _ROLLED_UP else worst.reason
    return verdict(obj, reason or otherwise, f"{worst.type}={worst.status}: {worst.message}".rstrip(": "))


def unhealthy(name: str, pool: Mapping[str, Any]) -> Verdict | None:
    """That the pool's last nodes failed; None when Karpenter does not say so. The condition is no part of Ready."""
    found = conditions_of(dict(pool)).get(REGISTRATION)
    if found is None or found.status != "False":
        return None
    return verdict(
        f"NodePool {name}", "NodePoolRegistrationUnhealthy", f"{REGISTRATION}=False {found.reason}: {found.message}".rstrip(": ")
    )


def full(name: str, pool: Mapping[str, Any]) -> Verdict | None:
    """That the pool's use has reached one of its limits; None when it has not."""
    reached = [text for text, is_full in _limits(pool) if is_full]
    return verdict(f"NodePool {name}", "NodePoolLimitReached", f"limits: {', '.join(reached)}") if reached else None


def use_of_limits(pool: Mapping[str, Any]) -> str:
    """Each limit with its use: ``nvidia.com/gpu 4 of 5 used``."""
    return ", ".join(text for text, _full in _limits(pool))


def _limits(pool: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    used = (pool.get("status") or {}).get("resources") or {}
    for resource, limit in ((pool.get("spec") or {}).get("limits") or {}).items():
        amount, most = parse_quantity(used.get(resource, "0")), parse_quantity(limit)
        yield f"{resource} {used.get(resource, '0')} of {limit} used", amount is not None and most is not None and amount >= most


def without_image(pool_name: str, evidence: Evidence) -> Verdict | None:
    """That no image of the pool's EC2NodeClass can boot its accelerator; None when one can, or it is not known."""
    pool = evidence.node_pools.get(pool_name) or {}
    class_name = class_ref(pool).get("name", "")
    accelerator = accelerator_of_pool(pool)
    images = _images(class_name, evidence)
    if accelerator is None or not images or any(_boots(image, accelerator, pool) for image in images):
        return None
    return _no_image(class_name, images, accelerator)


def without_driver(class_name: str, accelerator: Accelerator, evidence: Evidence) -> Verdict | None:
    """That no image of the EC2NodeClass is known to be made for the accelerator; None when one is, or the class is not known."""
    images = _images(class_name, evidence)
    if not images or any(_made_for(image, accelerator) for image in images):
        return None
    return _no_image(class_name, images, accelerator)


def _no_image(class_name: str, images: list[dict], accelerator: Accelerator) -> Verdict:
    names = ", ".join(sorted({str(image.get("name") or image.get("id")) for image in images}))
    return verdict(f"EC2NodeClass {class_name}", "AcceleratorAMIMissing", f"status.amis: {names}", accelerator=accelerator.name)


def _images(class_name: str, evidence: Evidence) -> list[dict]:
    return ((evidence.node_classes.get(class_name) or {}).get("status") or {}).get("amis") or []


def _made_for(image: dict, accelerator: Accelerator) -> bool:
    wanted = {"key": accelerator.labels[2], "operator": "Exists"}
    return any(item.items() >= wanted.items() for item in image.get("requirements") or [])


def _boots(image: dict, accelerator: Accelerator, pool: Mapping[str, Any]) -> bool:
    """Whether an instance with the accelerator, of an architecture that the pool allows, meets the image's requirements."""
    template = ((pool.get("spec") or {}).get("template") or {}).get("spec") or {}
    stated = [item for item in template.get("requirements") or [] if item["key"] == ARCH_LABEL and item["operator"] == "In"]
    architectures = stated[0].get("values") or [] if stated else ["amd64", "arm64"]
    instances = [{accelerator.labels[2]: "1", ARCH_LABEL: each} for each in architectures]
    return any(_meets(image, labels) for labels in instances)


def _meets(image: dict, labels: Mapping[str, str]) -> bool:
    known = {row.labels[2] for row in ACCELERATORS.values()} | {ARCH_LABEL}
    judged = [item for item in image.get("requirements") or [] if item.get("key") in known and item.get("operator") in OPERATORS]
    return all(OPERATORS[item["operator"]](labels.get(item["key"]), tuple(item.get("values") or ())) for item in judged)
