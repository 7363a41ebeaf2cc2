# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons that NodePools and EC2NodeClasses give: a row a reason. Pure.

Sources: kubernetes-sigs/karpenter pkg/controllers/nodepool and nodeoverlay, aws/karpenter-provider-aws
pkg/controllers/nodeclass, as of 1.14; ClusterCIDRResolutionFailed onwards also of 1.15.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

_POLICIES = "Compare the controller role's policies with those of role eks_prerequisites, and look for a permissions boundary or SCP."
_KUBELET = "Correct spec.kubelet of the EC2NodeClass as the message says."
_PLACEMENT = "Correct the placement group that the EC2NodeClass names, or create it."

POOLS = {
    "NodePoolNotFound": Advice(
        "The NodePool does not exist.", "Create it with the role accelerated.nodes.node_pools, or correct the name.", hopeless=True
    ),
    "NodePoolTerminating": Advice(
        "The NodePool is being deleted, so Karpenter launches nothing for it.",
        "Wait until it is gone, then create it again with the role accelerated.nodes.node_pools.",
        hopeless=True,
    ),
    "NodePoolNotReady": Advice(
        "The NodePool is not ready, so Karpenter launches nothing for it.", "Look at the NodePool's conditions and at its EC2NodeClass."
    ),
    "NodePoolValidationFailed": Advice(
        "Karpenter refuses the NodePool's spec.", "Correct the field that the message names.", hopeless=True
    ),
    "NodePoolRegistrationUnhealthy": Advice(
        "At least two of this NodePool's last four NodeClaims were not launched or did not join, so the next is likely to fail as well.",
        "Mend what the message names; for nodes that do not join, check the node role's access entry and the security groups.",
    ),
    "RegistrationFailed": Advice(
        "The pool's last nodes did not join the cluster.", "Check the node role's access entry and the security groups."
    ),
    "NodeClassNotFound": Advice("The NodePool's EC2NodeClass does not exist.", "Create it, or correct nodeClassRef.", hopeless=True),
    "NodeClassTerminating": Advice(
        "The EC2NodeClass is being deleted, so nothing can be launched from it.",
        "Wait until its nodes are gone, then create it again.",
        hopeless=True,
    ),
    "NodeClassNotReady": Advice("The EC2NodeClass is not ready, so nothing can be launched.", "Look at the EC2NodeClass' conditions."),
    "NodeClassReadinessUnknown": Advice(
        "Karpenter has not yet found out whether the EC2NodeClass is ready.",
        "Wait; if it stays so, look at the EC2NodeClass' conditions and at the controller's log.",
    ),
    "DependenciesNotReady": Advice(
        "The EC2NodeClass cannot be checked before its AMIs, subnets, security groups and instance profile are found.",
        "Look at the EC2NodeClass' other conditions.",
    ),
    "WaitingOnNodeClaimTermination": Advice(
        "The EC2NodeClass is kept until the last NodeClaim made from it is gone.", "Delete those NodeClaims, or wait for them."
    ),
    "SubnetsNotFound": Advice(
        "The EC2NodeClass selects no subnet.",
        "Tag the subnets with karpenter.sh/discovery (role accelerated.nodes.eks_prerequisites), or correct subnetSelectorTerms.",
        hopeless=True,
    ),
    "SecurityGroupsNotFound": Advice(
        "The EC2NodeClass selects no security group.",
        "Tag the security groups with karpenter.sh/discovery (role eks_prerequisites), or correct securityGroupSelectorTerms.",
        hopeless=True,
    ),
    "AMINotFound": Advice(
        "There is no AMI as the EC2NodeClass selects it, or the account may not use it.",
        "Correct amiSelectorTerms; an alias' version must exist for the cluster's Kubernetes version.",
        hopeless=True,
    ),
    "UnsupportedAlias": Advice(
        "This Karpenter version knows no such AMI alias, or not for the cluster's Kubernetes version.",
        "Choose another alias in amiSelectorTerms (ami_alias in the pools' description).",
        hopeless=True,
    ),
    "InstanceProfileNotReady": Advice(
        "Karpenter has not made the instance profile for the node role; a refusal by IAM is told in the controller's log only.",
        "Check that spec.role exists, that the controller may pass it (iam:PassRole) and may manage instance profiles; read its log.",
    ),
    "InstanceProfileNotFound": Advice(
        "The instance profile that the EC2NodeClass names does not exist.", "Correct spec.instanceProfile, or create it.", hopeless=True
    ),
    "CreateFleetAuthCheckFailed": Advice("The controller's role may not call ec2:CreateFleet.", _POLICIES, hopeless=True),
    "CreateLaunchTemplateAuthCheckFailed": Advice("The controller's role may not call ec2:CreateLaunchTemplate.", _POLICIES, hopeless=True),
    "RunInstancesAuthCheckFailed": Advice(
        "The controller's role may not call ec2:RunInstances, or may not pass the node role.",
        f"{_POLICIES} iam:PassRole must name the EC2NodeClass' role.",
        hopeless=True,
    ),
    "TagValidationFailed": Advice(
        "The EC2NodeClass sets a tag that Karpenter keeps for itself.", "Take the tag that is named out of spec.tags.", hopeless=True
    ),
    "DryRunDisabled": Advice(
        "Karpenter's dry runs of the launch are off (settings.disableDryRun), so nothing was checked.", "None is needed."
    ),
    "PlacementGroupResolutionFailed": Advice(
        "Karpenter could not read the placement group.", "Check ec2:DescribePlacementGroups; it tries again."
    ),
    "PlacementGroupNotFound": Advice("The EC2NodeClass' placement group does not exist.", _PLACEMENT, hopeless=True),
    "ClusterCIDRResolutionFailed": Advice(
        "Karpenter could not read the cluster's service CIDR, which AL2023 nodes need.",
        "Check the controller role's right to eks:DescribeCluster.",
    ),
    "InvalidKubeletConfiguration": Advice("The kubelet's configuration is wrong.", _KUBELET, hopeless=True),
    "UnsupportedKubeletConfiguration": Advice("The AMI family does not support this kubelet configuration.", _KUBELET, hopeless=True),
    "KubeletExpressionInvalid": Advice("An expression in the kubelet's configuration is wrong.", _KUBELET, hopeless=True),
    "KubeletExpressionEvaluationFailed": Advice("An expression in the kubelet's configuration gives no value.", _KUBELET, hopeless=True),
    "KubeletExpressionsDisabled": Advice(
        "The kubelet's configuration holds expressions, and the feature gate for them is off.",
        "Turn on settings.awsFeatureGates.nodeClassCEL in Karpenter's chart, or take the expressions out.",
        hopeless=True,
    ),
    "NVIDIAConsumableCapacityInvalid": Advice(
        "The annotation karpenter.k8s.aws/nvidia-consumable-capacity is none of disabled, memory, unlimited and a number of shares.",
        "Correct the annotation.",
        hopeless=True,
    ),
    "DRADisabled": Advice(
        "An annotation of the EC2NodeClass shares GPUs by DRA, and Karpenter's feature gate for it is off.",
        "Turn on the feature gate DRANVIDIAGPU in Karpenter's chart, or take the annotation out.",
        hopeless=True,
    ),
    "RuntimeValidation": Advice("A NodeOverlay is wrong.", "Correct it as the message says.", hopeless=True),
    "Conflict": Advice("Two NodeOverlays of the same weight change the same instance type.", "Give them different weights.", hopeless=True),
    "ZonalShiftActive": Advice(
        "A zonal shift is active, so Karpenter launches nothing in that zone.", "End the shift in ARC, or allow other zones in the pool."
    ),
    "ZonalShiftCleared": Advice("A zonal shift has ended; Karpenter uses that zone again.", "None is needed."),
}
