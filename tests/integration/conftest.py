"""One lab for the whole session (for a worker's, where several run tests): brought up if it was not, and taken down again only then."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests import shares
from tests.integration import account_look
from tests.integration.verify_fault_table import definitions
from tests.lab import binaries
from tests.lab.state import BIN_DIR

ROOT = Path(__file__).resolve().parents[2]
# The lab has one Karpenter: its charts are published a second time under this number, of the next minor version.
LATER = "1.15.0"

Run = Callable[..., str]


def lab_command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the lab's command line; its output is shown unless captured."""
    return subprocess.run([sys.executable, "-m", "tests.lab", *words], cwd=ROOT, text=True, check=False, **options)


def exported(script: str) -> dict[str, str]:
    """Variables that lines like ``export NAME=value`` set; ``$PATH`` in a value is expanded."""
    assignments = (word for word in shlex.split(script) if "=" in word)
    return {name: os.path.expandvars(value) for name, value in (word.split("=", 1) for word in assignments)}


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> Iterator[dict[str, str]]:
    """The environment in which programs meet the lab."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    directory = os.environ.get("LAB_DIR") or str(ROOT / ".build" / "lab")
    os.environ["LAB_DIR"] = shares.lab_directory(directory, shares.worker_of(os.environ))
    # A worker's own is nobody else's, so that one still there was left by a run that was killed.
    was_up = os.environ["LAB_DIR"] == directory and lab_command("env", capture_output=True).returncode == 0
    with capture.global_and_fixture_disabled():
        # A cold build takes 20 minutes, and its progress is the only sign of life.
        assert lab_command("up", stdout=subprocess.DEVNULL).returncode == 0, "the lab did not come up; see above"
    environment = exported(lab_command("env", capture_output=True).stdout)
    yield os.environ | environment | {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "collections"), "ANSIBLE_NOCOLOR": "1"}
    if not was_up:
        lab_command("down", capture_output=True)


@pytest.fixture(scope="session")
def run(lab: dict[str, str]) -> Run:
    """A function that runs a program against the lab and gives its output; the test fails with it unless it ends as ``fails`` says."""

    def run_program(*command: str, fails: bool = False, **variables: str) -> str:
        program = str(Path(sys.executable).parent / command[0])
        done = subprocess.run(
            [program, *command[1:]],
            cwd=ROOT,
            env=lab | variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if (done.returncode != 0) != fails:
            pytest.fail(f"{shlex.join(command)} ended with {done.returncode}\n{done.stdout}", pytrace=False)
        return done.stdout

    return run_program


@pytest.fixture(scope="session")
def play(run: Run, lab: dict[str, str]) -> Run:
    """A function that runs a playbook as a user does: the example's inventory, beside the one that says where the lab is."""
    inventories = ("-i", str(ROOT / "examples" / "inventory"), "-i", str(Path(lab["LAB_DIR"]) / "inventory.yml"), "--limit", "lab")
    # Reports and backups go where a playbook runs: they are the lab's, and not another's that runs at the same time.
    here = {"PWD": lab["LAB_DIR"]}
    return lambda playbook, *options, **variables: run("ansible-playbook", playbook, *inventories, *options, **{**here, **variables})


@pytest.fixture(scope="session")
def program(lab: dict[str, str]) -> Run:
    """A function that runs one of the lab's programs and gives its output."""

    def run_program(name: str, *words: str, given: str | None = None) -> str:
        command = [str(BIN_DIR / name), *words]
        return subprocess.run(command, env=lab, input=given, text=True, check=True, capture_output=True).stdout

    return run_program


@pytest.fixture(scope="session")
def registry(lab: dict[str, str]) -> str:
    """The address of the lab's registry of charts."""
    inventory = (Path(lab["LAB_DIR"]) / "inventory.yml").read_text()
    return re.search(r"oci://[^/\s\"]+", inventory)[0]


@pytest.fixture(scope="session")
def later_charts(program: Run, registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Both of Karpenter's charts under a later number, which is given."""
    place = tmp_path_factory.mktemp("charts")
    for chart in ("karpenter", "karpenter-crd"):
        source = binaries.module_source("karpenter") / "charts" / chart
        program("helm", "package", str(source), f"--version={LATER}", f"--app-version={LATER}", f"--destination={place}")
        program("helm", "push", str(place / f"{chart}-{LATER}.tgz"), f"{registry}/karpenter", "--plain-http")
    return LATER


NO_POOLS = ("-e", '{"node_pools_definitions": []}')
AUTOMATION = "accelerated.nodes.automation_rbac"
# Longer than any session.
TOKEN_SECONDS = 6 * 3600


@pytest.fixture(scope="session")
def automation(play: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A function like ``play``, but as the least-privilege account of the role automation_rbac; nothing else leads it to the cluster."""
    kubeconfig = str(tmp_path_factory.mktemp("automation") / "kubeconfig")
    account = json.dumps({"automation_rbac_kubeconfig": kubeconfig, "automation_rbac_token_seconds": TOKEN_SECONDS})
    play(AUTOMATION, "-e", account)
    nowhere = {"KUBECONFIG": "/nowhere", "K8S_AUTH_KUBECONFIG": "/nowhere"}
    as_account = json.dumps({"eks_kubeconfig": kubeconfig})
    yield lambda playbook, *options, **variables: play(playbook, "-e", as_account, *options, **{**nowhere, **variables})
    play(AUTOMATION, "-e", account, "-e", "automation_rbac_state=absent")


@pytest.fixture(scope="session")
def installed(automation: Run) -> Iterator[None]:
    """Karpenter and both device plugins, and no node pool; gone again after the last test that needs them, with the pools below.

    By the least-privilege account, so that all that shares this shows that it can.
    """
    automation("accelerated.nodes.install", *NO_POOLS)
    assert account_look.left(), "nothing of what is installed is seen in the account"
    yield
    everything = json.dumps({"node_pools_definitions": [*example_definitions(), *definitions()]})
    automation("accelerated.nodes.teardown", "-e", everything)
    assert account_look.left() == []


def example_definitions() -> list[dict[str, object]]:
    """The node pools of the example's inventory."""
    return yaml.safe_load((ROOT / "examples" / "inventory" / "group_vars" / "all.yml").read_text())["node_pools_definitions"]


@pytest.fixture(scope="session")
def example_pools(automation: Run, installed: None) -> None:
    """The example's node pools on what is installed, by the same account; the files that need them are the last (tests/shares.py)."""
    automation("accelerated.nodes.install", "--tags", "node_pools")


@pytest.fixture(scope="session")
def verify_pools(play: Run, installed: None) -> None:
    """The node pools of the tests that verify nodes under faults and signals."""
    pools = json.dumps({"node_pools_definitions": definitions()})
    play("accelerated.nodes.install", "--tags", "node_pools", "-e", pools)
