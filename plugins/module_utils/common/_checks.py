# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small checks of one value; a table of them is the schema of an option.

This file is internal to the collection and may change in any release. A check takes where the value stands (such as ``limits['cpu']``) and the value,
and yields what is wrong, each a predicate that continues a sentence beginning with the object's name.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Callable, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import (
    is_duration,
    is_label_key,
    is_label_value,
    is_volume_size,
    parse_quantity,
)

Check = Callable[[str, Any], Iterator[str]]


def show(value: Any) -> str:
    """Write a value as a person wrote it, with its type where the type is what is wrong."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return f"{str(value).lower()} (bool)"
    return f"{value} ({type_name(value)})"


def type_name(value: Any) -> str:
    """Name a value's type in YAML's words."""
    names = ((bool, "bool"), (int, "int"), (float, "float"), (str, "string"), (Mapping, "mapping"), (list, "list"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def anything(where: str, value: Any) -> Iterator[str]:
    """Whatever it is: of a field that is known, and checked elsewhere."""
    return iter(())


def text(where: str, value: Any) -> Iterator[str]:
    """A string that is not empty."""
    if not isinstance(value, str):
        yield f"{where} is {show(value)}, and must be a string."
    elif not value.strip():
        yield f"{where} is empty."


def boolean(where: str, value: Any) -> Iterator[str]:
    """A truth value."""
    if not isinstance(value, bool):
        yield f"{where} is {show(value)}, and must be true or false."


def integer(low: int, high: int) -> Check:
    """A whole number from low to high."""

    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            yield f"{where} is {show(value)}, and must be a whole number from {low} to {high}."

    return check


def choice(*known: str) -> Check:
    """One of the known words."""

    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str) or value not in known:
            hint = did_you_mean(value, known) if isinstance(value, str) else ""
            yield f"{where} is {show(value)}, and must be one of {', '.join(known)}.{hint}"

    return check


def matching(accepts: Callable[[Any], bool], noun: str, kinds: tuple[type, ...] = (str,)) -> Check:
    """A string (or one of the kinds) that a predicate accepts."""

    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, kinds) or isinstance(value, bool) or not accepts(value):
            yield f"{where} is {show(value)}, which is not {noun}."

    return check


def either(check: Check, *also: Any) -> Check:
    """What a check accepts, or one of some values beside."""
    return lambda where, value: iter(()) if value in also else check(where, value)


duration = matching(is_duration, "a duration of Karpenter's, such as 720h, 1h30m or Never")
quantity = matching(lambda value: parse_quantity(value) is not None, "a Kubernetes quantity such as 100Gi, 500m or 8", (str, int))
volume_size = matching(is_volume_size, "a volume size with its unit, such as 100Gi")
label_key = matching(is_label_key, "a valid key of a label or taint")
label_value = matching(is_label_value, "a valid label value: quote it as a string of at most 63 letters, digits, '-', '_' and '.'")


def items(check: Check, at_least: int = 1) -> Check:
    """A list whose items pass a check."""

    def check_list(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where} is {show(value)}, and must be a list."
            return
        if len(value) < at_least:
            yield f"{where} is an empty list: name at least one, or leave the option out."
        for index, item in enumerate(value):
            yield from check(f"{where}[{index}]", item)

    return check_list


def mapping(of_values: Optional[Check] = None, of_keys: Optional[Check] = None) -> Check:
    """A mapping, with a check for each value and one for each key."""

    def check_mapping(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{where} is {show(value)}, and must be a mapping."
            return
        for key, item in value.items():
            if of_keys:
                yield from of_keys(f"{where}: the key", key)
            if of_values:
                yield from of_values(f"{where}['{key}']", item)

    return check_mapping


def record(fields: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """A mapping with known fields only, each with its check."""

    def check_record(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{where} is {show(value)}, and must be a mapping."
            return
        yield from check_fields(f"{where}.", value, fields)
        yield from (f"{where} lacks '{name}'." for name in required if name not in value)

    return check_record


def check_fields(prefix: str, value: Mapping[str, Any], fields: Mapping[str, Check]) -> Iterator[str]:
    """Check each field of a mapping by the table, and refuse the fields that the table does not have."""
    for name, item in value.items():
        if name in fields:
            yield from fields[name](f"{prefix}{name}", item)
        else:
            known = ", ".join(fields)
            yield f"{prefix}{name} is not a known option.{did_you_mean(str(name), fields) or f' Known are: {known}.'}"
