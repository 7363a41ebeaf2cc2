"""What a template comes to with its parameters: conditions decided, parameters put in, only resources' values open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .intrinsics import NO_VALUE, Known, resolve

Node = Any

PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


def pseudo_parameters(*, account: str, region: str, stack_id: str, stack_name: str) -> dict[str, Node]:
    """``AWS::Region`` and its like, for a stack in ``region``."""
    partition, suffix = next((row for start, row in PARTITIONS.items() if region.startswith(start)), ("aws", "amazonaws.com"))
    return {
        "AWS::AccountId": account,
        "AWS::NoValue": NO_VALUE,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": suffix,
    }


def parameter_values(template: Mapping[str, Node], given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value as text: the given one, else its default.

    Raises:
        ValueError: a parameter has no value, is not in the template, or its value is not allowed.
    """
    slots: Mapping[str, Node] = template.get("Parameters") or {}
    unknown = sorted(set(given) - set(slots))
    if unknown:
        raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: given.get(name, slot.get("Default")) for name, slot in slots.items()}
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in slots.items():
        _check_value(name, slot, str(values[name]))
    return {name: str(value) for name, value in values.items()}


def _check_value(name: str, slot: Mapping[str, Node], value: str) -> None:
    allowed = slot.get("AllowedValues")
    if allowed and value not in [str(one) for one in allowed]:
        raise ValueError(f"Parameter '{name}' must be one of AllowedValues")
    pattern = slot.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise ValueError(slot.get("ConstraintDescription") or f"Parameter '{name}' must match pattern {pattern}")


def effective(template: Mapping[str, Node], parameters: Mapping[str, str], pseudo: Mapping[str, Node]) -> dict[str, Node]:
    """The resources and outputs that ``template`` comes to; other sections are spent.

    Args:
        template: as parsed.
        parameters: every parameter's value, from ``parameter_values``.
        pseudo: from ``pseudo_parameters``.
    """
    slots = template.get("Parameters") or {}
    typed = {name: _typed(value, slots[name].get("Type", "String")) for name, value in parameters.items()}
    mappings = template.get("Mappings") or {}
    known = Known(values={**pseudo, **typed}, mappings=mappings)
    conditions = _conditions(template.get("Conditions") or {}, known)
    known = Known(values=known.values, mappings=mappings, conditions=conditions)
    return {section: _wanted(template.get(section) or {}, known) for section in ("Resources", "Outputs")}


def _typed(value: str, kind: str) -> Node:
    return [item.strip() for item in value.split(",")] if kind == "CommaDelimitedList" or kind.startswith("List<") else value


def _wanted(section: Mapping[str, Node], known: Known) -> dict[str, Node]:
    held = {name: body for name, body in section.items() if known.conditions.get(body.get("Condition", ""), True)}
    return {name: resolve({key: value for key, value in body.items() if key != "Condition"}, known) for name, body in held.items()}


def _conditions(conditions: Mapping[str, Node], known: Known) -> dict[str, bool]:
    return {name: _holds(body, conditions, known) for name, body in conditions.items()}


def _holds(body: Node, conditions: Mapping[str, Node], known: Known) -> bool:
    name, argument = next(iter(body.items()))
    if name == "Condition":
        return _holds(conditions[argument], conditions, known)
    if name == "Fn::Equals":
        left, right = (str(resolve(side, known)) for side in argument)
        return left == right
    held = [_holds(one, conditions, known) for one in argument]
    return {"Fn::And": all(held), "Fn::Or": any(held), "Fn::Not": not held[0]}[name]
