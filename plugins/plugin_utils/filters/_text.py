# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list of texts, whichever way it was given."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import text_items


def text_list(value: Any, commas: bool = True) -> list[str]:
    """Return the items."""
    items = value if isinstance(value, (list, tuple)) else [value]
    wrong = next((each for each in items if each is not None and not isinstance(each, (str, int, float))), None)
    if wrong is not None:
        # Of an undefined variable, which ansible-core before 2.19 hands to filters, the text is its own error.
        raise AnsibleFilterError(f"{wrong} is neither a text nor a list of texts. Give a list, or text with an item in each line.")
    return text_items(items, commas=commas)
