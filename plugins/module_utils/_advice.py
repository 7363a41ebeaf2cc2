# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each reason that Karpenter or its AWS provider gives means, and what to do: one row a reason.

To teach the collection a new reason, add a row. Sources: kubernetes-sigs/karpenter pkg/controllers/nodeclaim/lifecycle and
pkg/apis/v1, aws/karpenter-provider-aws pkg/errors and pkg/controllers/nodeclass, as of 1.14.
"""

from __future__ import annotations

from typing import NamedTuple


class Advice(NamedTuple):
    """``hopeless``: waiting cannot mend it, somebody has to change something first."""

    explanation: str
    next_step: str
    hopeless: bool = False


ADVICE: dict[str, Advice] = {
    # A claim on its way
    "AwaitingReconciliation": Advice(
        "Karpenter has not begun this step.",
        "If it stays so, see whether the Karpenter controller runs: kubectl get pods -A -l app.kubernetes.io/name=karpenter.",
    ),
    "NodeNotFound": Advice(
        "The instance runs, but its kubelet has not joined the cluster; after 15 minutes Karpenter deletes the claim and tries anew.",
        "Check that the node role has an access entry of type EC2_LINUX (or an aws-auth mapping), that the security groups let the node "
        "reach the API server, and the instance's console log.",
    ),
    "MultipleNodesFound": Advice("Two Nodes carry the same provider ID.", "Delete the stale Node."),
    "NodeNotReady": Advice(
        "The node has joined, but its kubelet is not Ready.", "Look at the network plugin's pod (aws-node) and the kubelet on that node."
    ),
    "StartupTaintsExist": Advice(
        "A startup taint of the pool is still on the node, and what should remove it has not.",
        "Install the agent that removes the taint, tolerating the node's taints, or take it out of the pool's startup_taints.",
    ),
    "KnownEphemeralTaintsExist": Advice(
        "The node carries a taint that Kubernetes or the cloud controller removes once the node is usable.",
        "If it stays, look at the network plugin's pod on the node and at the cloud controller.",
    ),
    # ResourceNotRegistered, told apart by what runs on the node
    "ResourceNotRegistered": Advice(
        "The node does not offer the resource that its instance type has.",
        "Look at the device plugin's pod on that node and at its log.",
    ),
    "DevicePluginMissing": Advice(
        "No device plugin runs on that node, and the cluster has no DaemonSet of one, so nothing registers the resource. "
        "Karpenter waits for it without a limit, and the instance is billed meanwhile.",
        "Install the plugin with the role accelerated.nodes.{accelerator}, then run this again; or delete the NodeClaim to stop paying.",
    ),
    "DevicePluginNotScheduled": Advice(
        "No device plugin runs on that node: the plugin's DaemonSet does not place a pod there, because {why}.",
        "Mend the DaemonSet's tolerations or affinity (roles nvidia and neuron take <role>_values), or the pool's labels and taints.",
        hopeless=True,
    ),
    "DevicePluginNotReady": Advice(
        "The device plugin's pod on that node is not ready.",
        "Read its log: kubectl logs -n {namespace} {pod}.",
    ),
    "DevicePluginFindsNothing": Advice(
        "The device plugin's pod runs on that node but registers no device: it sees no driver or no device.",
        "Read its log (kubectl logs -n {namespace} {pod}) and check that the AMI is the accelerated variant for this instance type.",
    ),
    "DRADriverPoolsNotPublished": Advice(
        "The DRA driver has not published the node's devices.", "Look at the DRA driver's pod on that node."
    ),
    # No instance
    "InsufficientCapacityError": Advice(
        "AWS has no such instance to give now in these zones; Karpenter deletes the claim and tries other types and zones.",
        "Allow more instance types, sizes, zones or capacity types in the NodePool, or reserve capacity.",
    ),
    "VCPULimitExceeded": Advice(
        "The account's vCPU quota for this instance family is used up; for accelerated families it is often 0 until raised.",
        "Raise the quota for this family in Service Quotas (EC2, 'Running On-Demand ... instances').",
        hopeless=True,
    ),
    "SpotQuotaExceeded": Advice(
        "The account's Spot quota for this family is used up.", "Raise the Spot request quota in Service Quotas.", hopeless=True
    ),
    "FleetQuotaExceeded": Advice("The account's quota of EC2 fleets is used up.", "Raise the quota in Service Quotas.", hopeless=True),
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
    "AMIAuthorizationFailure": Advice(
        "The account may not use this AMI.", "Share the AMI with the account, or choose another.", hopeless=True
    ),
    "UserDataSizeLimitExceeded": Advice("The rendered user data is larger than EC2 takes.", "Shorten spec.userData.", hopeless=True),
    "AccountPendingVerification": Advice("AWS is still verifying the account.", "Wait for AWS, or open a case.", hopeless=True),
    "RequestLimitExceeded": Advice("EC2 throttles the account's requests.", "Wait; Karpenter tries again."),
    "InternalError": Advice("EC2 failed internally.", "Wait; Karpenter tries again."),
    "LaunchFailed": Advice(
        "The launch failed for a reason that Karpenter does not classify.", "Read the message, and the Karpenter controller's log."
    ),
    "InstanceTypeResolutionFailed": Advice(
        "Karpenter could not list the instance types.", "Check the controller role's ec2:Describe* rights."
    ),
    # NodePool and EC2NodeClass
    "NodePoolNotFound": Advice(
        "The NodePool does not exist.", "Create it with the role accelerated.nodes.node_pools, or correct the name.", hopeless=True
    ),
    "NodeClassNotFound": Advice("The NodePool's EC2NodeClass does not exist.", "Create it, or correct nodeClassRef.", hopeless=True),
    "NodePoolValidationFailed": Advice(
        "Karpenter refuses the NodePool's spec.", "Correct the field that the message names.", hopeless=True
    ),
    "SubnetsNotFound": Advice(
        "The EC2NodeClass selects no subnet.",
        "Tag the subnets with karpenter.sh/discovery (role accelerated.nodes.eks_prerequisites), or correct subnetSelectorTerms.",
    ),
    "SecurityGroupsNotFound": Advice(
        "The EC2NodeClass selects no security group.",
        "Tag the security groups with karpenter.sh/discovery (role eks_prerequisites), or correct securityGroupSelectorTerms.",
    ),
    "AMINotFound": Advice(
        "The EC2NodeClass selects no AMI.",
        "Correct amiSelectorTerms; an alias' version must exist for the cluster's Kubernetes version.",
    ),
    "CreateFleetAuthCheckFailed": Advice(
        "The controller's role may not call ec2:CreateFleet.", "Check the role's policies and any SCP.", hopeless=True
    ),
    "CreateLaunchTemplateAuthCheckFailed": Advice(
        "The controller's role may not call ec2:CreateLaunchTemplate.", "Check the role's policies and any SCP.", hopeless=True
    ),
    "RunInstancesAuthCheckFailed": Advice(
        "The controller's role may not call ec2:RunInstances, or may not pass the node role.",
        "Check the role's policies (iam:PassRole) and any SCP.",
        hopeless=True,
    ),
    "NodePoolNotReady": Advice(
        "The NodePool is not ready, so Karpenter launches nothing for it.", "Look at the NodePool's conditions and at its EC2NodeClass."
    ),
    "NodeClassNotReady": Advice("The EC2NodeClass is not ready, so nothing can be launched.", "Look at the EC2NodeClass' conditions."),
    # No claim at all
    "FailedScheduling": Advice(
        "Karpenter found no NodePool that could make a node for the pod.",
        "Compare the pod's requests, node selector and tolerations with the NodePool's requirements, taints and limits.",
    ),
    "NoNodeClaim": Advice(
        "Karpenter has made no NodeClaim: nothing that is pending asks for a node of this selection, or the controller does not run.",
        "Create a pod that asks for such a node (accelerator_verify does with provision), and see that the Karpenter controller runs.",
    ),
    "TooFewNodeClaims": Advice(
        "Fewer NodeClaims exist than were asked for.", "Ask for more nodes (pods that need them), or for a lower count."
    ),
    "ConnectionLost": Advice(
        "The API server was not answering when the deadline passed, so the state shown may be old.",
        "Look at the API server and the network, then run this again.",
    ),
    "Terminating": Advice(
        "The claim is going away: its node is being drained.",
        "If it hangs, look at its Drained and VolumesDetached conditions, at PodDisruptionBudgets, and at karpenter.sh/do-not-disrupt.",
    ),
}

UNKNOWN = Advice("The collection has no explanation for this reason.", "Read the message, and the Karpenter controller's log.")


def advice_for(reason: str) -> Advice:
    """The row for a reason; ``UNKNOWN`` for one that the table does not have, so that it is shown as it is."""
    return ADVICE.get(reason, UNKNOWN)
