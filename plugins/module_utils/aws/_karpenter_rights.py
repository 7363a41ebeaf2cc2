# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each version of Karpenter needs of AWS: its controller's policies, and the events of its queue. Pure.

The statements are those of Karpenter's own getting-started templates, in CloudFormation's words; DIFFERENCES says which of their rights
came or went with a version.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_versions import minor
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import dotted

EC2 = "arn:${AWS::Partition}:ec2:${AWS::Region}:"
PROFILES = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*"}
CLUSTER_ARN = {"Fn::Sub": "arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:cluster/${ClusterName}"}
REGION = {"Ref": "AWS::Region"}
MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
NODE_POOL, NODE_CLASS, IN_REGION = "karpenter.sh/nodepool", "karpenter.k8s.aws/ec2nodeclass", "topology.kubernetes.io/region"
EKS_NAME = "eks:eks-cluster-name"


class Policy(NamedTuple):
    """One managed policy: its statements are those of STATEMENTS that name it. More than one, as one would pass IAM's limit of size."""

    name: str
    description: str


class Rule(NamedTuple):
    """One EventBridge rule that sends an event to the interruption queue."""

    name: str
    source: str
    detail_type: str


class Difference(NamedTuple):
    """A right that not every version needs: an action, a kind of resource of one statement, or the event of a rule.

    ``since`` is the first minor version that needs it; ``before`` the first that no longer does, None where all later ones do.
    """

    what: str
    since: tuple[int, int]
    before: tuple[int, int] | None
    purpose: str


DIFFERENCES = (
    Difference("ec2:DescribeAvailabilityZones", (1, 0), (1, 1), "zones by their IDs"),
    Difference("ec2:DescribeCapacityReservations", (1, 3), None, "capacity reservations"),
    Difference("capacity-reservation", (1, 3), None, "launching into capacity reservations"),
    Difference("iam:ListInstanceProfiles", (1, 7), None, "removing instance profiles that no EC2NodeClass uses any more"),
    Difference(
        "EC2 Capacity Reservation Instance Interruption Warning", (1, 10), None, "leaving reserved capacity that its owner takes back"
    ),
    Difference("ec2:DescribePlacementGroups", (1, 11), None, "placement groups"),
    Difference("placement-group", (1, 11), None, "launching into placement groups"),
    Difference("ec2:DescribeInstanceStatus", (1, 12), None, "status checks of instances"),
    Difference("arc-zonal-shift:GetManagedResource", (1, 12), None, "zonal shifts of the cluster"),
    Difference("ec2:RebootInstances", (1, 15), None, "node repair by a reboot"),
)

POLICIES = (
    Policy("NodeLifecycle", "Launch, tag and terminate this cluster's Karpenter nodes"),
    Policy("IAMIntegration", "Pass the node role, and keep the instance profiles of this cluster's EC2NodeClasses"),
    Policy("EKSIntegration", "Find this cluster's API server"),
    Policy("Interruption", "Read the interruption queue"),
    Policy("ZonalShift", "See a zonal shift of this cluster"),
    Policy("ResourceDiscovery", "Read instance types, images, prices and the network"),
)

