"""Further rights of Karpenter's controller."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._karpenter_roles import role_objects

RULE = {"apiGroups": ["llmaz.io"], "resources": ["openmodels"], "verbs": ["get"]}


def test_a_role_is_bound_to_the_controller() -> None:
    role, binding = role_objects([{"name": "llmaz", "rules": [RULE]}], "karpenter", "infra", {"team": "ml"})
    assert (role["kind"], role["rules"]) == ("ClusterRole", [RULE])
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "llmaz"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "karpenter", "namespace": "infra"}]
    assert role["metadata"] == binding["metadata"] == {"name": "llmaz", "labels": {"team": "ml"}}


def test_a_name_alone_is_enough_to_remove_them() -> None:
    found = [(each["kind"], each["metadata"]) for each in role_objects([{"name": "a"}, {"name": "b"}])]
    kinds = ("ClusterRole", "ClusterRoleBinding")
    assert found == [(kind, {"name": name}) for name in "ab" for kind in kinds]
