"""Answers to a survey of AWX are texts where an inventory has booleans and numbers, and lines where it has lists: roles take both.

An argument specification lets them pass, and leaves the variable a text; "false" is true in a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.roles.test_role_variables import evaluate

ROLES = Path(__file__).resolve().parents[3] / "roles"
# The filter that makes of a text what the option's type says.
FILTERS = {"bool": "bool", "int": "int", "list": "accelerated.nodes.text_list"}
# Given by a task, as a boolean; nobody asks a user.
OWN = {"helm_release_objects"}


def options() -> dict[str, str]:
    """Options of all roles whose type is one that a survey gives as text, with that type."""
    found = {}
    for path in ROLES.glob("*/meta/argument_specs.yml"):
        for name, option in yaml.safe_load(path.read_text())["argument_specs"]["main"]["options"].items():
            if option["type"] in ("bool", "int"):
                found[name] = option["type"]
            # AWX writes an empty answer as text, and ansible-core 2.19 and later read nothing of it, which is no list.
            elif (option["type"] == "list" and option.get("elements") == "str") or (
                option["type"] == "raw" and option.get("default") == []
            ):
                found[name] = "list"
    return {name: kind for name, kind in found.items() if name not in OWN}


def uses(name: str) -> Iterator[tuple[str, str]]:
    """Where a role evaluates an option: the file, and the line from the option on."""
    for path in sorted([*ROLES.glob("*/tasks/*.yml"), *ROLES.glob("*/vars/*.yml")]):
        for line in path.read_text().splitlines():
            if re.search(r"\{\{|\{%|^\s*(when|that): |^\s*- \w|^\s+karpenter_allow|^\s+\{\{", line) is None:
                continue
            for match in re.finditer(rf"(?<![\w'.]){name}\b(?!'|:| is | to )", line):
                yield f"{path.relative_to(ROLES)}: {line.strip()}", line[match.start() :] if not argument(path, line, name) else ""


def argument(path: Path, line: str, name: str) -> bool:
    """Whether a line hands an option on to a module or a role, which converts it by its own specification."""
    return path.parent.name == "tasks" and bool(re.fullmatch(rf'\s+\w+: "\{{\{{ {name}( \| default\([^)]*\))? \}}\}}"', line))


def test_there_are_options_to_check() -> None:
    assert {"bool", "int", "list"} == set(options().values())
    assert sum(1 for name in options() for _use in uses(name)) > len(options())


@pytest.mark.parametrize(("name", "kind"), sorted(options().items()))
def test_an_option_is_converted_where_it_is_evaluated(name: str, kind: str) -> None:
    raw = [
        where
        for where, rest in uses(name)
        if rest and "fail_msg" not in where and not re.match(rf"{name}( \| default\([^)]*\))? \| {FILTERS[kind]}\b", rest)
    ]
    # A number that is only shown in a message may be a text.
    shown = [where for where in raw if kind == "int" and re.search(r"seconds\.|and must be|and the API server", where)]
    loops = [where for where in raw if "loop: [" in where]
    assert sorted(set(raw) - set(shown) - set(loops)) == []


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_a_text_is_the_boolean_that_it_names(text: str, value: bool) -> None:
    neuron = evaluate("neuron", "__neuron_values", neuron_scheduler=text, neuron_device_plugin=text)
    assert (neuron["scheduler"]["enabled"], neuron["devicePlugin"]["enabled"]) == (value, value)
    assert evaluate("nvidia", "__nvidia_values", nvidia_gfd=text)["gfd"]["enabled"] is value
    assert evaluate("karpenter", "__karpenter_values", karpenter_isolated_vpc=text)["settings"]["isolatedVPC"] is value
    assert evaluate("eks_prerequisites", "__eks_prerequisites_wants_tags", eks_prerequisites_discovery_tags=text) is value
    assert bool(evaluate("llmaz", "__llmaz_values", llmaz_scheduler=text)["globalConfig"]) is value


def test_a_text_is_the_number_that_it_names() -> None:
    assert evaluate("karpenter", "__karpenter_values", karpenter_replicas="8")["replicas"] == 8


@pytest.mark.parametrize("given", ["subnet-1\nsubnet-2", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]])
def test_lines_are_a_list(given: Any) -> None:
    read = {"__eks_prerequisites_eks": {"cluster": {"subnets": []}}}
    assert evaluate("eks_prerequisites", "__eks_prerequisites_chosen_subnets", eks_prerequisites_subnet_ids=given, **read) == [
        "subnet-1",
        "subnet-2",
    ]


def test_an_empty_answer_is_none() -> None:
    read = {"__eks_prerequisites_eks": {"cluster": {"subnets": [{"subnet_id": "subnet-9", "public": False}]}}}
    assert evaluate("eks_prerequisites", "__eks_prerequisites_chosen_subnets", eks_prerequisites_subnet_ids="", **read) == ["subnet-9"]
