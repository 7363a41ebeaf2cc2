"""extensions/awx/configure.yml with the modules of awx.awx, of which nothing is another but that they write down what they were told.

There is no AWX here: what talks to its API is replaced, and what the modules take and refuse is their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.awx.awx_data import DATA, MODULES, fetch, items

# In place of awx.awx' module_utils/controller_api.py.
RECORDER = """\
import json, os
from ansible.module_utils.basic import AnsibleModule


class ControllerAPIModule(AnsibleModule):
    def __init__(self, argument_spec, **rules):
        super().__init__(argument_spec=argument_spec, **{key: value for key, value in rules.items() if key.startswith(("required", "mutually"))})
        with open(os.environ["AWX_RECORD"], "a") as record:
            record.write(json.dumps([self._name.rsplit(".", 1)[-1], self.params]) + "\\n")
        self.exit_json(changed=True)
"""
SECRETS = {
    "accelerated_aws_access_key_id": "AKIAEXAMPLE",
    "accelerated_aws_secret_access_key": "the-secret-key",
    "accelerated_kubeconfig": "token: the-token",
}


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A collections path with awx.awx alone: this collection is no dependency of the playbook either."""
    home = tmp_path / "collections"
    target = home / "ansible_collections" / "awx" / "awx"
    shutil.copytree(fetch().fetched(), target)
    (target / "plugins" / "module_utils" / "controller_api.py").write_text(RECORDER)
    return home


def configure(collections: Path, record: Path, variables: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "AWX_RECORD": str(record), "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(DATA / "configure.yml"), "-e", json.dumps(variables)]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def check(collections: Path, record: Path, variables: list[str]) -> None:
    """Load some kinds, the others left out, and see that each item was told as it is, and no secret to anybody else."""
    done = configure(collections, record, {**SECRETS, **{variable: [] for variable in MODULES if variable not in variables}})
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in record.read_text().splitlines()]
    wanted = [(MODULES[variable], item) for variable in variables for item in items(variable)]
    assert [(module, params["name"]) for module, params in told] == [(module, item["name"]) for module, item in wanted]
    for (module, params), (_same, item) in zip(told, wanted, strict=True):
        given = {key: params[key] for key in item}
        assert given == item or (module == "credential" and given["name"] == item["name"])
    inputs = {params["name"]: params["inputs"] for module, params in told if module == "credential"}
    assert inputs["accelerated.nodes EKS"] == {"kubeconfig": SECRETS["accelerated_kubeconfig"]}
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())


def test_items_reach_their_modules_as_they_are(collections: Path, tmp_path: Path) -> None:
    """Those with templates that are AWX's, secrets, and nodes."""
    check(collections, tmp_path / "record", ["controller_credential_types", "controller_credentials", "controller_workflows"])


@pytest.mark.proof
def test_every_item_reaches_its_module_as_it_is(collections: Path, tmp_path: Path) -> None:
    check(collections, tmp_path / "record", list(MODULES))
