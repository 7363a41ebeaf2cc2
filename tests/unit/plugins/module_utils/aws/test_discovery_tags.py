"""Of module_utils/aws/_discovery_tags.py."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._discovery_tags import MARK, foreign, tags_by_resource, to_tag, to_untag

KEY = "karpenter.sh/discovery"
OURS = {KEY: "demo", MARK: "stack"}
BY_HAND = {KEY: "demo"}
OTHERS = {KEY: "other"}


def test_tags_by_resource_gathers_each_resource():
    described = [
        {"ResourceId": "subnet-1", "Key": KEY, "Value": "demo"},
        {"ResourceId": "subnet-2", "Key": KEY, "Value": "other"},
        {"ResourceId": "subnet-1", "Key": MARK, "Value": "stack"},
    ]
    assert tags_by_resource(described) == {"subnet-1": OURS, "subnet-2": OTHERS}


def test_to_tag_takes_each_untagged_once_in_order():
    assert to_tag(["b", "a", "b", "c"], {"c": OURS, "a": {"Name": "a"}}, KEY) == ["b", "a"]


def test_to_tag_leaves_what_was_tagged_by_hand_without_the_mark():
    assert to_tag(["a"], {"a": BY_HAND}, KEY) == []


def test_to_untag_takes_back_what_is_no_longer_wanted():
    assert to_untag(["a"], {"a": OURS, "b": OURS}, "stack") == ["b"]


def test_to_untag_leaves_what_was_tagged_by_hand_or_for_another_stack():
    assert to_untag([], {"a": BY_HAND, "b": {KEY: "demo", MARK: "another"}}, "stack") == []


def test_foreign_names_the_other_cluster():
    assert foreign(["a", "b", "c"], {"a": OTHERS, "b": BY_HAND}, KEY, "demo") == {"a": "other"}
