"""The filter named."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._names import named


def test_a_dictionary_for_each_name() -> None:
    assert named(["a", 'b"}']) == [{"name": "a"}, {"name": 'b"}'}]
    assert named(iter(["a"]), {"kind": "Pod"}) == [{"kind": "Pod", "name": "a"}]
    assert named([]) == []
