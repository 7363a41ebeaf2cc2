# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left of a cluster in an account, out of AWS' answers: what it is, where, and what to do. Pure.

This file is internal to the collection and may change in any release. A row of ``KINDS`` a kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

LIVE = ("pending", "running", "stopping", "stopped")
VOLUMES = ("creating", "available", "in-use", "error")


@dataclass(frozen=True)
class Kind:
    """A kind of thing. ``billed``: it costs money as long as it is there. ``blocks``: only its owner, or a person, can remove it.

    In ``next_step`` ``{id}``, ``{region}`` and ``{role}`` (the node role) take their values.
    """

    name: str
    billed: bool
    blocks: bool
    next_step: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("instance", True, True, "aws ec2 terminate-instances --region {region} --instance-ids {id}"),
        Kind("volume", True, True, "aws ec2 delete-volume --region {region} --volume-id {id}"),
        Kind("launch template", False, False, "aws ec2 delete-launch-template --region {region} --launch-template-id {id}"),
        Kind(
            "instance profile",
            False,
            False,
            "aws iam remove-role-from-instance-profile --instance-profile-name {id} --role-name {role} &&"
            " aws iam delete-instance-profile --instance-profile-name {id}",
        ),
        Kind(
            "instance profile of somebody else",
            False,
            True,
            "aws iam remove-role-from-instance-profile --instance-profile-name {id} --role-name {role}",
        ),
        Kind("queue", True, False, "aws sqs delete-queue --region {region} --queue-url {id}"),
        Kind("rule", False, False, "aws events remove-targets and delete-rule --region {region}, for rule {id}"),
        Kind("stack", False, False, "aws cloudformation delete-stack --region {region} --stack-name {id}"),
    )
}


@dataclass(frozen=True)
class Scope:
    """Whose leftovers: a cluster, its region, and the names that its prerequisites were given."""

    cluster: str
    region: str
    node_role: str
    queue: str
    stack: str

    @property
    def profile_path(self) -> str:
        """Karpenter's path for the profiles of one cluster, since 1.7."""
        return f"/karpenter/{self.region}/{self.cluster}/"

    @property
    def launched(self) -> list[dict[str, Any]]:
        """EC2 filters of what Karpenter launched for the cluster; other controllers' things carry no node pool."""
        return [
            {"Name": f"tag:kubernetes.io/cluster/{self.cluster}", "Values": ["owned"]},
            {"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]},
        ]

    @property
    def templates(self) -> list[dict[str, Any]]:
        """EC2 filters of Karpenter's launch templates for the cluster."""
        return [
            {"Name": "tag:eks:eks-cluster-name", "Values": [self.cluster]},
            {"Name": "tag-key", "Values": ["karpenter.k8s.aws/ec2nodeclass"]},
        ]


@dataclass(frozen=True)
class Leftover:
    """One thing that is left."""

    kind: str
    id: str
    detail: str
    where: str
    billed: bool
    blocks: bool
    next_step: str

    @property
    def words(self) -> str:
        return f"{self.kind} {self.id}" + (f" ({self.detail})" if self.detail else "")


def leftover(kind: str, identity: str, scope: Scope, detail: str = "") -> Leftover:
    """One of ``KINDS``, by its ID."""
    row = KINDS[kind]
    where = "IAM" if "profile" in kind else scope.region
    step = row.next_step.format(id=identity, region=scope.region, role=scope.node_role)
    return Leftover(kind, identity, detail, where, row.billed, row.blocks, step)


def instances(reservations: Iterable[Mapping[str, Any]], scope: Scope) -> Iterator[Leftover]:
    """Of ``Reservations`` of ec2:DescribeInstances."""
    for each in (instance for reservation in reservations for instance in reservation["Instances"]):
        pool = tag(each, "karpenter.sh/nodepool")
        detail = ", ".join(filter(None, (each.get("InstanceType"), each.get("State", {}).get("Name"), f"node pool {pool}" if pool else "")))
        yield leftover("instance", each["InstanceId"], scope, detail)


def volumes(found: Iterable[Mapping[str, Any]], scope: Scope) -> Iterator[Leftover]:
    """Of ``Volumes`` of ec2:DescribeVolumes; one that goes with an instance that is left is its instance's."""
    for each in found:
        yield leftover("volume", each["VolumeId"], scope, f"{each.get('Size', 0)} GiB, {each.get('State', 'of unknown state')}")


def launch_templates(found: Iterable[Mapping[str, Any]], scope: Scope) -> Iterator[Leftover]:
    """Of ``LaunchTemplates`` of ec2:DescribeLaunchTemplates."""
    for each in found:
        yield leftover("launch template", each["LaunchTemplateId"], scope, each.get("LaunchTemplateName", ""))


def instance_profiles(own: Iterable[Mapping[str, Any]], of_role: Iterable[Mapping[str, Any]], scope: Scope) -> Iterator[Leftover]:
    """Of ``InstanceProfiles`` of iam:ListInstanceProfiles (under Karpenter's path) and iam:ListInstanceProfilesForRole (the node role's)."""
    for each in own:
        # Looked at again, as not everything that speaks IAM's language knows its filter.
        if each["Path"].startswith(scope.profile_path):
            yield leftover("instance profile", each["InstanceProfileName"], scope)
    for each in of_role:
        if not each["Path"].startswith(scope.profile_path):
            yield leftover("instance profile of somebody else", each["InstanceProfileName"], scope, f"holds role {scope.node_role}")


def tag(thing: Mapping[str, Any], key: str) -> str:
    """A tag's value; empty without it."""
    return next((each["Value"] for each in thing.get("Tags") or () if each["Key"] == key), "")


def report(found: Iterable[Leftover], scope: Scope) -> dict[str, Any]:
    """The module's result: everything that is left in the order of ``KINDS``, and a sentence with the next steps."""
    order = list(KINDS)
    ranked = sorted(found, key=lambda each: (order.index(each.kind), each.id))
    counts = {kind: sum(each.kind == kind for each in ranked) for kind in order}
    return {"leftovers": [asdict(each) for each in ranked], "counts": counts, "summary": summary(ranked, scope)}


def summary(found: list[Leftover], scope: Scope) -> str:
    """One sentence, with a command for each thing."""
    if not found:
        return f"Nothing is left of cluster '{scope.cluster}' in {scope.region}."
    billed = sum(each.billed for each in found)
    listed = "; ".join(each.words for each in found)
    steps = "; ".join(each.next_step for each in found)
    return (
        f"Cluster '{scope.cluster}' still has {len(found)} thing(s) in {scope.region}, {billed} of them billed: {listed}. By hand they are"
        f" removed by: {steps}."
    )
