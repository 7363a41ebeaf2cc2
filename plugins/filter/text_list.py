# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter text_list: a list of texts, whichever way it was given."""

from __future__ import annotations

DOCUMENTATION = r"""
name: text_list
short_description: A list of texts, whichever way it was given
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes a list of texts of what an inventory, a command line or an answer to a survey of AWX gives, which has lists for some kinds of questions and
    text with a line for each item for others.
  - Spaces around an item, and items that are empty, are left out.
options:
  _input:
    description: A list; a text with an item in each line; or nothing.
    type: raw
    required: true
  commas:
    description: Whether commas part items too. Not for items that may hold some, such as label selectors.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show three node pools
  ansible.builtin.debug:
    msg: "{{ 'gpu, trainium-trn1\ninferentia-inf2' | accelerated.nodes.text_list }}"
"""

RETURN = r"""
_value:
  description: The items.
  type: list
  elements: str
"""

from collections.abc import Callable
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


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"text_list": text_list}
