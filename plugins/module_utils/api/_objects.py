# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of the kinds that the roles look at, by their path: what kubernetes.core discovers is known of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import get
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

#: (apiVersion, kind) -> name of the resource in paths. A kind that is not here is left to kubernetes.core.
RESOURCES = {
    ("v1", "Namespace"): "namespaces",
    ("v1", "ServiceAccount"): "serviceaccounts",
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): "customresourcedefinitions",
    ("apps/v1", "DaemonSet"): "daemonsets",
    ("apps/v1", "Deployment"): "deployments",
    ("karpenter.k8s.aws/v1", "EC2NodeClass"): "ec2nodeclasses",
    ("karpenter.sh/v1", "NodeClaim"): "nodeclaims",
    ("karpenter.sh/v1", "NodePool"): "nodepools",
    ("karpenter.sh/v1alpha1", "NodeOverlay"): "nodeoverlays",
    ("eks.amazonaws.com/v1", "NodeClass"): "nodeclasses",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "clusterroles",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "clusterrolebindings",
    ("rbac.authorization.k8s.io/v1", "Role"): "roles",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "rolebindings",
}
NOT_FOUND = 404
#: What the server writes beside what was applied.
BOOKKEEPING = ("resourceVersion", "generation", "managedFields")


def is_known(wanted: Mapping[str, Any]) -> bool:
    """Whether the path of these objects is known."""
    return (wanted["api_version"], wanted["kind"]) in RESOURCES


def path_of(wanted: Mapping[str, Any]) -> str:
    """The path of one object, or of a list of them."""
    version, resource = wanted["api_version"], RESOURCES[wanted["api_version"], wanted["kind"]]
    parts = ["apis" if "/" in version else "api", version]
    if wanted.get("namespace"):
        parts += ["namespaces", wanted["namespace"]]
    return "/" + "/".join([*parts, resource, *([wanted["name"]] if wanted.get("name") else [])])


def found(client: Client, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects, each with its apiVersion and kind, as kubernetes.core.k8s_info gives them; none of a kind that the server does not know.

    :param wanted: api_version and kind; a name, a namespace or label_selectors besides.
    :raises ApiError: the server refuses, or does not answer.
    """
    selectors = wanted.get("label_selectors") or []
    query = {"labelSelector": ",".join(selectors)} if selectors and not wanted.get("name") else None
    try:
        answer = get(client, path_of(wanted), query)
    except ApiError as error:
        if error.status == NOT_FOUND:
            return []
        raise
    said = {"apiVersion": wanted["api_version"], "kind": wanted["kind"]}
    return [answer] if wanted.get("name") else [{**said, **each} for each in answer.get("items") or []]


def brief(each: dict[str, Any]) -> dict[str, Any]:
    """The object; a definition without its schemas, which are a hundred thousand characters that nobody looks at."""
    if each["kind"] != "CustomResourceDefinition":
        return each
    versions = [{key: value for key, value in version.items() if key != "schema"} for version in each["spec"]["versions"]]
    return {**each, "spec": {**each["spec"], "versions": versions}}


def place_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """How a manifest's object is asked for."""
    meta = definition["metadata"]
    place = {"api_version": definition["apiVersion"], "kind": definition["kind"], "name": meta["name"]}
    return {**place, **({"namespace": meta["namespace"]} if meta.get("namespace") else {})}


def would_change(client: Client, definition: dict[str, Any], manager: str, force: bool) -> bool:
    """Whether a server-side apply of the manifest would change its object; the server tries it, and keeps nothing.

    :param manager: the field manager.
    :param force: whether to take over fields that another manager has.
    :raises ApiError: the server refuses the manifest, or the request.
    """
    place = place_of(definition)
    query = {"dryRun": "All", "fieldManager": manager, "force": "true" if force else "false"}
    tried = client.apply(path_of(place), definition, query)
    live = found(client, place)
    return not live or _said(live[0]) != _said(tried)


def _said(each: Mapping[str, Any]) -> dict[str, Any]:
    """What an object says, without its status and what the server keeps of it."""
    meta = {key: value for key, value in each["metadata"].items() if key not in BOOKKEEPING}
    return {**{key: value for key, value in each.items() if key != "status"}, "metadata": meta}
