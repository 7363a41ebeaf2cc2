# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons why there is no NodeClaim, or too few: a row a reason. Pure.

Sources: kubernetes-sigs/karpenter pkg/controllers/provisioning (scheduling/scheduler.go, nodeclaim.go, events.go), as of 1.14.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

NO_CLAIM = {
    "FailedScheduling": Advice(
        "Karpenter found no NodePool that could make a node for the pod.",
        "Compare the pod's requests, node selector and tolerations with the NodePool's requirements, taints and limits.",
    ),
    "PodNotConsidered": Advice(
        "The pod waits for a node, and Karpenter has said nothing of it yet. It looks at pending pods in batches, and makes no NodeClaim"
        " while another one cannot be launched.",
        "Wait longer. If it stays so, look for NodeClaims that cannot be launched, and at the controller's log.",
    ),
    "NodePoolLeftOut": Advice(
        "What Karpenter last said of the pod is about other pools: the one that is meant was not ready then, or none of its"
        " types was to be had. Karpenter repeats itself at most every 5 minutes.",
        "Look at the conditions and events of the NodePool that is meant; make the pod anew to have Karpenter say at once what it finds now.",
    ),
    "NodePoolLimitReached": Advice(
        "The NodePool's limits leave no room for another node.",
        "Raise spec.limits of the NodePool (limits in the pools' description), or free nodes of it.",
        hopeless=True,
    ),
    "NoInstanceTypeFits": Advice(
        "No instance type can be launched for this: {why}.",
        "Compare the pod's requests and node selector, and the NodePool's requirements, with an instance type that should fit.",
        hopeless=True,
    ),
    "NoCompatibleInstanceTypes": Advice(
        "No instance type meets the NodePool's requirements.",
        "Correct the NodePool's requirements, or lower their minValues.",
        hopeless=True,
    ),
    "NoOfferingAvailable": Advice(
        "Instance types fit, but none is to be had now in the zones and capacity types that are allowed: AWS does not offer them there, or had"
        " none a few minutes ago, which Karpenter remembers for 3 minutes.",
        "Allow more zones, capacity types and instance types in the NodePool.",
    ),
    "ReservedOfferingUnavailable": Advice(
        "Instance types with a capacity reservation fit, and the reservations are taken.",
        "Wait for a reservation to become free, enlarge it, or allow other capacity types.",
    ),
    "PodTaintNotTolerated": Advice(
        "The pod does not tolerate a taint of the NodePool, so Karpenter makes no node of this pool for it.",
        "Add the toleration to the pod, or take the taint out of the pool.",
        hopeless=True,
    ),
    "DynamicResourcesUnsupported": Advice(
        "The pod asks for devices by Dynamic Resource Allocation, for which this Karpenter makes no nodes.",
        "Request the extended resource of the device plugin (nvidia.com/gpu), or use nodes that are there already.",
        hopeless=True,
    ),
    "TopologyUnsatisfiable": Advice(
        "No node that the NodePool could make satisfies the pod's topology spread or pod affinity.",
        "Loosen the pod's topologySpreadConstraints or affinity, or allow more zones in the NodePool.",
    ),
    "VolumeUnsatisfiable": Advice(
        "The pod's volume keeps Karpenter from making a node.",
        "Look at the pod's PersistentVolumeClaim and its StorageClass: kubectl describe pvc.",
    ),
    "PodsFinished": Advice(
        "All pods whose nodes are awaited have ended, so none of them has a node, or will have one.",
        "Begin the wait before the pods end, or select by node_pools, whose nodes may outlast their pods. Of pods that failed, read the"
        " logs: kubectl logs.",
        hopeless=True,
    ),
    "NoNodeClaim": Advice(
        "Karpenter has made no NodeClaim: nothing that is pending asks for a node of this selection.",
        "Create a pod that asks for such a node (accelerator_verify does with provision).",
    ),
    "TooFewNodeClaims": Advice(
        "Fewer NodeClaims exist than were asked for.", "Ask for more nodes (pods that need them), or for a lower count."
    ),
    "CauseNotRead": Advice(
        "As many NodeClaims as were asked for are where they should be, and what kept the wait from ending was not read before its"
        " deadline: the API server, or the machine that waits, is slow.",
        "Run this again, with a longer wait_timeout.",
    ),
    "TooManyNodeClaims": Advice(
        "More NodeClaims are there than were asked for exactly.",
        "Wait for Karpenter to consolidate, delete those that are too many, or ask for at least as many instead of exactly.",
    ),
    "Nominated": Advice("Karpenter has a node for the pod, or one on its way.", "Wait."),
    "ConnectionLost": Advice(
        "The API server was not answering when the deadline passed, so the state shown may be old.",
        "Look at the API server and the network, then run this again.",
    ),
}
