# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an instance's node does not join: whether the cluster lets the role of its EC2NodeClass in. Pure.

Sources: the EKS User Guide on access entries (a node's entry is of type EC2_LINUX, EC2_WINDOWS or, in Auto Mode, EC2; an entry
wins over the ConfigMap) and on aws-auth, whose ARNs leave out the role's path.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Access, Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Condition, NodeClaim

NODE_TYPES = frozenset({"EC2_LINUX", "EC2_WINDOWS", "EC2", "HYBRID_LINUX"})
CONFIG_MAP = "CONFIG_MAP"
API = "API"


def of_not_joined(claim: NodeClaim, blocking: Condition, evidence: Evidence) -> Verdict:
    """That the node's role is not let in, and how it would be; plain ``NodeNotFound`` where it is, or is not known."""
    found = _refused(claim, blocking, evidence.access) if evidence.access else None
    return found or verdict(f"NodeClaim {claim.name}", blocking.reason, _words(claim, blocking, evidence.access))


def _words(claim: NodeClaim, blocking: Condition, access: Access | None) -> str:
    if access is None or claim.node_class not in access.roles:
        return blocking.message
    return f"{blocking.message}; the cluster lets its role {access.roles[claim.node_class]} in as far as could be read"


def _refused(claim: NodeClaim, blocking: Condition, access: Access) -> Verdict | None:
    role = access.roles.get(claim.node_class)
    if not role:
        return None
    obj = f"NodeClaim {claim.name}"
    entry = _entry_of(role, access)
    if entry:
        if entry in NODE_TYPES:
            return None
        return verdict(obj, "AccessEntryWrongType", f"{blocking.message}; access entry of {role}: type {entry}", role=role, type=entry)
    if _same_role(role, access.mapped or ()) or not _complete(access):
        return None
    reason, others = _missing(access)
    words = f"{blocking.message}; authentication mode {access.mode}, node role {role}, roles let in as nodes: {others or 'none'}"
    return verdict(obj, reason, words, role=role, others=others)


def _missing(access: Access) -> tuple[str, str]:
    """The reason for a role that is not let in, and the node roles that are."""
    others = sorted({*(arn for arn, kind in (access.entries or {}).items() if kind in NODE_TYPES), *(access.mapped or ())})
    if access.mode == CONFIG_MAP:
        return "AwsAuthMappingMissing", ", ".join(others)
    return ("NodeRoleMismatch" if others else "AccessEntryMissing"), ", ".join(others)


def _complete(access: Access) -> bool:
    """Whether all that could let the role in was read."""
    entries = access.entries is not None or access.mode == CONFIG_MAP
    return entries and (access.mapped is not None or access.mode == API)


def _entry_of(role: str, access: Access) -> str:
    """The type of the role's access entry; empty when it has none, or entries do not count in this mode."""
    if access.mode == CONFIG_MAP:
        return ""
    return next((kind for arn, kind in (access.entries or {}).items() if _same_role(role, [arn])), "")


def _same_role(role: str, arns: Iterable[str]) -> bool:
    """Whether one of the ARNs is the role's; by name alone where no more is known, and whatever its path."""
    return any(_name(arn) == _name(role) and (":" not in role or arn.split(":")[4:5] == role.split(":")[4:5]) for arn in arns)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
