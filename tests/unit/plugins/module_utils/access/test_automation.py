# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.access._automation import (
    LABEL,
    Account,
    Wants,
    account_namespaces,
    account_objects,
    account_rights,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.access._needs import CHART_PARTS, NEEDS, PARTS, VERIFY_NAMESPACE, needed
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right, rights_of, without_covered

ROOT = Path(__file__).resolve().parents[5]
ACCOUNT = Account("ci", "automation", ({"kind": "Group", "name": "ops"},))
CHART = {"option": "karpenter", "namespace": "karpenter", "objects": []}


def wants(*parts: str, **more: Any) -> Wants:
    return Wants(tuple(parts), (CHART,), "checks", **more)


def by_kind(*parts: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["kind"], each["metadata"].get("namespace", "")): each for each in account_objects(ACCOUNT, wants(*parts))}


def test_there_is_a_role_for_the_cluster_and_one_for_each_namespace() -> None:
    assert set(by_kind("verify", "karpenter")) == {
        ("ServiceAccount", "automation"),
        ("ClusterRole", ""),
        ("ClusterRoleBinding", ""),
        ("Role", "checks"),
        ("RoleBinding", "checks"),
        ("Role", "karpenter"),
        ("RoleBinding", "karpenter"),
    }


def test_every_object_carries_the_label_by_which_it_is_found_again() -> None:
    assert {each["metadata"]["labels"][LABEL] for each in by_kind("verify").values()} == {"ci"}


def test_a_binding_is_of_the_account_and_of_those_beside_it() -> None:
    binding = by_kind("verify")["RoleBinding", "checks"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "ci", "namespace": "automation"}, {"kind": "Group", "name": "ops"}]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "ci"}


def test_the_namespaces_are_those_that_its_objects_are_in() -> None:
    assert account_namespaces(ACCOUNT, wants("verify", "karpenter")) == ["automation", "checks", "karpenter"]
    assert account_namespaces(ACCOUNT, wants("node_pools")) == ["automation"]


def test_the_namespace_of_the_jobs_is_the_inventorys_as_a_name_too() -> None:
    assert Right("", "", "namespaces", "get", "checks") in account_rights(wants("verify"))
    assert not [right for right in account_rights(wants(*PARTS)) if VERIFY_NAMESPACE in (right.namespace, right.name)]


def test_further_rules_are_for_the_cluster() -> None:
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}
    assert Right("", "example.com", "things", "get") in account_rights(wants("verify", extra_rules=(rule,)))


def test_nothing_is_given_twice() -> None:
    found = account_rights(wants(*PARTS))
    assert found == without_covered(found)


@pytest.mark.parametrize("part", sorted(set(PARTS) - {"teardown"}))
def test_without_teardown_no_pool_and_no_claim_can_be_removed(part: str) -> None:
    removable = {"nodepools", "nodeclaims", "ec2nodeclasses", "openmodels", "playgrounds"}
    allowed = {"nodeclaims"} if part == "verify_actions" else set()
    assert {right.resource for right in account_rights(wants(part)) if right.verb == "delete" and right.resource in removable} == allowed


def test_every_part_needs_something() -> None:
    # A chart's part always does, for its release; eks_prerequisites for the ConfigMap alone.
    assert [part for part in PARTS if part != "neuron" and not [need for need in NEEDS if part in need.parts]] == []


def test_every_part_of_a_need_is_a_part() -> None:
    assert {part for need in NEEDS for part in need.parts} <= set(PARTS)


def test_no_part_may_make_others_its_equal() -> None:
    found = set(needed(PARTS, {}))
    assert not [right for right in found if right.verb in ("escalate", "bind", "impersonate", "*") or "*" in (right.group, right.resource)]
    assert not [right for right in found if right.resource in ("secrets", "serviceaccounts/token")]


def test_the_roles_option_has_the_parts_of_the_table() -> None:
    options = yaml.safe_load((ROOT / "roles" / "automation_rbac" / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]
    assert sorted(options["automation_rbac_parts"]["choices"]) == sorted(PARTS)
    assert sorted(CHART_PARTS) == sorted(name for name in CHART_PARTS if (ROOT / "roles" / name).is_dir())


def example(module: str) -> set[Right]:
    """The rights of the role that examples/rbac has for a module, with its namespace as the tests' inventory has it."""
    items = yaml.safe_load((ROOT / "examples" / "rbac" / f"{module}.yml").read_text())["items"]
    roles = [item for item in items if "rules" in item]
    return {right for role in roles for right in rights_of(role["rules"], "checks" if role["kind"] == "Role" else "")}


def missing(module: str, *parts: str) -> set[Right]:
    """Rights of the module's role that an account of these parts lacks: those that add something to what it has."""
    have = account_rights(wants(*parts))
    return {right for right in example(module) if right in without_covered(have | {right}) - have}


def test_verify_has_what_the_modules_own_role_has_but_for_making_the_namespace() -> None:
    assert {(right.verb, right.resource) for right in missing("accelerator_verify", "verify")} <= {
        ("create", "namespaces"),
        ("get", "namespaces"),
    }
