"""An installation that changes nothing, beside the same content as tasks of kubernetes.core and amazon.aws, and beside Helm and kubectl.

On a lab of its own, as there are AWS, charts and Karpenter in it; each run is of a program as a user starts it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml

from tests.bench.bench import Bench, interleaved, medians
from tests.bench.figures import Figure, Goal
from tests.bench.measure import Program
from tests.lab.nodes.api import Api
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CHECKOUT, CLUSTER_NAME, REGION, State

ROUNDS = 5
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
COLLECTIONS = CHECKOUT / ".build" / "collections"
RIGHTS = "karpenter_cluster_roles"
#: Further rights of the controller: three roles and their bindings.
ROLES = [{"name": f"bench-{number}", "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]} for number in range(3)]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
KINDS = {
    "NodePool": "/apis/karpenter.sh/v1/nodepools",
    "EC2NodeClass": "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
    "ClusterRole": f"{RBAC}/clusterroles?labelSelector=accelerated.nodes%2Fkarpenter",
    "ClusterRoleBinding": f"{RBAC}/clusterrolebindings?labelSelector=accelerated.nodes%2Fkarpenter",
    "Namespace": "/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fmanaged-by%3Daccelerated.nodes",
}
KEPT = ("name", "namespace", "labels")
#: Chart -> the inventory's variable that says where it is.
CHARTS = {
    "karpenter": "karpenter_chart_ref",
    "karpenter-crd": "karpenter_crd_chart_ref",
    "nvidia-device-plugin": "nvidia_chart_ref",
    "neuron-helm-chart": "neuron_chart_ref",
}
NO_CHANGE = re.compile(r"changed=0 .*failed=0")


def run(bench: Bench) -> list[Figure]:
    """Ours, whole and without its preflight, the tasks, and the commands, once a round each."""
    with _lab(bench.directory / "lab") as environment:
        ours = _ours(bench.directory, Path(environment["LAB_DIR"]))
        _playbook(ours["whole"], environment)
        content = _content(State(Path(environment["LAB_DIR"])), Path(environment["LAB_DIR"]) / "inventory.yml")
        tasks, commands = bench.directory / "tasks.yml", bench.directory / "commands.sh"
        tasks.write_text(yaml.safe_dump(as_tasks(content)))
        commands.write_text(as_commands(content, bench.directory))
        found = interleaved(
            bench.rounds(ROUNDS),
            {
                **{name: lambda _number, words=words: _playbook(words, environment) for name, words in ours.items()},
                "tasks": lambda _number: _playbook(("-i", "localhost,", str(tasks)), environment, changes=True),
                "commands": lambda _number: _program(("/bin/bash", str(commands)), environment).wait().seconds,
            },
        )
    return figures(medians(found), found, size(content))


def size(content: Mapping[str, Any]) -> int:
    """How many objects that is, in AWS and in the cluster."""
    return 1 + len(content["releases"]) + len(content["objects"])


def as_tasks(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The play that one writes without the collection: a task for each object."""
    stack = {"amazon.aws.cloudformation": content["stack"]}
    charts = [{"kubernetes.core.helm": release} for release in content["releases"]]
    objects = [{"kubernetes.core.k8s": {"definition": each}} for each in content["objects"]]
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [stack, *charts, *objects]}]


def as_commands(content: Mapping[str, Any], directory: Path) -> str:
    """The same with Helm and kubectl, as far as they can: without the stack."""
    lines = ["set -euo pipefail"]
    for release in content["releases"]:
        values = directory / f"values-{release['name']}.json"
        values.write_text(json.dumps(release["values"]))
        words = ["helm", "upgrade", "--install", release["name"], release["chart_ref"], "--version", release["chart_version"]]
        words += ["--namespace", release["release_namespace"], "--plain-http", "--values", str(values)]
        lines.append(shlex.join([*words, *(["--skip-crds"] if release["skip_crds"] else [])]))
    manifests = directory / "objects.json"
    manifests.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": content["objects"]}))
    diff = ["kubectl", "diff", "--server-side", "--force-conflicts", "--field-manager=accelerated.nodes", "--filename", str(manifests)]
    # It ends with 1 where it has shown a difference.
    return "\n".join([*lines, f"{shlex.join(diff)} || [ $? = 1 ]"]) + "\n"


def figures(seconds: Mapping[str, float], rounds: Mapping[str, list[float]], objects: int) -> list[Figure]:
    """What was found, of medians in seconds and of what they are of."""
    what = f"installation with no change, {objects} objects"
    spread = f"ours {min(rounds['whole']):.1f} to {max(rounds['whole']):.1f} s, {min(rounds['tasks']):.1f} to {max(rounds['tasks']):.1f} s"
    return [
        Figure(what, "s", seconds["whole"], "a task for each object", seconds["tasks"], Goal("ratio", 1 / 3), spread),
        Figure(f"{what}, without its preflight", "s", seconds["roles"], "a task for each object", seconds["tasks"]),
        Figure(what, "s", seconds["whole"], "helm upgrade, kubectl diff", seconds["commands"], note="which leave out the stack"),
    ]


