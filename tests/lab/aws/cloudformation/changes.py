"""What an update would do: the difference between two effective templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Node = Any

#: Properties whose change makes CloudFormation replace the resource ("Update requires: Replacement" in its reference).
REPLACING: dict[str, frozenset[str]] = {
    "AWS::EKS::AccessEntry": frozenset({"ClusterName", "PrincipalArn", "Type"}),
    "AWS::EKS::PodIdentityAssociation": frozenset({"ClusterName", "Namespace", "ServiceAccount"}),
    "AWS::Events::Rule": frozenset({"EventBusName", "Name"}),
    "AWS::IAM::InstanceProfile": frozenset({"InstanceProfileName", "Path"}),
    "AWS::IAM::ManagedPolicy": frozenset({"Description", "ManagedPolicyName", "Path"}),
    "AWS::IAM::Role": frozenset({"Path", "RoleName"}),
    "AWS::SQS::Queue": frozenset({"FifoQueue", "QueueName"}),
}


@dataclass(frozen=True)
class ResourceChange:
    """One line of a change set.

    Attributes:
        action: ``Add``, ``Modify`` or ``Remove``.
        logical_id: the resource's name in the template.
        kind: such as ``AWS::IAM::Role``.
        properties: for Modify, the names of the properties that differ.
    """

    action: str
    logical_id: str
    kind: str
    properties: tuple[str, ...] = ()

    @property
    def replaces(self) -> bool:
        """Whether a new resource takes the old one's place."""
        return bool(REPLACING.get(self.kind, frozenset()) & set(self.properties))


def compare(old: Mapping[str, Node], new: Mapping[str, Node]) -> list[ResourceChange]:
    """The changes that lead from the resources ``old`` to ``new``, in the templates' order."""
    added = [ResourceChange("Add", name, new[name]["Type"]) for name in new if name not in old]
    modified = [_modified(name, old[name], new[name]) for name in new if name in old and old[name] != new[name]]
    removed = [ResourceChange("Remove", name, old[name]["Type"]) for name in old if name not in new]
    return added + [change for change in modified if change.properties] + removed


def _modified(name: str, old: Node, new: Node) -> ResourceChange:
    before, after = (side.get("Properties") or {} for side in (old, new))
    differing = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return ResourceChange("Modify", name, new["Type"], tuple(differing))
