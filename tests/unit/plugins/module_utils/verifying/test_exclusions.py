# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import exclusions_from, reason_to_exclude

BY_NAME = {"nodes": ["a", "b"], "reason": "in repair"}
BY_LABEL = {"match_labels": {"team": "x", "stage": 1}, "reason": "theirs"}


@pytest.mark.parametrize(
    ("name", "labels", "reason"),
    [
        ("a", {}, "in repair"),
        ("c", {}, None),
        ("c", {"team": "x", "stage": "1", "more": "y"}, "theirs"),
        ("c", {"team": "x"}, None),
        # Labels that are given must all match; none that are given match nothing.
        ("c", {"team": "x", "stage": "2"}, None),
        # The first entry that holds a node gives the reason.
        ("a", {"team": "x", "stage": "1"}, "in repair"),
    ],
)
def test_reason_to_exclude(name, labels, reason):
    assert reason_to_exclude(exclusions_from([BY_NAME, BY_LABEL]), name, labels) == reason


def test_reason_to_exclude_without_exclusions_is_none():
    assert reason_to_exclude((), "a", {}) is None
    assert exclusions_from([]) == ()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"nodes": ["a"]}, r"exclude\[1\] has no reason"),
        ({"nodes": ["a"], "reason": "  "}, r"exclude\[1\] has no reason"),
        ({"reason": "why"}, r"exclude\[1\] names no nodes"),
        ({"nodes": [], "match_labels": {}, "reason": "why"}, r"exclude\[1\] names no nodes"),
    ],
)
def test_exclusions_that_say_too_little_are_refused(entry, says):
    with pytest.raises(CollectionError, match=says):
        exclusions_from([BY_NAME, entry])
