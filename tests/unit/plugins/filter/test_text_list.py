# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._text import text_list


@pytest.mark.parametrize(
    ("given", "items"),
    [
        (["gpu", "trn1"], ["gpu", "trn1"]),
        ("gpu\ntrn1\n", ["gpu", "trn1"]),
        ("gpu\r\n trn1 ,inf2", ["gpu", "trn1", "inf2"]),
        (["gpu\ntrn1"], ["gpu", "trn1"]),
        (["gpu", " gpu ", ""], ["gpu"]),
        ("", []),
        ("  \n", []),
        (None, []),
        ([], []),
        (8, ["8"]),
    ],
)
def test_items_are_found_whichever_way_they_were_given(given: Any, items: list[str]) -> None:
    assert text_list(given) == items


def test_selectors_keep_their_commas() -> None:
    assert text_list("zone in (a, b)\nteam=ml,stage=prod", commas=False) == ["zone in (a, b)", "team=ml,stage=prod"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"\{'name': 'gpu'\} is neither a text nor a list of texts"):
        text_list([{"name": "gpu"}])
