"""The order in which a template's resources are created; deleting runs it backwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .intrinsics import PLACEHOLDER

Node = Any


def creation_order(resources: Mapping[str, Node]) -> list[str]:
    """The logical ids of ``resources``, each after those that it refers to or names in ``DependsOn``.

    Raises:
        ValueError: resources refer to one another in a circle.
    """
    needs = {name: sorted(set(_references(body)) & set(resources) - {name}) for name, body in resources.items()}
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise ValueError(f"Circular dependency between resources: [{', '.join(error.args[1])}]") from error


def _references(node: Node) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _named(key, value)
            yield from _references(value)


def _named(key: str, value: Node) -> Iterator[str]:
    if key == "Ref":
        yield value
    elif key == "Fn::GetAtt":
        yield value.split(".")[0] if isinstance(value, str) else value[0]
    elif key == "Fn::Sub":
        text = value if isinstance(value, str) else value[0]
        yield from (name.split(".")[0] for literal, name in PLACEHOLDER.findall(text) if not literal)
    elif key == "DependsOn":
        yield from [value] if isinstance(value, str) else value
