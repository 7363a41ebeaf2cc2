"""The rules of the house that a machine can check; docs/architecture.md says why they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import role_docs

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parents[1] for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
MODULES = sorted(path for path in ROOT.glob("plugins/modules/*.py"))
SOURCES = sorted(path for folder in ("plugins", "tests", "tools") for path in (ROOT / folder).rglob("*.py"))
PLUGINS = [path for path in SOURCES if path.is_relative_to(ROOT / "plugins")]
LONGEST_FUNCTION = 40
# Documentation fragment with the options of authentication -> action group of the modules that take them.
GROUP_BY_FRAGMENT = {
    "kubernetes.core.k8s_auth_options": "all",
    "kubernetes.core.helm_common_options": "helm",
    "amazon.aws.common.modules": "aws",
}
# Roles that only look, so that there is nothing for them to bring into a state.
LOOKING = {"preflight"}
VERSION = r"(\d+\.\d+\.\d+(?:-[\w.]+)?)"
#: File that has the collection's version in it -> what the version stands behind there.
VERSIONED = {
    "README.md": "accelerated.nodes:==",
    "docs/execution-environments.md": "accelerated-nodes-",
    "extensions/awx/controller_execution_environments.yml": "accelerated-nodes-ee:",
    "extensions/awx/controller_instance_groups.yml": "accelerated-nodes-ee:",
    "extensions/awx/controller_projects.yml": "scm_branch: ",
    "plugins/module_utils/common/_version.py": 'COLLECTION_VERSION = "',
}
SHARED_INPUTS = {"eks_cluster_name", "eks_region", "eks_kubeconfig", "eks_context", "accelerated_registry"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) if path.exists() else None


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def options(role: Path) -> dict[str, dict[str, Any]]:
    return load(role / "meta" / "argument_specs.yml")["argument_specs"]["main"].get("options", {})


def described(spec: dict[str, dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option with its full name, options of options included."""
    for name, option in spec.items():
        yield prefix + name, option
        yield from described(option.get("options", {}), f"{prefix}{name}.")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_text(role: Path) -> str:
    """All that a role does, without what declares its interface."""
    files = [
        path for folder in ("tasks", "templates", "handlers", "vars", "defaults") for path in (role / folder).rglob("*") if path.is_file()
    ]
    return "\n".join(path.read_text() for path in files)


def tasks(path: Path) -> Iterator[dict[str, Any]]:
    """Every task in a file, those in blocks included."""
    pending = list(load(path) or [])
    while pending:
        task = pending.pop()
        yield task
        for section in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            pending.extend(task.get(section) or [])


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)


def test_there_are_roles_and_modules_to_check() -> None:
    assert ROLES and MODULES


def test_every_role_declares_its_interface() -> None:
    assert sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir()) == ROLES


@each_role
def test_defaults_equal_argument_specs(role: Path) -> None:
    declared = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert (load(role / "defaults" / "main.yml") or {}) == declared


@each_role
def test_variables_carry_their_roles_name(role: Path) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role.name}_") and name not in SHARED_INPUTS] == []


@each_role
def test_every_role_that_changes_something_has_a_state(role: Path) -> None:
    if role.name in LOOKING:
        assert f"{role.name}_state" not in options(role)
        return
    assert options(role)[f"{role.name}_state"]["choices"] in (["present", "absent"], ["present", "absent", "checked"])


def test_install_checks_with_every_role_before_it_changes_anything() -> None:
    begun, checks, changes = load(ROOT / "playbooks" / "install.yml")
    assert [task["ansible.builtin.import_tasks"] for task in begun["tasks"]] == ["tasks/artifact.yml"]
    assert checks["ansible.builtin.import_playbook"] == "accelerated.nodes.preflight"
    (play,) = load(ROOT / "playbooks" / "preflight.yml")
    states = {role["role"]: role.get(f"{role['role'].rsplit('.', 1)[1]}_state") for role in play["roles"]}
    looking = {f"accelerated.nodes.{name}" for name in LOOKING}
    assert states == {**{role["role"]: "checked" for role in changes["roles"]}, **dict.fromkeys(looking)}


