# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right, rights_of, rules, without_covered

POD = Right("", "", "pods", "list")


def test_every_verb_resource_group_and_name_is_a_right_of_its_own() -> None:
    rule = {"apiGroups": ["", "apps"], "resources": ["a", "b"], "verbs": ["get", "list"], "resourceNames": ["x", "y"]}
    assert len(set(rights_of([rule], "here"))) == 16


def test_a_path_is_a_right_too() -> None:
    assert list(rights_of([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])) == [Right("", "", "/metrics", "get")]


@pytest.mark.parametrize(
    "narrow",
    [POD._replace(namespace="here"), POD._replace(name="one"), POD._replace(namespace="here", name="one")],
)
def test_what_a_wider_right_includes_is_left_out(narrow: Right) -> None:
    assert without_covered([POD, narrow]) == {POD}


@pytest.mark.parametrize("field", ["group", "resource", "verb"])
def test_what_any_includes_is_left_out(field: str) -> None:
    wide = POD._replace(**{field: "*"})
    assert without_covered([POD, wide]) == {wide}


def test_what_differs_stays() -> None:
    others = {POD, POD._replace(verb="watch"), POD._replace(group="apps"), POD._replace(resource="nodes")}
    assert without_covered(others) == others


def test_rules_give_the_rights_back_and_nothing_else() -> None:
    rights = {
        POD,
        POD._replace(resource="nodes"),
        POD._replace(verb="watch"),
        POD._replace(group="apps", resource="deployments", verb="get", name="karpenter"),
        POD._replace(group="apps", resource="deployments", verb="create"),
        Right("", "", "/metrics", "get"),
    }
    written = rules(rights)
    assert set(rights_of(written)) == rights
    assert written == rules(sorted(rights))
    assert [rule for rule in written if rule.get("resourceNames")] == [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"], "resourceNames": ["karpenter"]}
    ]


def test_resources_with_the_same_verbs_share_a_rule() -> None:
    assert rules([POD, POD._replace(resource="events")]) == [{"apiGroups": [""], "resources": ["events", "pods"], "verbs": ["list"]}]
