# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which RBAC rule a request needs, read off its path. Pure.

Source: Kubernetes, "Determine the request verb" and "Referring to resources" of the authorization documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def rule_for(method: str, path: str, query: Mapping[str, Any] | None = None) -> str:
    """The rule in words: ``apiGroups [karpenter.sh], resources [nodeclaims], verbs [list]``."""
    group, resource, name = _parts(path)
    return f"apiGroups [{group or chr(34) * 2}], resources [{resource}], verbs [{_verb(method, name, query or {})}]"


def _parts(path: str) -> tuple[str, str, str]:
    """Group (empty for the core), resource (with its subresource) and object name (empty for a collection) of an API path."""
    words = path.strip("/").split("/")
    group, rest = ("", words[2:]) if words[0] == "api" else (words[1] if len(words) > 1 else "", words[3:])
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    resource, name, *subresource = [*rest, "", ""][: max(2, len(rest))]
    return group, "/".join((resource, *filter(None, subresource))), name


def _verb(method: str, name: str, query: Mapping[str, Any]) -> str:
    if method == "GET" and not name:
        return "watch" if query.get("watch") else "list"
    return VERBS.get(method, method.lower())