RULES = (
    Rule("ScheduledChangeRule", "aws.health", "AWS Health Event"),
    Rule("SpotInterruptionRule", "aws.ec2", "EC2 Spot Instance Interruption Warning"),
    Rule("RebalanceRule", "aws.ec2", "EC2 Instance Rebalance Recommendation"),
    Rule("InstanceStateChangeRule", "aws.ec2", "EC2 Instance State-change Notification"),
    Rule("CapacityReservationInterruptionRule", "aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
)


def rights(version: str, cluster: str) -> dict[str, list[dict[str, Any]]]:
    """What ``version`` of Karpenter needs for the EKS cluster ``cluster``.

    ``policies``: name, description and statements, in CloudFormation's words, of each; ``rules``: name, source and detail_type of each.
    """
    wanted = minor(version)
    found = [statement for statement in (_in_force(each, wanted) for each in _statements(cluster)) if statement["Action"]]
    policies = [{**policy._asdict(), "statements": _of(policy, found)} for policy in POLICIES]
    return {
        "policies": [policy for policy in policies if policy["statements"]],
        "rules": [rule._asdict() for rule in RULES if _needed(rule.detail_type, wanted)],
    }


def changes(version: str, former: str) -> list[str]:
    """A sentence for each right that going from Karpenter ``former`` to ``version`` adds or takes away."""
    old, new = minor(former), minor(version)
    return [_sentence(each, new) for each in DIFFERENCES if _spans(each, old) != _spans(each, new)]


def _sentence(difference: Difference, version: tuple[int, int]) -> str:
    since, before = (dotted(each) for each in (difference.since, difference.before or (0, 0)))
    if _spans(difference, version):
        verb, why = "Adds", f"needs before {before}" if difference.before else f"needs since {since}"
    else:
        verb, why = "Takes away", f"needs only since {since}" if version < difference.since else f"no longer needs since {before}"
    return f"{verb} {_named(difference.what)} ({difference.purpose}), which Karpenter {why}."


def _named(what: str) -> str:
    """The right as a user would look for it: an action, a resource, or an event."""
    if ":" in what:
        return what
    return f"the event '{what}'" if " " in what else f"ec2:RunInstances and ec2:CreateFleet on {what}/*"


def _needed(what: str, version: tuple[int, int]) -> bool:
    return all(_spans(each, version) for each in DIFFERENCES if each.what == what)


def _spans(difference: Difference, version: tuple[int, int]) -> bool:
    return difference.since <= version and (difference.before is None or version < difference.before)


def _of(policy: Policy, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "Policy"} for each in statements if each["Policy"] == policy.name]


def _in_force(statement: dict[str, Any], version: tuple[int, int]) -> dict[str, Any]:
    """The statement with what ``version`` needs of it; without any action where it needs none."""
    actions = [action for action in statement["Action"] if _needed(action, version)]
    resource = statement["Resource"]
    if isinstance(resource, list):
        resource = [each for each in resource if _needed(_kind(each), version)]
    return {**statement, "Action": actions, "Resource": resource}


def _kind(resource: dict[str, str]) -> str:
    """``placement-group`` of an ARN that ends in ``:placement-group/*``."""
    return resource["Fn::Sub"].rpartition(":")[2].partition("/")[0]


def _ec2(*kinds: str) -> list[dict[str, str]]:
    """ARNs of EC2 resources; images and snapshots may be another account's, and their ARNs name none."""
    return [{"Fn::Sub": f"{EC2}{'' if kind in ('image', 'snapshot') else '*'}:{kind}/*"} for kind in kinds]


def _tags(where: str, cluster: str, **more: Any) -> dict[str, Any]:
    """Tag conditions of ``where`` (ResourceTag, RequestTag): owned by ``cluster``, and what ``more`` adds, by constant names."""
    names = {"eks": EKS_NAME, "region": IN_REGION}
    return {f"aws:{where}/kubernetes.io/cluster/{cluster}": "owned", **{f"aws:{where}/{names[key]}": more[key] for key in more}}


def _any(where: str, tag: str) -> dict[str, str]:
    return {f"aws:{where}/{tag}": "*"}


def _allow(policy: str, sid: str, actions: list[str], resource: Any, **conditions: Any) -> dict[str, Any]:
    statement = {"Policy": policy, "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": conditions} if conditions else statement


def _statements(cluster: str) -> list[dict[str, Any]]:
    return [*_lifecycle(cluster), *_tagging(cluster), *_iam(cluster), *_others()]


def _lifecycle(cluster: str) -> list[dict[str, Any]]:
    policy, launch = "NodeLifecycle", ["ec2:RunInstances", "ec2:CreateFleet"]
    owned = {"StringEquals": _tags("ResourceTag", cluster), "StringLike": _any("ResourceTag", NODE_POOL)}
    asked = {"StringEquals": _tags("RequestTag", cluster, eks={"Ref": "ClusterName"}), "StringLike": _any("RequestTag", NODE_POOL)}
    found = _ec2("image", "snapshot", "security-group", "subnet", "capacity-reservation", "placement-group")
    end = ["ec2:TerminateInstances", "ec2:RebootInstances", "ec2:DeleteLaunchTemplate"]
    return [
        _allow(policy, "AllowScopedEC2InstanceAccessActions", launch, found),
        _allow(policy, "AllowScopedEC2LaunchTemplateAccessActions", launch, _ec2("launch-template"), **owned),
        _allow(policy, "AllowScopedEC2InstanceActionsWithTags", [*launch, "ec2:CreateLaunchTemplate"], _ec2(*MADE), **asked),
        _allow(policy, "AllowScopedDeletion", end, _ec2("instance", "launch-template"), **owned),
    ]


