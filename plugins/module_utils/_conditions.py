# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why Karpenter does not call a NodePool or an EC2NodeClass ready, and what to do about it.

This file is internal to the collection and may change in any release. Pure. Conditions and reasons: Karpenter's pkg/controllers/nodeclass and
pkg/apis/v1; a reason that is not in the table is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_CONTROLLER_LOG = "Read the log of Karpenter's controller, which names the AWS call that was refused."
_AUTHORIZATION = (
    "Compare the controller role's policies with those that this Karpenter version needs; an organization's policy can refuse it too."
)

# Reason of a condition, or its type where the reason says nothing -> the next step.
_NEXT_STEPS = {
    "SubnetsNotFound": "Compare subnet_selector with the subnets' tags; role eks_prerequisites tags them for discovery.",
    "SecurityGroupsNotFound": "Compare security_group_selector with the groups' tags; role eks_prerequisites tags them for discovery.",
    "AMINotFound": "No image answers to the class's amiSelectorTerms in this region: compare ami_alias with the releases of the EKS images.",
    "UnsupportedAlias": "Compare ami_alias with the aliases that this Karpenter version knows.",
    "InstanceProfileNotFound": "Compare node_role with the roles and instance profiles of the account.",
    "InstanceProfileReady": f"Compare node_role with the account's roles, and with the role that the controller may pass. {_CONTROLLER_LOG}",
    "CreateFleetAuthCheckFailed": _AUTHORIZATION,
    "CreateLaunchTemplateAuthCheckFailed": _AUTHORIZATION,
    "RunInstancesAuthCheckFailed": _AUTHORIZATION,
    "TagValidationFailed": "Take the tag that is named out of the pool's tags.",
    "NodeClassNotFound": "Compare node_class with the EC2NodeClasses of the cluster.",
    "NodeClassTerminating": "The class is being deleted: wait until its nodes are gone, then run again.",
    "": "See whether Karpenter's controller runs, and read its log.",
}
# Roll-ups of other conditions: told only where no other says more.
_ROLL_UPS = ("Ready", "NodeClassReady", "ValidationSucceeded")
_ROLLED_UP_REASONS = frozenset({"UnhealthyDependents", "DependenciesNotReady", "AwaitingReconciliation", "NotReady", ""})


def is_ready(resource: Mapping[str, Any]) -> bool:
    """Say whether the controller calls an object ready as it is now: a verdict on an older generation does not count."""
    ready = _conditions(resource).get("Ready", {})
    generation = resource.get("metadata", {}).get("generation", 0)
    return ready.get("status") == "True" and ready.get("observedGeneration", generation) >= generation


def unready(manifests: Iterable[Mapping[str, Any]], resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return why the objects of some manifests are not ready, a sentence for each; an empty list when all are.

    Args:
        manifests: What was asked for.
        resources: What the cluster has, of the same kinds; others may be among it.
    """
    found = {_identity(each): each for each in resources}
    sentences = []
    for manifest in manifests:
        kind, name = _identity(manifest)
        resource = found.get((kind, name))
        if resource is None:
            sentences.append(f"{kind} '{name}' is not in the cluster.")
        elif not is_ready(resource):
            sentences.append(f"{kind} '{name}' is not ready: {_explanation(resource)}")
    return sentences


def _identity(resource: Mapping[str, Any]) -> tuple[str, str]:
    return resource["kind"], resource["metadata"]["name"]


def _conditions(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    status = resource.get("status") or {}
    return {each["type"]: each for each in status.get("conditions") or ()}


def _explanation(resource: Mapping[str, Any]) -> str:
    """Say the conditions that are not True, the telling ones first choice, each with its next step."""
    failing = [each for each in _conditions(resource).values() if each.get("status") != "True"]
    if not failing:
        return f"Karpenter has not looked at it yet. {_NEXT_STEPS['']}"
    telling = [each for each in failing if each["type"] not in _ROLL_UPS or each.get("reason", "") not in _ROLLED_UP_REASONS]
    specific = [each for each in telling if each["type"] not in _ROLL_UPS] or telling or failing
    return " ".join(_sentence(each) for each in specific)


def _sentence(condition: Mapping[str, Any]) -> str:
    reason, message = condition.get("reason") or "", (condition.get("message") or "").strip().rstrip(".")
    why = f"{reason}: {message}" if message and message != reason else reason
    step = _NEXT_STEPS.get(reason) or _NEXT_STEPS.get(condition["type"]) or _NEXT_STEPS[""]
    return f"{condition['type']} is {condition.get('status', 'Unknown')} ({why or 'no reason given'}). {step}"
