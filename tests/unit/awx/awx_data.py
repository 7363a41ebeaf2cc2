"""What a team loads into AWX, and what the modules of awx.awx 24.6.1 take."""

from __future__ import annotations

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests import trust

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "extensions" / "awx"
# Variable -> the module that takes its items.
MODULES = {
    "controller_credential_types": "credential_type",
    "controller_credentials": "credential",
    "controller_projects": "project",
    "controller_execution_environments": "execution_environment",
    "controller_inventories": "inventory",
    "controller_hosts": "host",
    "controller_instance_groups": "instance_group",
    "controller_notifications": "notification_template",
    "controller_templates": "job_template",
    "controller_workflows": "workflow_job_template",
    "controller_schedules": "schedule",
}


class Loader(yaml.SafeLoader):
    """Takes what Ansible calls unsafe, a text that is no template, for a text."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader)  # a SafeLoader with one more kind of text


@cache
def data() -> dict[str, Any]:
    """All variables of extensions/awx, the number of slices as Ansible makes it of the hosts."""
    found: dict[str, Any] = {}
    for path in sorted(DATA.glob("controller_*.yml")):
        found |= load(path)
    return {name: _with(value, slices(found, len(found["controller_hosts"]))) for name, value in found.items()}


def slices(found: dict[str, Any], hosts: int) -> int:
    """Into how many jobs a job is cut where there are so many hosts."""
    variables = {"controller_hosts": [{}] * hosts}
    return int(Templar(DataLoader(), variables=variables).template(trust.template(found["accelerated_slices"])))


def _with(node: Any, count: int) -> Any:
    if isinstance(node, dict):
        return {key: count if value == "{{ accelerated_slices }}" else _with(value, count) for key, value in node.items()}
    return [_with(each, count) for each in node] if isinstance(node, list) else node


def items(variable: str) -> list[dict[str, Any]]:
    return data()[variable]


def template(name: str) -> dict[str, Any]:
    """One job template, without the prefix that all their names have."""
    (found,) = (each for each in items("controller_templates") if each["name"] == f"accelerated.nodes {name}")
    return found


def survey(item: dict[str, Any]) -> list[dict[str, Any]]:
    return item["survey_spec"].get("spec", [])


def answers(item: dict[str, Any]) -> dict[str, Any]:
    """The extra variables that AWX makes of a survey that is answered by its defaults: lists of multiple selections, all else as it is."""
    return {each["variable"]: answer(each, each["default"]) for each in survey(item)}


def answer(question: dict[str, Any], text: Any) -> Any:
    return [line for line in str(text).splitlines() if line] if question["type"] == "multiselect" else text


class _Called(BaseException):
    """The module's main() has come to its argument specification."""


@cache
def specification(module: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A module's own argument specification and what else it says of its arguments, as its main() gives them to AnsibleModule."""
    collection = fetch().fetched()
    seen: list[tuple[dict[str, Any], dict[str, Any]]] = []

    class Recorder:
        def __init__(self, argument_spec: dict[str, Any], **rules: Any) -> None:
            seen.append((argument_spec, rules))
            raise _Called

    stub = {
        name: ModuleType(name) for name in ("awx_stub", "awx_stub.modules", "awx_stub.module_utils", "awx_stub.module_utils.controller_api")
    }
    stub["awx_stub.module_utils.controller_api"].ControllerAPIModule = Recorder
    sys.modules |= stub
    try:
        found = _module(collection / "plugins" / "modules" / f"{module}.py", f"awx_stub.modules.{module}")
        found.main()
    except _Called:
        pass
    finally:
        for name in stub:
            del sys.modules[name]
    return seen[0]


def documentation(module: str) -> dict[str, Any]:
    """A module's documented options."""
    path = fetch().fetched() / "plugins" / "modules" / f"{module}.py"
    return yaml.safe_load(_module_text(path, "DOCUMENTATION"))["options"]


def _module_text(path: Path, name: str) -> str:
    tree = ast.parse(path.read_text())
    (found,) = (node.value.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name)
    return found


def fetch() -> ModuleType:
    """The tool that fetches awx.awx."""
    return _module(ROOT / "tools" / "awx_modules.py", "awx_modules")


def _module(path: Path, name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
