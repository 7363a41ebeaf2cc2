"""What Ansible takes for a template: from ansible-core 2.19 on only text that is marked so, before it any text."""

from __future__ import annotations

from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template as _marked
except ImportError:
    # ansible-core 2.18.
    _marked = None


def template(text: str) -> str:
    """``text`` as a template, such as it is in a playbook's or a role's file."""
    return _marked(text) if _marked else text


def templates(node: Any) -> Any:
    """``node`` with all of its texts as templates."""
    if isinstance(node, dict):
        return {key: templates(value) for key, value in node.items()}
    if isinstance(node, list):
        return [templates(each) for each in node]
    return template(node) if isinstance(node, str) else node


def data(node: Any) -> Any:
    """``node`` as a task's result or a lookup gives it: none of its texts is a template."""
    return node if _marked else wrap_var(node)
