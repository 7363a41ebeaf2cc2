"""CloudFormation's intrinsic functions, pure: what is known is put in, what is not known yet stays as it is."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Node = Any

NO_VALUE = object()
PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass(frozen=True)
class Known:
    """What may be put into a template.

    Attributes:
        values: what ``Ref`` of a name gives: parameters, pseudo parameters, physical ids.
        attributes: what ``Fn::GetAtt`` of ``name.attribute`` gives.
        conditions: which conditions hold.
        mappings: the template's ``Mappings``.
    """

    values: Mapping[str, Node] = field(default_factory=dict)
    attributes: Callable[[str, str], Node] | None = None
    conditions: Mapping[str, bool] = field(default_factory=dict)
    mappings: Mapping[str, Node] = field(default_factory=dict)


def resolve(node: Node, known: Known) -> Node:
    """``node`` with everything put in that ``known`` holds; ``AWS::NoValue`` takes its key or item away."""
    if isinstance(node, list):
        return [item for item in (resolve(item, known) for item in node) if item is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        name, argument = next(iter(node.items()))
        if name in FUNCTIONS:
            return FUNCTIONS[name](argument, known)
    resolved = ((key, resolve(value, known)) for key, value in node.items())
    return {key: value for key, value in resolved if value is not NO_VALUE}


def _ref(name: str, known: Known) -> Node:
    return known.values.get(name, {"Ref": name})


def _get_att(argument: Node, known: Known) -> Node:
    resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    if known.attributes is None:
        return {"Fn::GetAtt": [resource, attribute]}
    return known.attributes(resource, attribute)


def _if(argument: list[Node], known: Known) -> Node:
    condition, then, otherwise = argument
    return resolve(then if known.conditions[condition] else otherwise, known)


def _find_in_map(argument: list[Node], known: Known) -> Node:
    name, top, second = resolve(argument, known)
    return known.mappings[name][top][second]


def _sub(argument: Node, known: Known) -> Node:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    own = resolve(own, known)

    def put_in(found: re.Match[str]) -> str:
        literal, name = found.groups()
        value = _placeholder(name.strip(), own, known)
        return found.group(0) if literal or not isinstance(value, (str, int, float)) else str(value)

    text = PLACEHOLDER.sub(put_in, text)
    left = {name for literal, name in PLACEHOLDER.findall(text) if not literal}
    if left:
        own = {name: value for name, value in own.items() if name in left}
        return {"Fn::Sub": [text, own] if own else text}
    return text.replace("${!", "${")


def _placeholder(name: str, own: Mapping[str, Node], known: Known) -> Node:
    if name in own:
        return own[name]
    return _get_att(name, known) if "." in name else _ref(name, known)


def _join(argument: list[Node], known: Known) -> Node:
    separator, parts = resolve(argument, known)
    if isinstance(parts, list) and all(isinstance(part, (str, int, float)) for part in parts):
        return separator.join(str(part) for part in parts)
    return {"Fn::Join": [separator, parts]}


def _split(argument: list[Node], known: Known) -> Node:
    separator, text = resolve(argument, known)
    return text.split(separator) if isinstance(text, str) else {"Fn::Split": [separator, text]}


def _select(argument: list[Node], known: Known) -> Node:
    index, items = resolve(argument, known)
    return items[int(index)] if isinstance(items, list) else {"Fn::Select": [index, items]}


def _base64(argument: Node, known: Known) -> Node:
    text = resolve(argument, known)
    return base64.b64encode(text.encode()).decode() if isinstance(text, str) else {"Fn::Base64": text}


FUNCTIONS: dict[str, Callable[[Any, Known], Node]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Base64": _base64,
}
