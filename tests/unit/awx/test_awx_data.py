"""The data for AWX against the argument specifications of awx.awx itself, and against itself: what is referred to is there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from dateutil.rrule import rrulestr

from tests.unit.awx.awx_data import DATA, MODULES, ROOT, data, documentation, fetch, items, load, slices, specification, survey, template

EVERY = [(variable, item) for variable in MODULES for item in items(variable)]
each_item = pytest.mark.parametrize(("variable", "item"), EVERY, ids=[f"{variable}-{item['name']}" for variable, item in EVERY])


def errors(module: str, item: dict[str, Any]) -> list[str]:
    """What a module of awx.awx says of an item."""
    spec, rules = specification(module)
    known = {key: rules[key] for key in ("mutually_exclusive", "required_together") if rules.get(key)}
    named = {key: rules[key] for key in ("required_if", "required_one_of", "required_by") if rules.get(key)}
    found = ArgumentSpecValidator(spec, **known, **named).validate(item)
    return list(found.error_messages)


def test_the_modules_are_those_of_the_release() -> None:
    manifest = json.loads((fetch().fetched() / "MANIFEST.json").read_text())
    assert manifest["collection_info"]["version"] == fetch().VERSION == "24.6.1"


def test_every_file_holds_what_is_known_and_nothing_else() -> None:
    assert set(data()) - {"accelerated_templates", "accelerated_slices"} == set(MODULES)
    assert all(items(variable) for variable in MODULES)


@each_item
def test_an_item_is_what_its_module_takes(variable: str, item: dict[str, Any]) -> None:
    assert errors(MODULES[variable], item) == []


@pytest.mark.parametrize(
    ("variable", "wrong", "says"),
    [
        ("controller_templates", {"ask_survey": True}, "ask_survey"),
        ("controller_templates", {"forks": "many"}, "forks"),
        ("controller_templates", {"job_type": "scan"}, "job_type"),
        ("controller_credential_types", {"kind": "cluster"}, "kind"),
        ("controller_execution_environments", {"pull": "sometimes"}, "pull"),
    ],
)
def test_the_specifications_refuse_what_is_wrong(variable: str, wrong: dict[str, Any], says: str) -> None:
    (said,) = errors(MODULES[variable], {**items(variable)[0], **wrong})
    assert says in said


def suboptions(options: dict[str, Any]) -> dict[str, Any]:
    """Documented options as an argument specification."""
    keys = ("type", "elements", "choices", "required")
    return {
        name: {
            **{key: option[key] for key in keys if key in option},
            **({"options": suboptions(option["suboptions"])} if "suboptions" in option else {}),
        }
        for name, option in options.items()
    }


def test_workflow_nodes_are_as_they_are_documented() -> None:
    """The module's specification says no more than that they are dictionaries."""
    nodes = {"workflow_nodes": {**documentation("workflow_job_template")["workflow_nodes"]}}
    validator = ArgumentSpecValidator(suboptions(nodes))
    for workflow in items("controller_workflows"):
        found = validator.validate({"workflow_nodes": workflow["workflow_nodes"]})
        assert (found.error_messages, found.unsupported_parameters) == ([], set())
    wrong = [{"identifier": "a", "job_slices": 2}]
    assert any("job_slices" in each for each in validator.validate({"workflow_nodes": wrong}).error_messages)


def names(variable: str) -> set[str]:
    return {item["name"] for item in items(variable)}


def test_what_a_template_refers_to_is_there() -> None:
    for item in items("controller_templates"):
        assert item["inventory"] in names("controller_inventories")
        assert item["project"] in names("controller_projects")
        assert item["execution_environment"] in names("controller_execution_environments")
        assert set(item["credentials"]) <= names("controller_credentials")
        assert set(item.get("instance_groups", [])) <= names("controller_instance_groups")
        assert set(item.get("notification_templates_error", [])) <= names("controller_notifications")
        assert (ROOT / item["playbook"]).is_file()
    for item in items("controller_credentials"):
        assert item["credential_type"] in {*names("controller_credential_types"), "Amazon Web Services"}
    assert {item["inventory"] for item in items("controller_hosts")} <= names("controller_inventories")
    assert {item["unified_job_template"] for item in items("controller_schedules")} <= names("controller_templates")


def test_every_playbook_but_the_administrators_has_a_template() -> None:
    played = {item["playbook"].removeprefix("playbooks/") for item in items("controller_templates")}
    assert played == {path.name for path in (ROOT / "playbooks").glob("*.yml")} - {"automation_rbac.yml"}


