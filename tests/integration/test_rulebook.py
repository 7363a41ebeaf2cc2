"""The example rulebook: one by the rules of Event-Driven Ansible, and one job a node when alerts come to it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.patience import eventually
from tests.unit.awx.awx_data import survey, template
from tools.environments import locked

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "verify_on_device_alert.yml"
TOKEN = "alertmanager"
# As extensions/awx has it.
LAUNCHED = template("verify node")
NODE = "ip-10-0-1-2.us-west-2.compute.internal"
# Reads a rulebook as ansible-rulebook does, before it would start Java.
READER = """
import sys, yaml
from ansible_rulebook import rules_parser
from ansible_rulebook.validators import Validate

document = yaml.safe_load(sys.stdin)
Validate.rulebook(document)
(ruleset,) = rules_parser.parse_rule_sets(document, {})
print(ruleset.name, *(rule.name for rule in ruleset.rules), sep="\\n")
"""


@pytest.fixture(scope="module")
def programs() -> Path:
    """Where ansible-rulebook is."""
    return locked("rulebook", "3.12") / "bin"


def read(programs: Path, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs / "python", "-c", READER], input=text, capture_output=True, text=True, check=False)


def test_rulebook_is_one(programs: Path) -> None:
    done = read(programs, RULEBOOK.read_text())
    assert done.stdout.splitlines() == ["Verify nodes whose accelerators raise an alert", "A device of a node has an alert"], done.stderr


@pytest.mark.parametrize(("right", "wrong"), [("once_within: 6 hours", "once_within: often"), ('== "firing"', '=== "firing"')])
def test_another_text_is_none(programs: Path, right: str, wrong: str) -> None:
    text = RULEBOOK.read_text()
    assert right in text
    assert read(programs, text.replace(right, wrong)).returncode != 0


def test_rulebook_sets_what_the_role_takes() -> None:
    (ruleset,) = yaml.safe_load(RULEBOOK.read_text())
    ((action,),) = [rule["actions"] for rule in ruleset["rules"]]
    specs = yaml.safe_load((ROOT / "roles" / "accelerator_verify" / "meta" / "argument_specs.yml").read_text())
    assert set(action["run_job_template"]["job_args"]["extra_vars"]) <= set(specs["argument_specs"]["main"]["options"])


class Controller(BaseHTTPRequestHandler):
    """As much of a controller's API as launching a job takes; what is launched is in the server's ``launched``."""

    def do_GET(self) -> None:
        job = {"id": 1, "status": "successful", "created": "2026-01-01T00:00:00Z", "url": "/api/v2/jobs/1/", "artifacts": {}}
        asks = (f"ask_{what}_on_launch" for what in ("limit", "variables", "labels", "inventory"))
        known = {"id": 7, "type": "job_template", "name": LAUNCHED["name"], **{name: LAUNCHED.get(name, False) for name in asks}}
        known |= {"summary_fields": {"organization": {"name": "Default"}}, "related": {"launch": "/api/v2/job_templates/7/launch/"}}
        found = known if "unified_job_templates" in self.path else job
        self.answer({"version": "24.6.1"} if "config" in self.path else {"results": [found], "count": 1, "next": None, **job})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        missing = [each["variable"] for each in survey(LAUNCHED) if each["required"] and each["variable"] not in sent.get("extra_vars", {})]
        if missing:
            self.answer({"variables_needed_to_start": [f"'{name}' value missing" for name in missing]}, 400)
            return
        self.server.launched.append(sent)
        self.answer({"id": 1, "status": "pending", "created": "2026-01-01T00:00:00Z", "url": "/api/v2/jobs/1/"})

    def answer(self, document: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the test tells what it needs."""


@pytest.fixture
def controller() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Controller)
    server.launched = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def webhook(programs: Path, controller: ThreadingHTTPServer, tmp_path: Path) -> Iterator[str]:
    """The address to which alerts are posted, of a running ansible-rulebook."""
    if not shutil.which("java"):
        pytest.skip("ansible-rulebook runs on Java 17, which is not here")
    port = free_port()
    (tmp_path / "vars.yml").write_text(yaml.safe_dump({"webhook_token": TOKEN, "webhook_port": port}))
    (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: }}\n")
    command = [programs / "ansible-rulebook", "--rulebook", RULEBOOK, "--inventory", "hosts.yml", "--vars", "vars.yml"]
    command += ["--controller-url", f"http://127.0.0.1:{controller.server_port}/", "--controller-token", "t"]
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/endpoint"
    try:
        eventually(lambda: post(address, {}) == 200 or process.poll() is not None, "ansible-rulebook listens", 120)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield address
    finally:
        process.terminate()
        process.wait(30)


def post(address: str, message: dict[str, Any], token: str = TOKEN) -> int:
    """The status with which the webhook answers; 0 while nobody does."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(message).encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return 0


def alert(node: str = NODE, cluster: str = "demo", status: str = "firing", name: str = "AcceleratorXid") -> dict[str, Any]:
    """What Alertmanager posts, as its documentation of webhook_config has it."""
    labels = {"alertname": name, "cluster": cluster, "node": node}
    one = {"status": status, "labels": labels, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z", "fingerprint": "1"}
    return {"version": "4", "status": status, "receiver": "eda", "groupLabels": labels, "commonLabels": labels, "alerts": [one]}


@pytest.mark.proof
def test_alerts_launch_one_verification_a_node(webhook: str, controller: ThreadingHTTPServer) -> None:
    """Ended by an alert that counts, which comes after those that do not: by then they would have launched something."""
    assert post(webhook, alert(), "another token") == 401
    passed_over = [
        alert(status="resolved"),
        alert(name="SomethingElse"),
        alert(node="{{ lookup('pipe', 'id') }}"),
        alert(node="a,b"),
        alert(cluster="all:!demo"),
    ]
    for message in [*passed_over, alert(), alert(), alert(node="the-last")]:
        assert post(webhook, message) == 200
    eventually(lambda: any("the-last" in json.dumps(job) for job in controller.launched), "the last alert launches a job", 60)
    assert controller.launched == [
        {
            "limit": "demo",
            "extra_vars": {"accelerator_verify_label_selectors": [f"kubernetes.io/hostname={node}"]},
        }
        for node in (NODE, "the-last")
    ]
