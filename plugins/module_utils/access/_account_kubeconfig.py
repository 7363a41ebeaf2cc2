# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig with a ServiceAccount's token: its text, and how long one that is there will do. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The API server grants no shorter token.
SHORTEST = 600


@dataclass(frozen=True)
class Holder:
    """Whose kubeconfig it is: a ServiceAccount."""

    namespace: str
    name: str

    @property
    def subject(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def kubeconfig(cluster: Mapping[str, Any], holder: Holder, token: str) -> dict[str, Any]:
    """The kubeconfig, as an object.

    :param cluster: the cluster as a kubeconfig has it: server, certificate authority.
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": dict(cluster)}],
        "users": [{"name": holder.name, "user": {"token": token}}],
        "contexts": [{"name": holder.name, "context": {"cluster": "cluster", "user": holder.name, "namespace": holder.namespace}}],
        "current-context": holder.name,
    }


def expiry(document: Any, cluster: Mapping[str, Any], holder: Holder) -> float:
    """Until when (seconds since 1970) a kubeconfig that is there serves this account on this cluster; 0 where it does not.

    What the token says of itself is believed: it is the API server that refuses it.
    """
    try:
        (found,), (user,) = document["clusters"], document["users"]
        claims = _claims(user["user"]["token"])
        same = found["cluster"] == dict(cluster) and claims["sub"] == holder.subject
        return float(claims["exp"]) if same else 0.0
    except (KeyError, TypeError, ValueError):
        return 0.0


def _claims(token: str) -> dict[str, Any]:
    """:raises ValueError: the token is none of the kind that the API server gives."""
    payload = token.split(".")[1:2]
    if not payload:
        raise ValueError("no payload")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4)))
    return claims


def serves(until: float, now: float, seconds: int) -> bool:
    """Whether a token that ends at ``until`` still has half of the time that is asked for; a job that begins with it can then end."""
    return until - now >= seconds / 2
