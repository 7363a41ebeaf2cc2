"""Whether an EKS cluster lets a node join: by its role's access entry, or by aws-auth. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

#: The groups without which a role mapped in aws-auth cannot register a node.
NODE_GROUPS = {"system:bootstrappers", "system:nodes"}


def refusal(role_arn: str, mode: str, entry_type: str | None, aws_auth: Mapping[str, Any] | None) -> str | None:
    """Why the cluster refuses nodes of this role; None when it lets them in.

    Args:
        role_arn: the role of the instance profile.
        mode: the cluster's authentication mode: ``API``, ``API_AND_CONFIG_MAP`` or ``CONFIG_MAP``.
        entry_type: the type of the role's access entry; None when it has none.
        aws_auth: the ConfigMap ``kube-system/aws-auth``; None when there is none.
    """
    if mode != "CONFIG_MAP" and entry_type == "EC2_LINUX":
        return None
    if mode != "API" and _mapped(role_arn, aws_auth):
        return None
    entry = f"its access entry is of type {entry_type}, not EC2_LINUX" if entry_type else "it has no access entry"
    return f"role {role_arn} may not join nodes (authentication mode {mode}): {entry}, and aws-auth does not map it"


def _mapped(role_arn: str, aws_auth: Mapping[str, Any] | None) -> bool:
    text = ((aws_auth or {}).get("data") or {}).get("mapRoles") or ""
    roles = yaml.safe_load(text) or []
    # aws-auth must name the role without its path.
    bare = re.sub(r":role/.*/", ":role/", role_arn)
    return any(role.get("rolearn") == bare and set(role.get("groups") or []) >= NODE_GROUPS for role in roles)
