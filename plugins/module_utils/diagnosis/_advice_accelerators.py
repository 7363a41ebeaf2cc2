# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons about a node's accelerators: told apart by what is on the node and in the EC2NodeClass. A row a reason. Pure.

Sources: kubernetes-sigs/karpenter pkg/controllers/nodeclaim/lifecycle/initialization.go and nodeclaim/consistency,
aws/karpenter-provider-aws pkg/providers/amifamily, as of 1.14.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

ACCELERATOR = {
    "ResourceNotRegistered": Advice(
        "The node does not offer the resource that its instance type has.",
        "Look at the device plugin's pod on that node and at its log.",
    ),
    # Not hopeless: the GPU Operator makes its DaemonSets only once it has seen a first node.
    "DevicePluginMissing": Advice(
        "No device plugin runs on that node, and the cluster has no DaemonSet of one, so nothing registers the resource. "
        "Karpenter waits for it without a limit, and the instance is billed meanwhile.",
        "Install the plugin with the role accelerated.nodes.{accelerator}, then run this again; or delete the NodeClaim to stop paying.",
    ),
    "DevicePluginTaintNotTolerated": Advice(
        "No device plugin runs on that node: its DaemonSet places no pod there, because {why}.",
        "Add the toleration to the plugin (roles nvidia and neuron take <role>_tolerations), or take the taint out of the pool.",
        hopeless=True,
    ),
    "DevicePluginNotScheduled": Advice(
        "No device plugin runs on that node: its DaemonSet places no pod there, because {why}.",
        "Mend the DaemonSet's node selector or affinity (roles nvidia and neuron take <role>_values), or the pool's labels.",
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
    "AcceleratorAMIMissing": Advice(
        "The EC2NodeClass has no image with a driver for this accelerator ({accelerator}), although it counts as ready: Karpenter skips a"
        " variant that the alias' version does not have, and knows nothing of what is in an image chosen by ID, name or tag.",
        "Choose an alias version that has the {accelerator} variant for the cluster's Kubernetes version and the pool's architecture, or an"
        " accelerated image, in the EC2NodeClass' amiSelectorTerms.",
        hopeless=True,
    ),
    "NodeGone": Advice(
        "The claim's Node is gone or being deleted, although Karpenter still calls the claim ready.",
        "Wait until Karpenter has noticed, which deletes the claim. If it stays so, see whether its controller runs, and delete the NodeClaim.",
    ),
    "FewerAcceleratorsThanPromised": Advice(
        "The node offers fewer accelerators than its instance type has, although Karpenter calls it initialized: a device is lost, or the"
        " device plugin holds it for unhealthy or already given away.",
        "Look at the device plugin's log on that node; if the device is lost, delete the NodeClaim to have the instance replaced.",
    ),
    "ConsistencyCheckFailed": Advice(
        "The node has less than 90 % of a resource that its instance type has and its pods asked for.",
        "Look at the event FailedConsistencyCheck of the NodeClaim; delete the NodeClaim to have the instance replaced.",
    ),
    "FailedConsistencyCheck": Advice(
        "The node has less than 90 % of a resource that its instance type has and its pods asked for.",
        "Delete the NodeClaim to have the instance replaced.",
    ),
}