def test_a_failure_anywhere_in_the_workflow_ends_in_the_job_that_fails() -> None:
    (workflow,) = items("controller_workflows")
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    assert {node["unified_job_template"]["name"] for node in nodes.values()} <= names("controller_templates")
    then = {name: [each["identifier"] for each in node.get("related", {}).get("success_nodes", [])] for name, node in nodes.items()}
    assert then == {"preflight": ["install"], "install": ["verify"], "verify": [], "explain": []}
    for name in ("preflight", "install", "verify"):
        assert nodes[name]["related"]["failure_nodes"] == [{"identifier": "explain"}]
    assert not nodes["explain"].get("related")


def test_what_is_given_at_launch_is_asked_for() -> None:
    """AWX ignores what a template does not prompt for."""
    templates = {item["name"]: item for item in items("controller_templates")}
    given = [(node, node["unified_job_template"]["name"]) for item in items("controller_workflows") for node in item["workflow_nodes"]]
    given += [(item, item["unified_job_template"]) for item in items("controller_schedules")]
    sliced = [templates[name]["ask_job_slice_count_on_launch"] for item, name in given if "job_slice_count" in item]
    assert len(sliced) == 4 and all(sliced)


@pytest.mark.parametrize(("hosts", "count"), [(0, 1), (1, 1), (2, 10), (30, 10)])
def test_a_job_is_cut_where_there_is_something_to_cut(hosts: int, count: int) -> None:
    """A prompt for more than one slice is refused where the inventory has a single host, when the node or the schedule is saved."""
    assert slices(data(), hosts) == count


def test_what_the_rulebook_launches_needs_no_answers() -> None:
    """AWX fills no required answer in for what launches by its API."""
    rulebook = ROOT / "extensions" / "eda" / "rulebooks" / "verify_on_device_alert.yml"
    named = re.search(r"default\('accelerated.nodes ([a-z ]+)'\)", rulebook.read_text())
    launched = template(named[1])
    assert [question for question in survey(launched) if question["required"]] == []
    assert launched["ask_variables_on_launch"] and launched["ask_limit_on_launch"]


def test_the_schedule_is_every_night() -> None:
    (schedule,) = items("controller_schedules")
    assert template("nightly verify")["name"] == schedule["unified_job_template"] and schedule["enabled"]
    rule = rrulestr(schedule["rrule"].replace(" RRULE", "\nRRULE"))
    first = rule.after(datetime(2026, 11, 29, 12, tzinfo=UTC))
    assert (first.hour, rule.after(first) - first) == (2, timedelta(days=1))


def test_the_nightly_verification_has_a_directory_that_lasts() -> None:
    nightly = template("nightly verify")
    (group,) = items("controller_instance_groups")
    pod = yaml.safe_load(group["pod_spec_override"])["spec"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    assert nightly["instance_groups"] == [group["name"]] and nightly["prevent_instance_group_fallback"]
    assert nightly["extra_vars"]["accelerator_verify_history_dir"] == mount["mountPath"]
    assert [volume["name"] for volume in pod["volumes"]] == [mount["name"]]


def test_the_kubeconfig_is_a_file_that_every_program_is_told_of() -> None:
    (kind,) = items("controller_credential_types")
    (field,) = kind["inputs"]["fields"]
    assert field["secret"] and field["multiline"]
    assert kind["injectors"]["file"] == {"template": f"{{{{ {field['id']} }}}}"}
    assert kind["injectors"]["env"] == dict.fromkeys(("K8S_AUTH_KUBECONFIG", "KUBECONFIG"), "{{ tower.filename }}")


def test_versions_are_the_collections() -> None:
    version = load(ROOT / "galaxy.yml")["version"]
    assert items("controller_projects")[0]["scm_branch"] == version
    assert all(item["image"].endswith(f":{version}") for item in items("controller_execution_environments"))


def test_teardown_asks_for_what_it_removes_without_a_default() -> None:
    confirm = survey(template("teardown"))[0]
    assert (confirm["variable"], confirm["required"], confirm["default"]) == ("accelerated_confirm", True, "")


def test_every_kind_is_loaded_by_its_module_after_what_it_needs() -> None:
    (play,) = load(DATA / "configure.yml")
    (task,) = play["tasks"]
    assert [f"controller_{kind}" for kind in task["loop"]] == list(MODULES)
    assert sorted(play["vars_files"]) == sorted(path.name for path in DATA.glob("controller_*.yml"))
    for variable, module in MODULES.items():
        (loading,) = load(DATA / "load" / f"{variable.removeprefix('controller_')}.yml")
        passed, (spec, _rules) = loading[f"awx.awx.{module}"], specification(module)
        # Whatever a team adds to an item, but for what renames it.
        assert set(passed) == set(spec) - {"new_name", "copy_from", "custom_virtualenv"}
        assert all(re.fullmatch(rf"\{{\{{ item\.{key}( \| default\(omit\))? \}}\}}", value) for key, value in passed.items())
        assert loading["loop"] == f"{{{{ {variable} }}}}"
        assert loading.get("no_log", False) is (variable in ("controller_credentials", "controller_notifications"))
