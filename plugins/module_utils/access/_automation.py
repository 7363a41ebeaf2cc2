# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account that runs the collection: its objects out of parts, charts and options. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.access._chart_needs import chart_rights
from ansible_collections.accelerated.nodes.plugins.module_utils.access._needs import VERIFY_NAMESPACE, needed
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right, rights_of, rules, without_covered

RBAC_GROUP = "rbac.authorization.k8s.io"
# On every object of an account, with the account's name; and on the namespaces that were made for it.
LABEL = "accelerated.nodes/automation"


@dataclass(frozen=True)
class Account:
    """Who it is: ``name`` and ``namespace`` of the ServiceAccount and ``subjects`` beside it, as a binding has them."""

    name: str
    namespace: str
    subjects: tuple[Mapping[str, Any], ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/managed-by": "accelerated.nodes", LABEL: self.name}


@dataclass(frozen=True)
class Wants:
    """What it is to do: ``parts``, the ``charts`` as they are rendered, where verification's Jobs run, and further rules."""

    parts: tuple[str, ...]
    charts: tuple[Mapping[str, Any], ...]
    verify_namespace: str
    extra_rules: tuple[Mapping[str, Any], ...] = ()


def account_rights(wants: Wants) -> set[Right]:
    """All that the account may do, nothing of it twice."""
    namespaces = {VERIFY_NAMESPACE: wants.verify_namespace}
    return without_covered([*needed(wants.parts, namespaces), *chart_rights(wants.charts, wants.parts), *rights_of(wants.extra_rules)])


def account_objects(account: Account, wants: Wants) -> list[dict[str, Any]]:
    """The ServiceAccount, and a role with its binding for the cluster and for each namespace."""
    places: dict[str, list[Right]] = defaultdict(list)
    for right in account_rights(wants):
        places[right.namespace].append(right)
    found = [_object("v1", "ServiceAccount", account, account.namespace)]
    for namespace in sorted(places):
        found += _role(account, namespace, places[namespace])
    return found


def account_namespaces(account: Account, wants: Wants) -> list[str]:
    """The namespaces that have to be there before the account's roles can be.

    Those of the charts and of the Jobs are among them, as an account that could make namespaces could not be kept to some of them.
    """
    wanted = {right.namespace for right in account_rights(wants)} | {account.namespace}
    return sorted(wanted - {""})


def _role(account: Account, namespace: str, rights: Iterable[Right]) -> list[dict[str, Any]]:
    kind = "Role" if namespace else "ClusterRole"
    subject = {"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}
    return [
        {**_object(f"{RBAC_GROUP}/v1", kind, account, namespace), "rules": rules(rights)},
        {
            **_object(f"{RBAC_GROUP}/v1", f"{kind}Binding", account, namespace),
            "roleRef": {"apiGroup": RBAC_GROUP, "kind": kind, "name": account.name},
            "subjects": [subject, *map(dict, account.subjects)],
        },
    ]


def _object(api_version: str, kind: str, account: Account, namespace: str) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": account.name, **place, "labels": account.labels}}
