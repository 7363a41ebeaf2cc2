# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Further rights of Karpenter's controller, as Kubernetes has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

GROUP = "rbac.authorization.k8s.io"


def role_objects(
    roles: Sequence[Mapping[str, Any]], service_account: str = "", namespace: str = "", labels: Optional[Mapping[str, str]] = None
) -> list[dict[str, Any]]:
    """A ClusterRole and its binding for each of the roles.

    :param roles: ``name`` and ``rules`` of each; without ``rules`` it gives none.
    :param service_account: the controller's, in ``namespace``.
    """
    subject = {"kind": "ServiceAccount", "name": service_account, "namespace": namespace}
    return [each for role in roles for each in _pair(role, subject, labels or {})]


def _pair(role: Mapping[str, Any], subject: Mapping[str, str], labels: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    api, name = f"{GROUP}/v1", role["name"]
    metadata = {"name": name, **({"labels": dict(labels)} if labels else {})}
    return (
        {"apiVersion": api, "kind": "ClusterRole", "metadata": metadata, "rules": list(role.get("rules") or ())},
        {
            "apiVersion": api,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
            "subjects": [dict(subject)],
        },
    )
