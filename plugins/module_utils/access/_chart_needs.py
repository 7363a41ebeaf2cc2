# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What it takes to install, upgrade and remove a chart's release: read off what the chart renders. Pure.

This file is internal to the collection and may change in any release.

The API server lets nobody give a right that they do not hold themselves, unless they may ``escalate`` and ``bind``. Who may do that,
even on one ClusterRole by name, can write any right into it and bind it to themselves: it is the whole cluster. So an account that
installs charts holds what the charts give, no more; a chart that gives more than the one before needs a new account first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.access._needs import CHART_PARTS, Need
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right, rights_of

RBAC = "rbac.authorization.k8s.io"
# Kubernetes' own kinds that are in no namespace.
CLUSTER_KINDS = frozenset(
    (
        "APIService",
        "CSIDriver",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    )
)
# Kinds whose plural English does not form.
PLURALS = {"Endpoints": "endpoints"}
EVERY_RELEASE = ("create", "get", "list", "update", "delete")

NO_STREAM = "an API server that does not begin a watch with what there is"

Chart = Mapping[str, Any]


def chart_rights(charts: Iterable[Chart], parts: Iterable[str]) -> Iterator[Right]:
    """The rights that these charts need.

    :param charts: each ``option`` (with which the options of its chart begin), ``namespace``, and ``objects`` as ``charts/_helm.objects`` returns them.
    :param parts: the parts that are wanted; ``teardown`` adds what removal needs.
    """
    parts = set(parts)
    for chart in charts:
        if part_of(chart) in parts:
            for need in release_needs(chart, remove="teardown" in parts):
                yield from need.rights({})
            yield from granted(chart)


def part_of(chart: Chart) -> str:
    """The part that installs a chart: a role may have several, each with options of its own, such as ``nvidia`` and ``nvidia_operator``."""
    option: str = chart["option"]
    return next((part for part in CHART_PARTS if option == part or option.startswith(f"{part}_")), option)


def release_needs(chart: Chart, remove: bool) -> Iterator[Need]:
    """What Helm and the wait for the rollout ask for.

    :param remove: whether the release may be removed as well.
    """
    parts, namespace = (part_of(chart),), chart["namespace"]
    yield Need(parts, "", ("secrets",), EVERY_RELEASE, "Helm keeps its releases in Secrets", namespace)
    if chart.get("mend_option"):
        reason = "noting a revision that was cut off as failed"
        yield Need(parts, "", ("secrets",), ("patch",), reason, namespace, seldom=chart["mend_option"])
    if chart.get("create_namespace"):
        yield Need(parts, "", ("namespaces",), ("get",), "whether the namespace is there", names=(namespace,))
    yield Need(parts, "", ("pods", "events"), ("list",), "what keeps a rollout", namespace, seldom="a rollout that does not end")
    for each in chart["objects"]:
        yield from _object_needs(parts, each, namespace, remove)


def _object_needs(parts: tuple[str, ...], each: Mapping[str, Any], release_namespace: str, remove: bool) -> Iterator[Need]:
    group, kind, name = group_of(each["apiVersion"]), each["kind"], each["metadata"]["name"]
    place = namespace_of(each, release_namespace)
    reason = f"{kind} {name} of the chart"
    resource = (plural(kind),)
    yield Need(parts, group, resource, ("create",), reason, place)
    yield Need(parts, group, resource, ("get", "patch", *(("delete",) if remove or each.get("hook") else ())), reason, place, (name,))
    if remove or each.get("hook"):
        # Helm watches the kinds of what it deletes until it is gone, and those of its hooks until they are done.
        yield Need(parts, group, resource, ("watch",), reason, place)
        yield Need(parts, group, resource, ("list",), reason, place, seldom=NO_STREAM)


def granted(chart: Chart) -> Iterator[Right]:
    """The rights that the chart gives, and that who installs it has to hold; for bindings of roles of others, the right to bind those."""
    namespace, objects = chart["namespace"], chart["objects"]
    own = {(each["kind"], namespace_of(each, namespace), each["metadata"]["name"]) for each in objects if "rules" in each}
    for each in objects:
        place = namespace_of(each, namespace)
        yield from rights_of(each.get("rules") or (), place)
        reference = each.get("roleRef")
        if reference and (reference["kind"], place if reference["kind"] == "Role" else "", reference["name"]) not in own:
            yield Right(place, RBAC, plural(reference["kind"]), "bind", reference["name"])


def namespace_of(each: Mapping[str, Any], release_namespace: str) -> str:
    """The namespace of an object of a chart; empty for those in none, and for kinds of which that is not known."""
    if each["kind"] in CLUSTER_KINDS or not _is_builtin(group_of(each["apiVersion"])):
        return ""
    return each["metadata"].get("namespace") or release_namespace


def group_of(api_version: str) -> str:
    """``apps`` of ``apps/v1``, empty of ``v1``."""
    return api_version.rpartition("/")[0]


def _is_builtin(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")


def plural(kind: str) -> str:
    """The resource of a kind, as Kubernetes forms it."""
    word = kind.lower()
    if kind in PLURALS:
        return PLURALS[kind]
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"
