# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each reason that Karpenter or its AWS provider can give means, and what to do.

To teach the collection a new reason, add a row to the table of its topic; docs/diagnosis.md is written from these tables.
"""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import entry
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_accelerators import ACCELERATOR
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_claims import JOINING, ON_ITS_WAY
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_endings import DISRUPTION, DRIFT, GOING, INTERRUPTION
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_launch import LAUNCH
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_pools import POOLS
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_row import Advice
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._advice_scheduling import NO_CLAIM

# Topic -> its rows, in the order in which a node comes to be and goes.
TOPICS: dict[str, dict[str, Advice]] = {
    "No NodeClaim, or too few": NO_CLAIM,
    "NodePools and EC2NodeClasses": POOLS,
    "No instance": LAUNCH,
    "A node that does not join": JOINING,
    "A NodeClaim on its way": ON_ITS_WAY,
    "Accelerators": ACCELERATOR,
    "A NodeClaim that goes, or should": GOING,
    "Drift": DRIFT,
    "Disruption by Karpenter": DISRUPTION,
    "Interruption by AWS": INTERRUPTION,
}
# Topic -> where a reader finds such a reason in the cluster.
SHOWN: dict[str, str] = {
    "No NodeClaim, or too few": (
        "Shown by events of the pod and of the NodePool (`kubectl get events -A`), or told apart from their words by the collection."
    ),
    "NodePools and EC2NodeClasses": "Shown by their conditions and events: `kubectl describe nodepools,ec2nodeclasses`.",
    "No instance": (
        "Shown by the NodeClaim's condition Launched and by its events, which are all that stays of a claim that Karpenter has given up:"
        " `kubectl get events -A --field-selector involvedObject.kind=NodeClaim`."
    ),
    "A node that does not join": (
        "Shown by the NodeClaim's condition Registered: `kubectl describe nodeclaims`. What the cluster lets in is read by the collection"
        " from EKS, from IAM and from the ConfigMap aws-auth."
    ),
    "A NodeClaim on its way": "Shown by the NodeClaim's conditions: `kubectl describe nodeclaims`.",
    "Accelerators": (
        "Shown by the NodeClaim's condition Initialized: `kubectl describe nodeclaims`. What is behind it is read by the collection from the"
        " Node, and from the device plugin's DaemonSet and pods."
    ),
    "A NodeClaim that goes, or should": "Shown by the NodeClaim's conditions and by events of the NodeClaim, its Node and its pods.",
    "Drift": "Shown by the NodeClaim's condition Drifted: `kubectl describe nodeclaims`.",
    "Disruption by Karpenter": "Shown by events of the NodeClaim, its Node and its pods: `kubectl get events -A`.",
    "Interruption by AWS": "Shown by events of the NodeClaim: `kubectl get events -A --field-selector involvedObject.kind=NodeClaim`.",
}
ADVICE: dict[str, Advice] = {reason: advice for rows in TOPICS.values() for reason, advice in rows.items()}

PAGE = "diagnosis.md"
# The heading for what the tables do not have.
ANOTHER_REASON = "Another reason"
UNKNOWN = Advice("The collection has no explanation for this reason.", "Read the message, and the Karpenter controller's log.")


def advice_for(reason: str) -> Advice:
    """The row for a reason; ``UNKNOWN`` for one that the tables do not have, so that it is shown as it is."""
    return ADVICE.get(reason, UNKNOWN)


def documentation_of(reason: str) -> str:
    """The address of what the documentation says of a reason."""
    return entry(PAGE, reason if reason in ADVICE else ANOTHER_REASON)
