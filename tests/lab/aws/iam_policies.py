"""What IAM policies say of an action on a resource, conditions on texts included; pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, Sequence[str]]


def decision(documents: Iterable[Mapping[str, Any]], action: str, resource: str, context: Context) -> str:
    """``allowed``, ``explicitDeny`` or ``implicitDeny``."""
    statements = [each for document in documents for each in _listed(document["Statement"])]
    effects = {each["Effect"] for each in statements if _concerns(each, action, resource, context)}
    return "explicitDeny" if "Deny" in effects else "allowed" if "Allow" in effects else "implicitDeny"


def _concerns(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    actions = [each.lower() for each in _listed(statement.get("Action", []))]
    return (
        any(fnmatchcase(action.lower(), each) for each in actions)
        and any(fnmatchcase(resource, each) for each in _listed(statement.get("Resource", "*")))
        and all(_holds(operator, keys, context) for operator, keys in statement.get("Condition", {}).items())
    )


def _holds(operator: str, keys: Mapping[str, Any], context: Context) -> bool:
    """Whether a condition of one operator holds; a key that the request lacks fails it, unless the operator says otherwise."""
    lenient = operator.endswith("IfExists") or operator.startswith("ForAllValues:")
    name = operator.removeprefix("ForAllValues:").removesuffix("IfExists")
    if name not in ("StringEquals", "StringLike"):
        raise NotImplementedError(f"condition operator {operator}")
    held = {key.lower(): values for key, values in context.items()}
    return all(_fits(name, held.get(key.lower()), _listed(wanted), lenient) for key, wanted in keys.items())


def _fits(name: str, values: Sequence[str] | None, wanted: list[str], lenient: bool) -> bool:
    if values is None:
        return lenient
    return all(any(value == each if name == "StringEquals" else fnmatchcase(value, each) for each in wanted) for value in values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
