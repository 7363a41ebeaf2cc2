# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons why no instance was launched: a row a reason. Pure.

Sources: aws/karpenter-provider-aws pkg/errors/errors.go (ToReasonMessage), pkg/cloudprovider and pkg/providers/instance;
kubernetes-sigs/karpenter pkg/controllers/nodeclaim/lifecycle/launch.go, as of 1.14.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

LAUNCH = {
    "InsufficientCapacityError": Advice(
        "AWS has no such instance to give now in these zones; Karpenter deletes the claim and tries other types and zones.",
        "Allow more instance types, sizes, zones or capacity types in the NodePool, or reserve capacity.",
    ),
    "VCPULimitExceeded": Advice(
        "The account's vCPU quota for this instance family is used up; for accelerated families it is often 0 until raised. Karpenter reports"
        " it as missing capacity.",
        "Raise the quota for this family in Service Quotas (EC2, 'Running On-Demand ... instances').",
        hopeless=True,
    ),
    "SpotQuotaExceeded": Advice(
        "The account's Spot quota for this family is used up. Karpenter reports it as missing capacity.",
        "Raise the quota for this family in Service Quotas (EC2, 'All ... Spot Instance Requests').",
        hopeless=True,
    ),
    "FleetQuotaExceeded": Advice(
        "The account's quota of EC2 fleets is used up. Karpenter reports it as missing capacity.",
        "Raise the quota in Service Quotas.",
        hopeless=True,
    ),
    "Unauthorized": Advice(
        "The Karpenter controller's role may not launch instances.",
        "Compare the controller role's policies with those of role eks_prerequisites, and look for a permissions boundary or SCP.",
        hopeless=True,
    ),
    "SpotSLRCreationFailed": Advice(
        "The account has no service-linked role for Spot, and Karpenter may not create it.",
        "Run the role accelerated.nodes.eks_prerequisites, which creates AWSServiceRoleForEC2Spot.",
        hopeless=True,
    ),
    "InsufficientFreeAddressesInSubnet": Advice(
        "The subnet has no free addresses.", "Free addresses, or tag a larger subnet for discovery."
    ),
    "SecurityGroupSubnetVPCMismatch": Advice(
        "The selected security groups and subnets are in different VPCs.", "Correct the selectors of the EC2NodeClass.", hopeless=True
    ),
    "InstanceProfileNameInvalid": Advice(
        "The instance profile of the EC2NodeClass does not exist.", "Check spec.role or spec.instanceProfile.", hopeless=True
    ),
    "LaunchTemplateNotFound": Advice(
        "The launch template that Karpenter made was deleted before it was used.",
        "Wait: Karpenter makes another. If it comes back, find who deletes its launch templates.",
    ),
    "AMIAuthorizationFailure": Advice(
        "The account may not use this AMI.", "Share the AMI with the account, or choose another.", hopeless=True
    ),
    "InvalidAMIID": Advice("The AMI's ID is not one that EC2 knows.", "Correct the EC2NodeClass' amiSelectorTerms.", hopeless=True),
    "UserDataSizeLimitExceeded": Advice("The rendered user data is larger than EC2 takes.", "Shorten spec.userData.", hopeless=True),
    "FreeTierIneligible": Advice(
        "The account is on AWS' free plan, which does not have this instance type.", "Upgrade the account's plan.", hopeless=True
    ),
    "AccountPendingVerification": Advice(
        "AWS is still verifying the account for this region; that takes minutes, and up to some hours.",
        "Wait for AWS, or open a case.",
    ),
    "RequestLimitExceeded": Advice("EC2 throttles the account's requests.", "Wait; Karpenter tries again."),
    "InternalError": Advice("EC2 failed internally.", "Wait; Karpenter tries again."),
    "LaunchFailed": Advice(
        "The launch failed for a reason that Karpenter does not classify.", "Read the message, and the Karpenter controller's log."
    ),
    "SubnetResolutionFailed": Advice(
        "Karpenter could not read the subnets of the EC2NodeClass.",
        "Check the controller role's right to ec2:DescribeSubnets and its way to the EC2 API; Karpenter tries again.",
    ),
    "InstanceTypeResolutionFailed": Advice(
        "Karpenter could not list the instance types.",
        "Check the controller role's ec2:DescribeInstanceTypes and ec2:DescribeInstanceTypeOfferings; Karpenter tries again.",
    ),
    "LaunchTimeout": Advice(
        "Karpenter could not launch the instance within 5 minutes, deleted the claim and tries anew.",
        "Mend what the message says; where it says nothing, read the Karpenter controller's log.",
    ),
    "RegistrationTimeout": Advice(
        "The instance's node did not join within 15 minutes, so Karpenter deleted the claim and tries anew.",
        "Check the node role's access entry, the security groups and the instance's console log.",
    ),
}
