# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each reason that Karpenter or its AWS provider can give means, and what to do.

To teach the collection a new reason, add a row to the table of its topic; docs/diagnosis.md is written from these tables.
"""

from __future__ import annotations

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
ADVICE: dict[str, Advice] = {reason: advice for rows in TOPICS.values() for reason, advice in rows.items()}

UNKNOWN = Advice("The collection has no explanation for this reason.", "Read the message, and the Karpenter controller's log.")


def advice_for(reason: str) -> Advice:
    """The row for a reason; ``UNKNOWN`` for one that the tables do not have, so that it is shown as it is."""
    return ADVICE.get(reason, UNKNOWN)
