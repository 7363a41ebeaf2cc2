# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How deep a verification looks, beyond one listing of each node, and what it does afterwards: its options, checked. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common import _checks as checks
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

QUICK, FULL = "quick", "full"
SCHEDULED, PRIVILEGED = "scheduled", "privileged"
NONE, TAINT, CORDON = "none", "taint", "cordon"

TEST_SECONDS = 600


@dataclass(frozen=True)
class Minimum:
    """A number that a test's output must reach: the last match of ``pattern``, whose one group is the number."""

    pattern: str
    value: float


@dataclass(frozen=True)
class ComputeTest:
    """One computation that a user's image does on all accelerators of a node.

    Attributes:
        name: What the report calls it.
        image: The user's image.
        command: What its container runs.
        must_contain: Texts that its output must hold.
        must_not_contain: Texts that its output must not hold.
        minimum: A number that its output must name and reach; None for none.
        timeout: Seconds that it may take.
    """

    name: str
    image: str
    command: tuple[str, ...]
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    minimum: Optional[Minimum] = None
    timeout: int = TEST_SECONDS


@dataclass(frozen=True)
class Depth:
    """What is done beyond one listing of each node.

    Attributes:
        settle_timeout: Seconds for which states that settle by themselves are read again; 0 for not at all.
        repeat: How often each node is looked at.
        level: ``quick``, or ``full`` with isolation and compute.
        compute: Tests by accelerator, of the level full.
        probe: ``scheduled``, or ``privileged`` to look at busy nodes too.
        on_failure: ``none``, ``taint`` or ``cordon``: what becomes of a node that fails.
        mark: Whether nodes that pass are labelled.
        give_back: Whether nodes that were only made for this run are deleted at its end.
    """

    settle_timeout: int = 120
    repeat: int = 1
    level: str = QUICK
    compute: Mapping[str, tuple[ComputeTest, ...]] = field(default_factory=dict)
    probe: str = SCHEDULED
    on_failure: str = NONE
    mark: bool = False
    give_back: bool = False

    @property
    def full(self) -> bool:
        """Whether isolation and compute are part of it."""
        return self.level == FULL


def depth_from(params: Mapping[str, Any]) -> Depth:
    """Return what the module's options ask for.

    Raises:
        CollectionError: An option has a value that makes no sense.
    """
    given = {each.name: params.get(each.name, getattr(Depth(), each.name)) for each in fields(Depth)}
    _refuse(checks.integer(0, 86_400)("settle_timeout", given["settle_timeout"]))
    _refuse(checks.integer(1, 100)("repeat", given["repeat"]))
    compute = _compute(given.pop("compute") or {})
    if compute and given["level"] != FULL:
        raise CollectionError("compute names tests, but level is quick, which computes nothing: set level to full, or leave compute out.")
    return Depth(compute=compute, **given)


def _refuse(problems: Iterable[str]) -> None:
    for each in problems:
        raise CollectionError(each)


def _pattern(where: str, value: Any) -> Iterator[str]:
    yield from checks.text(where, value)
    if isinstance(value, str):
        try:
            groups = re.compile(value).groups
        except re.error as error:
            yield f"{where} is '{value}', which is no regular expression: {error}."
        else:
            if groups != 1:
                yield f"{where} is '{value}', and must have one group, the number, not {groups}."


def _value(where: str, value: Any) -> Iterator[str]:
    try:
        finite = math.isfinite(float(value))
    except (TypeError, ValueError):
        finite = False
    if not finite:
        yield f"{where} is {checks.show(value)}, and must be a number."


def _image(where: str, value: Any) -> Iterator[str]:
    yield from checks.text(where, value)
    if isinstance(value, str) and re.search(r"\s", value.strip()):
        yield f"{where} is '{value}', which is no image name."


_TEST = checks.record(
    {
        "name": checks.text,
        "image": _image,
        "command": checks.items(checks.text),
        "must_contain": checks.items(checks.text),
        "must_not_contain": checks.items(checks.text),
        "minimum": checks.record({"pattern": _pattern, "value": _value}, required=("pattern", "value")),
        "timeout": checks.integer(1, 86_400),
    },
    required=("name", "image", "command"),
)


def _compute(tests: Mapping[str, Any]) -> dict[str, tuple[ComputeTest, ...]]:
    for accelerator, rows in tests.items():
        if accelerator not in ACCELERATORS:
            raise CollectionError(f"compute names '{accelerator}', but the accelerators are {' and '.join(ACCELERATORS)}.")
        _refuse(checks.items(_TEST)(f"compute.{accelerator}", rows))
        names = [row["name"] for row in rows]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CollectionError(f"compute.{accelerator} has more than one test of the name {', '.join(twice)}.")
    return {accelerator: tuple(_test(row) for row in rows) for accelerator, rows in tests.items()}


def _test(row: Mapping[str, Any]) -> ComputeTest:
    minimum = row.get("minimum")
    return ComputeTest(
        name=row["name"],
        image=row["image"].strip(),
        command=tuple(row["command"]),
        must_contain=tuple(row.get("must_contain") or ()),
        must_not_contain=tuple(row.get("must_not_contain") or ()),
        minimum=Minimum(minimum["pattern"], float(minimum["value"])) if minimum else None,
        timeout=row.get("timeout", TEST_SECONDS),
    )