@each_role
def test_every_declared_variable_is_used(role: Path) -> None:
    text = "\n".join(line for line in role_text(role).splitlines() if not re.match(rf"{role.name}_\w+:", line))
    # A default may use another variable of the role.
    text += "\n".join(str(value) for value in (load(role / "defaults" / "main.yml") or {}).values())
    assert [name for name in options(role) if not re.search(rf"\b{name}\b", text) and name not in SHARED_INPUTS] == []


@each_role
def test_every_used_variable_is_declared(role: Path) -> None:
    used = set(re.findall(rf"(?<![\w.'\"/-]){role.name}_\w+", role_text(role)))
    assert sorted(used - set(options(role))) == []


@each_role
def test_every_option_is_described(role: Path) -> None:
    """In text: a colon and a space in a sentence without quotes make a mapping of it."""
    texts = {name: option.get("description") for name, option in described(options(role))}
    wrong = [name for name, text in texts.items() if not all(isinstance(part, str) for part in as_list(text)) or not text]
    assert wrong == []


@each_role
def test_main_is_a_table_of_contents(role: Path) -> None:
    assert len((role / "tasks" / "main.yml").read_text().splitlines()) <= 15


@each_role
def test_tasks_hide_nothing_and_use_modules(role: Path) -> None:
    forbidden = {"ignore_errors", "shell", "command", "raw", *(f"ansible.builtin.{name}" for name in ("shell", "command", "raw"))}
    found = [(relative(path), task.get("name")) for path in role.glob("tasks/*.yml") for task in tasks(path) if forbidden & set(task)]
    assert found == []


@each_role
def test_every_role_has_a_scenario(role: Path) -> None:
    assert (ROOT / "extensions" / "molecule" / role.name / "molecule.yml").exists()


@each_module
def test_every_module_is_in_the_action_group_of_its_options(module: Path) -> None:
    groups = load(ROOT / "meta" / "runtime.yml")["action_groups"]
    homes = {group for fragment, group in GROUP_BY_FRAGMENT.items() if f"- {fragment}\n" in module.read_text()}
    assert homes == {group for group, members in groups.items() if module.stem in members} != set()


@each_module
def test_every_module_has_an_integration_target(module: Path) -> None:
    assert (ROOT / "tests" / "integration" / "targets" / module.stem / "tasks" / "main.yml").exists()


def test_role_readmes_are_current() -> None:
    assert [relative(path) for path in role_docs.outdated()] == [], "run make docs"


def test_functions_are_short() -> None:
    too_long = [
        f"{relative(path)}: {function.name} has {function.end_lineno - function.lineno + 1} lines"
        for path in SOURCES
        for function in functions(path)
        if function.end_lineno - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_no_except_catches_everything() -> None:
    blanket = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert blanket == []


def test_a_module_ends_in_one_place() -> None:
    """In _module.py for the modules that talk to Kubernetes, in main() for those on amazon.aws' module class."""
    endings = {"exit_json", "fail_json", "fail_json_aws"}
    elsewhere = [
        f"{relative(path)}: {function.name}"
        for path in PLUGINS
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr in endings and path.name != "_module.py" and function.name != "main"
    ]
    assert elsewhere == []


def test_the_product_knows_nothing_of_the_lab() -> None:
    files = [
        path
        for folder in ("plugins", "roles", "playbooks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yml", ".j2", ".md")
    ]
    word = re.compile(r"\b(lab|moto|kwok|127\.0\.0\.1)\b", re.IGNORECASE)
    assert [relative(path) for path in files if word.search(path.read_text())] == []


def test_the_version_is_the_same_in_every_file() -> None:
    """As a set, since a file may say it again."""
    version = load(ROOT / "galaxy.yml")["version"]
    written = {file: set(re.findall(re.escape(before) + VERSION, (ROOT / file).read_text())) for file, before in VERSIONED.items()}
    assert {file: found for file, found in written.items() if found != {version}} == {}


def test_versions_are_told_alike() -> None:
    galaxy = load(ROOT / "galaxy.yml")
    readme = (ROOT / "README.md").read_text()
    wanted = [load(ROOT / "meta" / "runtime.yml")["requires_ansible"].removeprefix(">=")]
    wanted += [floor.removeprefix(">=") for floor in galaxy["dependencies"].values()]
    assert [version for version in wanted if version not in readme] == []
