# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.access._chart_needs import (
    chart_rights,
    granted,
    namespace_of,
    plural,
    release_needs,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right

RBAC = "rbac.authorization.k8s.io"
RULES = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["delete"]}]


def thing(kind: str, name: str = "one", api_version: str = "v1", namespace: str = "", **more: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}, **more}


def chart(*objects: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"option": "karpenter", "namespace": "here", "objects": list(objects), **more}


def rights(a_chart: dict[str, Any], *parts: str) -> set[Right]:
    return set(chart_rights([a_chart], parts))


DEPLOYMENT = thing("Deployment", "controller", "apps/v1")
ROLE = thing("ClusterRole", "controller", f"{RBAC}/v1", rules=RULES)


def test_a_release_is_kept_in_secrets_of_its_namespace() -> None:
    verbs = {right.verb for right in rights(chart(), "karpenter") if right.resource == "secrets" and right.namespace == "here"}
    assert verbs == {"create", "get", "list", "update", "delete"}


def test_an_object_is_made_without_and_changed_with_its_name() -> None:
    found = rights(chart(DEPLOYMENT), "karpenter")
    wanted = {("create", ""), ("get", "controller"), ("patch", "controller")}
    assert {(right.verb, right.name) for right in found if right.resource == "deployments"} == wanted


def test_removal_is_for_teardown_alone() -> None:
    more = rights(chart(DEPLOYMENT), "karpenter", "teardown") - rights(chart(DEPLOYMENT), "karpenter")
    place = ("here", "apps", "deployments")
    assert more == {Right(*place, "delete", "controller"), Right(*place, "list"), Right(*place, "watch")}


def test_a_hook_is_removed_by_the_installation_itself() -> None:
    found = rights(chart({**thing("Job", "before", "batch/v1"), "hook": True}), "karpenter")
    assert Right("here", "batch", "jobs", "delete", "before") in found


def test_charts_of_other_parts_need_nothing() -> None:
    assert rights(chart(DEPLOYMENT, ROLE), "nvidia", "teardown") == set()


def test_a_role_s_other_chart_is_of_the_same_part() -> None:
    """The GPU Operator's options begin with ``nvidia_operator``; a part whose name only begins alike is another."""
    assert rights(chart(option="nvidia_operator"), "nvidia") == rights(chart(option="nvidia"), "nvidia") != set()
    assert rights(chart(option="nvidia_operator"), "neuron") == rights(chart(option="nvidiaoperator"), "nvidia") == set()


def test_the_rights_that_a_chart_gives_are_held() -> None:
    assert Right("", "", "nodes", "delete") in rights(chart(ROLE), "karpenter")


def test_the_rights_of_a_role_are_held_in_its_namespace() -> None:
    role = thing("Role", "lease", f"{RBAC}/v1", namespace="kube-node-lease", rules=RULES)
    assert set(granted(chart(role))) == {Right("kube-node-lease", "", "nodes", "delete")}


@pytest.mark.parametrize("verb", ["escalate", "bind", "*"])
def test_nothing_gives_the_way_around_what_is_held(verb: str) -> None:
    binding = thing("ClusterRoleBinding", "controller", f"{RBAC}/v1", roleRef={"kind": "ClusterRole", "name": "controller"})
    assert [right for right in rights(chart(ROLE, binding), "karpenter", "teardown") if right.verb == verb] == []


def test_a_role_of_others_may_be_bound_by_its_name() -> None:
    reference = {"kind": "Role", "name": "extension-apiserver-authentication-reader"}
    binding = thing("RoleBinding", "reader", f"{RBAC}/v1", "kube-system", roleRef=reference)
    assert set(granted(chart(binding))) == {Right("kube-system", RBAC, "roles", "bind", reference["name"])}


def test_the_namespace_is_looked_at_only_where_the_role_would_make_it() -> None:
    asked = [need for need in release_needs(chart(create_namespace=True), remove=False) if need.resources == ("namespaces",)]
    assert [need.names for need in asked] == [("here",)]
    assert [need for need in release_needs(chart(), remove=False) if need.resources == ("namespaces",)] == []


@pytest.mark.parametrize(
    ("each", "place"),
    [
        (thing("Deployment", api_version="apps/v1"), "here"),
        (thing("Service", namespace="there"), "there"),
        (thing("ClusterRole", api_version=f"{RBAC}/v1", namespace="there"), ""),
        (thing("CustomResourceDefinition", api_version="apiextensions.k8s.io/v1"), ""),
        # Of a kind that Kubernetes does not bring it is not known; a right by its name in the cluster does for both.
        (thing("ClusterPolicy", api_version="nvidia.com/v1", namespace="there"), ""),
    ],
)
def test_namespace_of(each: dict[str, Any], place: str) -> None:
    assert namespace_of(each, "here") == place


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("DaemonSet", "daemonsets"),
        ("NetworkPolicy", "networkpolicies"),
        ("Ingress", "ingresses"),
        ("PriorityClass", "priorityclasses"),
        ("EC2NodeClass", "ec2nodeclasses"),
        ("Gateway", "gateways"),
        ("Endpoints", "endpoints"),
    ],
)
def test_plural(kind: str, resource: str) -> None:
    assert plural(kind) == resource