def _tagging(cluster: str) -> list[dict[str, Any]]:
    policy, tag = "NodeLifecycle", ["ec2:CreateTags"]
    creating = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    asked = {**creating, **_tags("RequestTag", cluster, eks={"Ref": "ClusterName"})}
    later = {
        "StringEquals": _tags("ResourceTag", cluster),
        "StringLike": _any("ResourceTag", NODE_POOL),
        "StringEqualsIfExists": {f"aws:RequestTag/{EKS_NAME}": {"Ref": "ClusterName"}},
        "ForAllValues:StringEquals": {"aws:TagKeys": [EKS_NAME, "karpenter.sh/nodeclaim", "Name"]},
    }
    creation = {"StringEquals": asked, "StringLike": _any("RequestTag", NODE_POOL)}
    return [
        _allow(policy, "AllowScopedResourceCreationTagging", tag, _ec2(*MADE), **creation),
        _allow(policy, "AllowScopedResourceTagging", tag, _ec2("instance"), **later),
    ]


def _iam(cluster: str) -> list[dict[str, Any]]:
    policy = "IAMIntegration"
    # In China, EC2 goes by either name.
    passed = {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}}
    request = _tags("RequestTag", cluster, eks={"Ref": "ClusterName"}, region=REGION)
    resource = _tags("ResourceTag", cluster, region=REGION)
    requested, owned = _any("RequestTag", NODE_CLASS), _any("ResourceTag", NODE_CLASS)
    keep = ["iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"]
    both = {"StringEquals": {**resource, **request}, "StringLike": {**owned, **requested}}
    make = {"StringEquals": request, "StringLike": requested}
    return [
        _allow(policy, "AllowPassingInstanceRole", ["iam:PassRole"], {"Fn::GetAtt": ["NodeRole", "Arn"]}, **passed),
        _allow(policy, "AllowScopedInstanceProfileCreationActions", ["iam:CreateInstanceProfile"], PROFILES, **make),
        _allow(policy, "AllowScopedInstanceProfileTagActions", ["iam:TagInstanceProfile"], PROFILES, **both),
        _allow(policy, "AllowScopedInstanceProfileActions", keep, PROFILES, StringEquals=resource, StringLike=owned),
    ]


def _others() -> list[dict[str, Any]]:
    discovery, queue = "ResourceDiscovery", {"Fn::GetAtt": ["InterruptionQueue", "Arn"]}
    kinds = "AvailabilityZones CapacityReservations Images Instances InstanceStatus InstanceTypeOfferings InstanceTypes LaunchTemplates"
    reads = [f"ec2:Describe{kind}" for kind in f"{kinds} PlacementGroups SecurityGroups SpotPriceHistory Subnets".split()]
    here = {"StringEquals": {"aws:RequestedRegion": REGION}}
    # The action knows no resources; 1.12 named the cluster as one, and it is the condition that says so.
    shift = {"StringEquals": {"arc-zonal-shift:ResourceIdentifier": CLUSTER_ARN}}
    ssm = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}::parameter/aws/service/*"}
    messages = ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
    return [
        _allow("EKSIntegration", "AllowAPIServerEndpointDiscovery", ["eks:DescribeCluster"], CLUSTER_ARN),
        _allow("Interruption", "AllowInterruptionQueueActions", messages, queue),
        _allow("ZonalShift", "AllowZonalShiftStatusReadOnly", ["arc-zonal-shift:GetManagedResource"], "*", **shift),
        _allow(discovery, "AllowRegionalReadActions", reads, "*", **here),
        _allow(discovery, "AllowSSMReadActions", ["ssm:GetParameter"], ssm),
        _allow(discovery, "AllowPricingReadActions", ["pricing:GetProducts"], "*"),
        _allow(discovery, "AllowUnscopedInstanceProfileListAction", ["iam:ListInstanceProfiles"], "*"),
        _allow(discovery, "AllowInstanceProfileReadActions", ["iam:GetInstanceProfile"], PROFILES),
    ]
