# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a node offers the EFA interfaces that it was launched with. Pure.

This file is internal to the collection and may change in any release. Source: aws/karpenter-provider-aws,
pkg/cloudprovider/cloudprovider.go: a NodeClaim's capacity holds EFA interfaces only if the instance was launched with some, since
a pod requested them or its EC2NodeClass has ``spec.networkInterfaces``. An EC2NodeClass may have changed since, so it is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import EFA, NodeClaim, number_of


def efa_finding(node: Mapping[str, Any], claim: Optional[NodeClaim]) -> Optional[Finding]:
    """Return what is wrong with the number of EFA interfaces that pods can request on a node; None if nothing is, or there are none."""
    status = node.get("status") or {}
    offered = number_of((status.get("allocatable") or {}).get(EFA))
    own = number_of((status.get("capacity") or {}).get(EFA))
    wanted, source = (claim.efa, f"NodeClaim {claim.name}") if claim and claim.efa >= own else (own, "the Node's capacity")
    if offered >= wanted:
        return None
    return Finding(
        check="EFA",
        expected=f"{wanted} {EFA} (by {source})",
        found=str(offered),
        remedy=remedies.EFA if offered else remedies.EFA_PLUGIN,
    )