@contextlib.contextmanager
def _lab(directory: Path) -> Iterator[dict[str, str]]:
    """A lab of its own, and the environment by which programs meet it."""
    environment = {**os.environ, "LAB_DIR": str(directory)}
    command = [sys.executable, "-m", "tests.lab"]
    try:
        subprocess.run([*command, "up"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, check=True)
        home = directory / "home"
        home.mkdir()
        settings = {"HOME": str(home), "TMPDIR": str(home), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1"}
        yield environment | State(directory, _ports(directory)).environment() | settings | {"PYTHONDONTWRITEBYTECODE": ""}
    finally:
        subprocess.run([*command, "down"], cwd=CHECKOUT, env=environment, check=True)


def _ports(directory: Path) -> dict[str, int]:
    return json.loads((directory / "state.json").read_text())["ports"]


def _ours(directory: Path, lab: Path) -> dict[str, tuple[str, ...]]:
    """What ansible-playbook is to run: the playbook, and its roles without the preflight before them."""
    (_begun, _preflight, roles) = yaml.safe_load((CHECKOUT / "playbooks" / "install.yml").read_text())
    alone = directory / "roles.yml"
    alone.write_text(yaml.safe_dump([roles]))
    shutil.copytree(CHECKOUT / "playbooks" / "tasks", directory / "tasks", dirs_exist_ok=True)
    inventory = ("-i", str(CHECKOUT / "examples" / "inventory"), "-i", str(lab / "inventory.yml"), "--limit", "lab")
    rights = ("-e", json.dumps({RIGHTS: ROLES}))
    return {"whole": ("accelerated.nodes.install", *inventory, *rights), "roles": (str(alone), *inventory, *rights)}


def _program(command: tuple[str, ...], environment: Mapping[str, str]) -> Program:
    return Program(command, environment, Path(environment["HOME"]))


def _playbook(words: tuple[str, ...], environment: Mapping[str, str], changes: bool = False) -> float:
    """Seconds that a playbook takes; the first run installs, and every other one is to change nothing, unless it may (``changes``)."""
    installed = Path(environment["HOME"]) / "installed"
    usage = _program((str(PLAYBOOK), *words), environment).wait()
    if installed.exists() and not changes and not NO_CHANGE.search(usage.output):
        raise RuntimeError(f"ansible-playbook {words[0]} was to change nothing: {usage.output[-2000:]}")
    installed.touch()
    return usage.seconds


def _content(state: State, inventory: Path) -> dict[str, Any]:
    """What is installed, as the options of modules that would make it."""
    state = State(state.directory, _ports(state.directory))
    api = Api(state.kubeconfig)
    variables = yaml.safe_load(inventory.read_text())["all"]["hosts"]["lab"]
    return {
        "stack": _stack(state),
        "releases": [_release(each, variables) for each in _records(api)],
        "objects": [_manifest(kind, each) for kind, path in KINDS.items() for each in api.request("GET", path)["items"]],
    }


def _stack(state: State) -> dict[str, Any]:
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    client = session.client("cloudformation", endpoint_url=state.aws_endpoint)
    (stack,) = (each for each in client.describe_stacks()["Stacks"] if CLUSTER_NAME in each["StackName"])
    template = client.get_template(StackName=stack["StackName"])["TemplateBody"]
    return {
        "stack_name": stack["StackName"],
        "template_body": template if isinstance(template, str) else json.dumps(template),
        "template_parameters": {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
        "region": REGION,
    }


def _records(api: Api) -> list[dict[str, Any]]:
    """The releases, by Helm's own records."""
    secrets = api.request("GET", "/api/v1/secrets?labelSelector=owner%3Dhelm")["items"]
    packed = (base64.b64decode(base64.b64decode(each["data"]["release"])) for each in secrets)
    return [json.loads(gzip.decompress(each)) for each in packed]


def _release(record: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    chart = record["chart"]["metadata"]
    return {
        "name": record["name"],
        "release_namespace": record["namespace"],
        "chart_ref": variables[CHARTS[chart["name"]]],
        "chart_version": chart["version"],
        "plain_http": True,
        "skip_crds": chart["name"] == "karpenter",
        "values": record.get("config") or {},
    }


def _manifest(kind: str, each: Mapping[str, Any]) -> dict[str, Any]:
    """What one would write to have this object."""
    meta = {key: each["metadata"][key] for key in KEPT if key in each["metadata"]}
    version = {"NodePool": "karpenter.sh/v1", "EC2NodeClass": "karpenter.k8s.aws/v1", "Namespace": "v1"}
    fields = {key: each[key] for key in ("spec", "rules", "roleRef", "subjects") if key in each and kind != "Namespace"}
    return {"apiVersion": version.get(kind, "rbac.authorization.k8s.io/v1"), "kind": kind, "metadata": meta, **fields}
