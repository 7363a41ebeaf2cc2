"""A job as AWX runs it: ansible-runner in a private data directory, credentials by files and environment, answers as text, an environment without the user's.

What AWX itself does (its database, queue, containers) is not here; the directory, the inventory script, the unsafe answers and the variables of the
credentials are made as it makes them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
IDENT = "1"
#: What of the environment of whoever runs the tests a container would not have.
USERS = re.compile(r"HOME|KUBECONFIG|(ANSIBLE|K8S_AUTH|AWS|HELM|XDG|LAB|PYTEST)_.*|PWD|OLDPWD")
#: Names of variables whose values AWX does not keep.
HIDDEN = re.compile("API|TOKEN|KEY|SECRET|PASS")
SECONDS = 900

Json = dict[str, Any]
Heard = Callable[[Json], bool]


class Unsafe(str):
    """A text that is no template."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    """Writes what somebody answered as AWX does."""


Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="'"))


def unsafe(value: Any) -> Any:
    if isinstance(value, str):
        return Unsafe(value)
    return [unsafe(each) for each in value] if isinstance(value, list) else value


@dataclass
class Credential:
    """What a credential brings into a job: variables, and a file whose path ``{file}`` stands for."""

    variables: Mapping[str, str]
    file: str = ""


@dataclass
class Outcome:
    """How a job ended."""

    directory: Path
    rc: int
    events: list[Json] = field(default_factory=list)

    @property
    def status(self) -> str:
        return (self._artifacts / "status").read_text()

    @property
    def output(self) -> str:
        return "\n".join(filter(None, (each.get("stdout") for each in self.events)))

    @property
    def statistics(self) -> Json:
        """What AWX keeps as the job's artifacts, and gives to the next job of a workflow."""
        return next((each["event_data"].get("artifact_data", {}) for each in self.events if each["event"] == "playbook_on_stats"), {})

    @property
    def messages(self) -> list[str]:
        """What tasks failed with."""
        results = [each["event_data"]["res"] for each in self.events if each["event"] in ("runner_on_failed", "runner_item_on_failed")]
        return [str(result.get("msg", "")) for result in results]

    @property
    def _artifacts(self) -> Path:
        return self.directory / "artifacts" / IDENT

    def leaks(self, secrets: list[str]) -> list[str]:
        """Events and artifacts that hold a secret.

        ansible-runner writes the environment that it was given into the artifact ``command``, and AWX hides there what it knows by its name.
        """
        found = []
        for path in (path for path in self._artifacts.rglob("*") if path.is_file()):
            text = path.read_text(errors="replace")
            if path == self._artifacts / "command":
                found += [name for name, value in json.loads(text)["env"].items() if holds(value, secrets) and not HIDDEN.search(name)]
            elif holds(text, secrets):
                found.append(str(path.relative_to(self._artifacts)))
        return found


def holds(text: str, secrets: list[str]) -> bool:
    return any(secret in text for secret in secrets)


class Job:
    """One job of a template, ready to run."""

    def __init__(self, directory: Path, template: Json, hosts: Mapping[str, Json], credentials: list[Credential], **given: Any) -> None:
        """Make the private data directory.

        Args:
            directory: Which is made.
            template: An item of controller_templates.
            hosts: The inventory's hosts, with their variables.
            credentials: Those of the template.
            given: ``answers`` of whoever launches, ``limit``, ``artifacts`` of the jobs before it in a workflow, ``options`` of the command line.
        """
        self.directory = directory
        for name in ("env", "inventory", "project", "home", "tmp"):
            (directory / name).mkdir(parents=True)
        # As the project's checkout has it: the roles come from the execution environment.
        shutil.copytree(ROOT / "playbooks", directory / "project" / "playbooks")
        self._playbook = template["playbook"]
        extra = {**given.get("artifacts", {}), **template.get("extra_vars", {})}
        extra |= {name: unsafe(value) for name, value in given.get("answers", {}).items()}
        self._write("env/extravars", yaml.dump({**extra, "awx_job_id": 7, "tower_job_id": 7}, Dumper=Dumper))
        self._write("env/envvars", json.dumps(self._variables(credentials)))
        options = (
            ["--forks", str(template["forks"])] + (["--limit", given["limit"]] if given.get("limit") else []) + given.get("options", [])
        )
        self._write("env/cmdline", " ".join(options))
        listing = {"all": {"hosts": sorted(hosts)}, "_meta": {"hostvars": dict(hosts)}}
        script = self._write("inventory/hosts", f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(listing)!r})\n")
        script.chmod(0o700)

    def _write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def _variables(self, credentials: list[Credential]) -> dict[str, str]:
        """The environment that AWX gives a job, and its credentials."""
        found = {
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "JOB_ID": "7",
            "MAX_EVENT_RES": "700000",
        }
        for number, credential in enumerate(credentials):
            path = self.directory / "env" / f"tmp{number}"
            if credential.file:
                path.write_text(credential.file)
                path.chmod(0o600)
            found |= {name: value.replace("{file}", str(path)) for name, value in credential.variables.items()}
        return found

    def run(self, until: Heard | None = None, image: Mapping[str, str] | None = None) -> Outcome:
        """Run it to its end, or cancel it as AWX does when ``until`` says so of an event that has just come.

        Args:
            until: Called with each event while the job runs.
            image: What the execution environment's image sets besides.
        """
        command = [str(BIN / "ansible-runner"), "run", str(self.directory), "-p", self._playbook, "-i", IDENT, "--json"]
        with (self.directory / "runner.log").open("w") as errors:
            process = subprocess.Popen(
                command, env=self._environment(image or {}), cwd=self.directory, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        outcome = Outcome(self.directory, 0)
        for line in process.stdout:
            event = json.loads(line) if line.startswith("{") else None
            if not isinstance(event, dict) or "event" not in event:
                continue
            outcome.events.append(event)
            if until and until(event):
                process.send_signal(signal.SIGTERM)
                until = None
        outcome.rc = process.wait()
        watchdog.cancel()
        return outcome

    def _environment(self, image: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not USERS.fullmatch(name)}
        collections = str(ROOT / ".build" / "collections")
        own = {"HOME": str(self.directory / "home"), "PWD": str(self.directory), "TMPDIR": str(self.directory / "tmp")}
        path = f"{BIN}:{ROOT / '.build' / 'bin'}:/usr/bin:/bin"
        return {**kept, "PATH": path, "LANG": "C.UTF-8", "ANSIBLE_COLLECTIONS_PATH": collections, **own, **image}
