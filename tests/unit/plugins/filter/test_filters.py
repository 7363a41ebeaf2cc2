"""The table of filters beside their documentation."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from importlib import import_module

import pytest
from ansible_collections.accelerated.nodes.plugins.filter.filters import FILTERS, PLUGINS, FilterModule

from tests.unit.plugins.filter.documentation import FOLDER, documentation


def parameters(name: str) -> Iterable[inspect.Parameter]:
    """What the function of a filter takes."""
    module, function = FILTERS[name]
    return inspect.signature(getattr(import_module(PLUGINS + module), function)).parameters.values()


def test_every_filter_is_documented_and_nothing_else() -> None:
    assert sorted(FILTERS) == sorted(path.stem for path in FOLDER.glob("*.yml")) == sorted(FilterModule().filters())


@pytest.mark.parametrize("name", FILTERS)
def test_options_are_those_of_the_documentation(name: str) -> None:
    (_input, *taken) = parameters(name)
    documented = documentation(name)
    assert documented["name"] == name
    named = [each.name for each in taken if each.kind is not each.VAR_KEYWORD]
    free = any(each.kind is each.VAR_KEYWORD for each in taken)
    options = [option for option in documented["options"] if option != "_input"]
    assert options[: len(named)] == named if free else sorted(options) == sorted(named)
    needed = {each.name for each in taken if each.default is each.empty and each.kind is not each.VAR_KEYWORD}
    assert needed == {option for option in named if documented["options"][option].get("required")}


@pytest.mark.parametrize("name", FILTERS)
def test_options_may_be_given_by_position_in_the_order_of_the_function(name: str) -> None:
    """What a function takes by its names alone is no option of a position."""
    (_input, *taken) = parameters(name)
    ordered = [each.name for each in taken if each.kind is each.POSITIONAL_OR_KEYWORD]
    documented = documentation(name).get("positional", "")
    assert [option for option in documented.split(", ") if option] == ordered


def test_a_filter_is_called_as_the_function_that_it_is() -> None:
    assert FilterModule().filters()["text_list"]("a;b, c", commas=False) == ["a;b, c"]


def test_the_folder_holds_no_other_code_as_ansible_imports_all_of_it_in_each_task() -> None:
    (code,) = FOLDER.glob("*.py")
    imports = [node for node in ast.walk(ast.parse(code.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {getattr(node, "module", None) for node in imports} == {"__future__", "collections.abc", "importlib", "typing"}
