"""The questions of the job templates against the roles that take the answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import NAMES

from tests.unit.awx.awx_data import ROOT, answer, answers, items, load, survey

# What AWX knows, and what it makes of an answer.
TYPES = {"text": str, "textarea": str, "password": str, "integer": int, "float": float, "multiplechoice": str, "multiselect": str}
KEYS = {"question_name", "question_description", "type", "variable", "required", "default", "choices", "min", "max"}
# Variables of a playbook, not of a role.
PLAYBOOKS = {"accelerated_confirm"}
# Choices of options whose argument specification names none.
CHOICES = {"preflight_skip": list(NAMES)}

QUESTIONS = [(item, question) for item in items("controller_templates") for question in survey(item)]
each_question = pytest.mark.parametrize(
    ("item", "question"), QUESTIONS, ids=[f"{item['playbook'][10:-4]}-{question['variable']}" for item, question in QUESTIONS]
)


def roles(playbook: str) -> list[str]:
    """The roles that a playbook runs, those of the playbooks that it imports too."""
    found = []
    for play in load(ROOT / playbook):
        imported = play.get("ansible.builtin.import_playbook")
        found += roles(f"playbooks/{imported.removeprefix('accelerated.nodes.')}.yml") if imported else []
        found += [role["role"].removeprefix("accelerated.nodes.") for role in play.get("roles", [])]
    return list(dict.fromkeys(found))


def options(playbook: str) -> dict[str, dict[str, Any]]:
    """The options of a playbook's roles by their names."""
    specs = [load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"] for role in roles(playbook)]
    return {name: option for spec in specs for name, option in spec.items()}


def refusals(playbook: str, given: dict[str, Any]) -> list[str]:
    """What the argument specifications say of extra variables, as Ansible checks them at the start of each role."""
    known = {name: {key: value for key, value in option.items() if key != "description"} for name, option in options(playbook).items()}
    spec = {name: _bare(option) for name, option in known.items() if name in given}
    return ArgumentSpecValidator(spec).validate({name: value for name, value in given.items() if name in spec}).error_messages


def _bare(option: dict[str, Any]) -> dict[str, Any]:
    return {key: option[key] for key in ("type", "elements", "choices") if key in option}


def test_there_are_questions() -> None:
    assert len(QUESTIONS) > 25


@each_question
def test_a_question_is_one_that_awx_takes(item: dict[str, Any], question: dict[str, Any]) -> None:
    assert set(question) <= KEYS and {"question_name", "question_description", "type", "variable", "required", "default"} <= set(question)
    assert isinstance(question["default"], TYPES[question["type"]]) and isinstance(question["required"], bool)
    assert ("choices" in question) is (question["type"] in ("multiplechoice", "multiselect"))
    assert all(isinstance(choice, str) for choice in question.get("choices", []))
    assert ("max" in question) is ("choices" not in question)
    if question["type"] == "multiplechoice":
        assert question["default"] in question["choices"]
    if question["type"] == "integer":
        assert question["min"] <= question["default"] <= question["max"]


@each_question
def test_a_question_asks_for_an_option_of_the_playbooks_roles(item: dict[str, Any], question: dict[str, Any]) -> None:
    name = question["variable"]
    if name in PLAYBOOKS:
        assert name in (ROOT / item["playbook"]).read_text()
        return
    option = options(item["playbook"])[name]
    kinds = {"bool": "multiplechoice", "int": "integer", "raw": ("multiselect", "textarea"), "str": ("text", "multiplechoice")}
    assert question["type"] in kinds[option["type"]]
    if "choices" in question:
        wanted = ["true", "false"] if option["type"] == "bool" else CHOICES.get(name) or option["choices"]
        assert question["choices"] == wanted


@each_question
def test_a_default_is_the_roles_own(item: dict[str, Any], question: dict[str, Any]) -> None:
    name = question["variable"]
    if name in PLAYBOOKS:
        return
    default = options(item["playbook"])[name]["default"]
    told = {bool: lambda: json.dumps(default), list: lambda: "\n".join(default)}.get(type(default), lambda: default)()
    assert question["default"] == told


@pytest.mark.parametrize("item", items("controller_templates"), ids=lambda item: item["name"])
def test_the_roles_take_the_answers(item: dict[str, Any]) -> None:
    assert refusals(item["playbook"], answers(item)) == []
    # As ansible-core 2.19 and later read what AWX writes of an empty answer.
    assert refusals(item["playbook"], {name: None for name, value in answers(item).items() if value == ""}) == []
    others = {each["variable"]: answer(each, "\n".join(each["choices"])) for each in survey(item) if each["type"] == "multiselect"}
    others |= {each["variable"]: each["choices"][-1] for each in survey(item) if each["type"] == "multiplechoice"}
    others |= {each["variable"]: str(each["max"]) for each in survey(item) if each["type"] == "integer"}
    others |= {each["variable"]: "gpu\ntrainium-trn1" for each in survey(item) if each["type"] == "textarea"}
    assert refusals(item["playbook"], others) == []


@each_question
def test_the_roles_refuse_what_the_survey_does_not_offer(item: dict[str, Any], question: dict[str, Any]) -> None:
    """A launch by AWX's API may give any text where variables are asked for."""
    option = options(item["playbook"]).get(question["variable"])
    if option is None or (option["type"] in ("raw", "str") and "choices" not in option):
        return
    (said,) = refusals(item["playbook"], {question["variable"]: "perhaps"})
    assert question["variable"] in said and "perhaps" in said
