# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account that runs the collection, as Kubernetes objects."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.access._automation import (
    Account,
    Wants,
    account_namespaces,
    account_objects,
)


def automation_rbac(parts: list[str], charts: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Return the account's objects and namespaces."""
    account = Account(options["name"], options["namespace"], tuple(options.get("subjects") or ()))
    wants = Wants(tuple(parts), tuple(charts), options["verify_namespace"], tuple(options.get("extra_rules") or ()))
    return {"objects": account_objects(account, wants), "namespaces": account_namespaces(account, wants)}
