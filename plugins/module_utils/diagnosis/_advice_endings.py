# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons why a NodeClaim goes, stays although it should go, or went: a row a reason. Pure.

Sources: kubernetes-sigs/karpenter pkg/events/reason.go, pkg/controllers/disruption, node/termination and nodeclaim/disruption;
aws/karpenter-provider-aws pkg/controllers/interruption and pkg/cloudprovider/drift.go, as of 1.14.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

_REPLACED = "Wait for the replacement; Karpenter replaces it within the NodePool's disruption budgets."
_KEEP = "Pods that must not move carry the annotation karpenter.sh/do-not-disrupt; budgets are in the NodePool's spec.disruption."
_AGAIN = "Wait: Karpenter makes another node for the pods. What ran there has to be run again."
_DRAIN = "Look at the pods that are left on the node, at PodDisruptionBudgets, and at karpenter.sh/do-not-disrupt."

GOING = {
    "Terminating": Advice(
        "The claim is going away: its node is being drained.",
        "If it hangs, look at its Drained and VolumesDetached conditions, at PodDisruptionBudgets, and at karpenter.sh/do-not-disrupt.",
    ),
    "NotDeleted": Advice(
        "Nobody has deleted this claim, and Karpenter keeps a node as long as pods need it and its NodePool allows.",
        "Delete the NodeClaim, its NodePool, or the pods that need it.",
    ),
    "Deleted": Advice("The claim was deleted, and nothing says by whom.", "Look at the audit log if nobody of yours deleted it."),
    "Draining": Advice("The node's pods are being evicted.", _DRAIN),
    "FailedDraining": Advice("A pod of the node could not be evicted.", _DRAIN),
    "AwaitingVolumeDetachment": Advice(
        "Volumes are still attached to the node.", "Look at the CSI driver's controller and at VolumeAttachments."
    ),
    "TerminationGracePeriodElapsed": Advice(
        "The node's termination grace period ended, so it goes without being drained.", "None is needed."
    ),
    "TerminationGracePeriodExpiring": Advice(
        "The node's termination grace period is about to end; its pods are deleted then.", "None is needed."
    ),
    "InstanceTerminating": Advice("The instance is being terminated.", _AGAIN),
    "FailedTermination": Advice("Karpenter could not terminate the node.", "Read the Karpenter controller's log."),
    "Evicted": Advice("Karpenter evicted the pod from a node that goes.", _KEEP),
    "Disrupted": Advice("Karpenter deleted the pod because its node's termination grace period ends.", _KEEP),
}

DRIFT = {
    "Drifted": Advice("The node no longer is as its NodePool or EC2NodeClass says.", _REPLACED),
    "NodePoolDrifted": Advice("The NodePool's template was changed after the node was made.", _REPLACED),
    "RequirementsDrifted": Advice("The node no longer meets the NodePool's requirements.", _REPLACED),
    "InstanceTypeNotFound": Advice("Karpenter no longer finds the node's instance type, or its offering.", _REPLACED),
    "AMIDrift": Advice(
        "The EC2NodeClass selects another AMI than the node runs; an alias with @latest does so at each release.", _REPLACED
    ),
    "SubnetDrift": Advice("The EC2NodeClass no longer selects the node's subnet.", _REPLACED),
    "SecurityGroupDrift": Advice("The EC2NodeClass selects other security groups than the node has.", _REPLACED),
    "CapacityReservationDrift": Advice("The EC2NodeClass no longer selects the node's capacity reservation.", _REPLACED),
    "PlacementGroupDrift": Advice("The EC2NodeClass' placement group is another than the node's.", _REPLACED),
    "NodeClassDrift": Advice("The EC2NodeClass was changed after the node was made.", _REPLACED),
}

DISRUPTION = {
    "Underutilized": Advice("Karpenter consolidated the node: its pods fit elsewhere, or on a cheaper one.", _KEEP),
    "Empty": Advice("Karpenter removed the node because no pod needed it.", "Keep a pod on it, or raise the NodePool's consolidateAfter."),
    "DisruptionBlocked": Advice("Karpenter may not disrupt the node now, as the message says.", _KEEP),
    "DisruptionLaunching": Advice("Karpenter launches this node to replace another.", "Wait."),
    "DisruptionWaitingReadiness": Advice("Karpenter waits for the replacement to be ready before it removes the node.", "Wait."),
    "DisruptionTerminating": Advice("Karpenter removes the node for the reason that the message names.", _KEEP),
    "Unconsolidatable": Advice("Karpenter keeps the node, as the message says why.", "None is needed."),
    "ConsolidationCandidate": Advice("Karpenter considers removing or replacing the node to save cost.", _KEEP),
    "ConsolidationRejected": Advice("Karpenter keeps the node, as the saving is not worth the disruption.", "None is needed."),
    "ConsolidationApproved": Advice("Karpenter removes or replaces the node to save cost.", _KEEP),
    "NodeRepairBlocked": Advice(
        "Karpenter does not repair the unhealthy node, because too many nodes are unhealthy.", "Look for a fault that all of them share."
    ),
    "InvalidDoNotDisruptAnnotation": Advice(
        "The pod's annotation karpenter.sh/do-not-disrupt has no valid value and is ignored.", "Correct it."
    ),
    "DoNotDisruptUntil": Advice("The pod keeps its node until the time in the message.", "None is needed."),
    "DoNotDisruptGracePeriodElapsed": Advice("The time for which the pod kept its node is over.", "None is needed."),
}

INTERRUPTION = {
    "SpotInterrupted": Advice(
        "AWS takes the Spot instance back.", f"{_AGAIN} For work that cannot be interrupted use capacity type on-demand."
    ),
    "SpotRebalanceRecommendation": Advice("AWS expects to take the Spot instance back.", "None is needed; Karpenter does not act on it."),
    "CapacityReservationInstanceInterrupted": Advice("The capacity reservation that the instance runs in is being reclaimed.", _AGAIN),
    "InstanceStopping": Advice("The instance was stopped.", _AGAIN),
    "InstanceUnhealthy": Advice("AWS reports a fault of the instance's hardware or network.", _AGAIN),
    "TerminatingOnInterruption": Advice("Karpenter removes the node because AWS takes its instance away.", _AGAIN),
}
