# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons that a NodeClaim gives on its way from launched to ready: a row a reason. Pure.

Sources: kubernetes-sigs/karpenter pkg/controllers/nodeclaim/lifecycle (registration.go, initialization.go, liveness.go) and
awslabs/operatorpkg status, as of Karpenter 1.14; UnregisteredTaintNotFound is of Karpenter 1.0 to 1.2.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice

ON_ITS_WAY = {
    "AwaitingReconciliation": Advice(
        "Karpenter has not begun this step.",
        "If it stays so, see whether the Karpenter controller runs: kubectl get pods -A -l app.kubernetes.io/name=karpenter.",
    ),
    "ReconcilingDependents": Advice(
        "A condition that Ready sums up is not settled yet.", "Look at the condition that the message names, on the same object."
    ),
    "UnhealthyDependents": Advice(
        "A condition that Ready sums up is False.", "Look at the condition that the message names, on the same object."
    ),
    "ControllerNotRunning": Advice(
        "No controller of Karpenter runs, so nobody works on NodePools and NodeClaims.",
        "See why: kubectl get deployments,pods -A -l app.kubernetes.io/name=karpenter; the role accelerated.nodes.karpenter installs it.",
    ),
    "MultipleNodesFound": Advice("Two Nodes carry the same provider ID.", "Delete the stale Node.", hopeless=True),
    "RegistrationHookPending": Advice(
        "Karpenter's AWS provider waits for something to be known of the instance before it lets the node register, such as the number of"
        " its placement group's partition.",
        "Wait; if it stays so, look at the EC2NodeClass' placement group and at the controller's log.",
    ),
    "UnregisteredTaintNotFound": Advice(
        "The node joined without the taint karpenter.sh/unregistered:NoExecute, which this Karpenter version insists on.",
        "Let custom user data register the node with that taint, or upgrade Karpenter to 1.3 or later.",
        hopeless=True,
    ),
    "UnregisteredTaintMissing": Advice(
        "The node joined without the taint karpenter.sh/unregistered:NoExecute, so pods may land on it before Karpenter has labelled it.",
        "Let custom user data register the node with that taint.",
    ),
    "NodeNotReady": Advice(
        "The node has joined, but its kubelet is not Ready.", "Look at the network plugin's pod (aws-node) and the kubelet on that node."
    ),
    "StartupTaintsExist": Advice(
        "A startup taint of the pool is still on the node; {remover}, which removes it, is installed but has not done so.",
        "Look at the pod of {remover} on that node and at its log; it must tolerate all of the node's taints.",
    ),
    "StartupTaintRemoverMissing": Advice(
        "A startup taint of the pool is still on the node, and {why}.",
        "Install the agent that removes the taint, tolerating the node's taints, or take it out of the pool's startup_taints.",
        hopeless=True,
    ),
    "KnownEphemeralTaintsExist": Advice(
        "The node carries a taint that Kubernetes or the cloud controller removes once the node is usable.",
        "If it stays, look at the network plugin's pod on the node and at the cloud controller.",
    ),
    "DRADriverPoolsNotPublished": Advice(
        "The DRA driver has not published the node's devices.", "Look at the DRA driver's pod on that node."
    ),
}

JOINING = {
    "NodeNotFound": Advice(
        "The instance runs, but its kubelet has not joined the cluster; after 15 minutes Karpenter deletes the claim and tries anew.",
        "See that the security groups let the node reach the API server, and read the instance's console log. Given cluster_name and region,"
        " this checks as well whether the cluster lets the node role in; else look for its access entry of type EC2_LINUX or its mapping in"
        " aws-auth.",
    ),
    "AccessEntryMissing": Advice(
        "The cluster has no access entry for the node role {role}, so it refuses the instance's kubelet.",
        "Create one of type EC2_LINUX (role accelerated.nodes.eks_prerequisites does); the kubelet goes on trying.",
        hopeless=True,
    ),
    "AccessEntryWrongType": Advice(
        "The access entry of the node role {role} is of type {type}, which lets people and programs in but no nodes.",
        "Delete the entry and create one of type EC2_LINUX for that role (a type cannot be changed); the kubelet goes on trying.",
        hopeless=True,
    ),
    "NodeRoleMismatch": Advice(
        "The EC2NodeClass gives its nodes the role {role}, which the cluster does not let in; the node roles that it does let in: {others}.",
        "Set spec.role of the EC2NodeClass to the right one (node_role in the pools' description), or give {role} an access entry of type"
        " EC2_LINUX.",
        hopeless=True,
    ),
    "AwsAuthMappingMissing": Advice(
        "The cluster knows nodes by the ConfigMap kube-system/aws-auth only, and that has no mapping of the node role {role} to the groups"
        " system:bootstrappers and system:nodes.",
        "Add it to mapRoles (role accelerated.nodes.eks_prerequisites does); the kubelet goes on trying.",
        hopeless=True,
    ),
}
