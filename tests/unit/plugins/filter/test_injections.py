# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two hundred hostile texts in logs, labels and condition messages: none is evaluated, and none changes the form of a report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable, shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import report
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, conclude, obstacle, subjects
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._report import FORMATS, verification_report
from markdown_it import MarkdownIt

from tests.report.payloads import payloads, poisoned
from tests.trust import data, template

ROOT = Path(__file__).parents[4]
PAYLOADS = payloads()
each_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))


def judged(text: str) -> dict:
    """A result as the module makes it, of a node that says nothing but the text, wherever it can."""
    labels = {"node.kubernetes.io/instance-type": "g4dn.xlarge", "karpenter.sh/nodepool": text, "topology.kubernetes.io/zone": text}
    labels |= {"karpenter.sh/capacity-type": text}
    condition = {"type": "AcceleratedHardwareReady", "status": "False", "reason": text, "message": text}
    status = {"allocatable": {"nvidia.com/gpu": "1"}, "conditions": [{"type": "Ready", "status": "True"}, condition]}
    node = {"metadata": {"name": text, "labels": labels}, "spec": {}, "status": status}
    (subject,) = subjects(Scope(), [node], [])
    (bare,) = subjects(Scope(), [{**node, "status": {"conditions": [condition]}}], [])
    results = [
        conclude(subject, JobState("ended", text, text, 1, "p", printable(text)), 1.0, None),
        conclude(subject, JobState("stuck", text, text), 1.0, None),
        conclude(subject, JobState("stopped", "Unschedulable", text), 1.0, [text]),
        conclude(subject, JobState("running", text, text, log=printable(text)), 1.0, None),
        obstacle(bare),
    ]
    nodes = [each.to_dict() | {"node_pool": f"pool-{place}"} for place, each in enumerate(results)]
    nodes[0]["devices"] = [
        {"index": 0, **dict.fromkeys(("uuid", "model", "bus_id", "serial", "ecc"), text), "memory_mib": 1, "cores": None}
    ]
    nodes[0]["driver_version"] = nodes[0]["cuda_version"] = nodes[0]["reason"] = text
    nodes[0]["tests"] = [{**dict.fromkeys(("name", "kind", "outcome", "reason", "image", "output"), text), "exit_code": 1, "value": None}]
    nodes[0]["marked"] = [text]
    verdict = dict.fromkeys(("object", "reason", "message", "explanation", "next_step"), text)
    return {"nodes": nodes, "msg": f"msg {text}", "verdict": verdict, "leftovers": [text]}


class Shape(HTMLParser):
    """What a page is made of: tags, and attributes by name, without any text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, [name for name, _value in attrs]))

    def handle_endtag(self, tag):
        self.found.append(tag)

    def handle_comment(self, data):
        self.found.append("comment")

    def unknown_decl(self, data):
        self.found.append("declaration")


HARMLESS = judged("harmless")


def test_there_are_two_hundred_and_each_is_another() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 200
    assert payloads() == PAYLOADS


@each_payload
def test_no_payload_changes_the_form_of_the_page(payload: str) -> None:
    page = str(verification_report(judged(payload), "html", title=payload, time=payload))
    assert Shape(page).found == Shape(str(verification_report(HARMLESS, "html", title="x", time="x"))).found
    assert page.isprintable() or not set(page) & {chr(code) for code in (*range(9), *range(11, 32), 127, *range(0x80, 0xA0))}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


@each_payload
def test_no_payload_changes_what_json_holds(payload: str) -> None:
    result = judged(payload)
    text = str(verification_report(result, "json"))
    assert json.loads(text) == report(result)
    assert text.isascii()


@each_payload
def test_no_payload_changes_the_form_of_junit(payload: str) -> None:
    shape, wanted = (
        [(each.tag, sorted(each.attrib)) for each in ElementTree.fromstring(str(verification_report(result, "junit"))).iter()]
        for result in (judged(payload), HARMLESS)
    )
    assert shape == wanted


@each_payload
def test_no_payload_changes_the_form_of_markdown(payload: str) -> None:
    # Where a text has nothing that can be printed, its span is left out.
    harmless = HARMLESS if shorten(payload) else judged("\x00")
    text, wanted = (str(verification_report(each, "markdown", title="x")) for each in (judged(payload), harmless))
    assert rendered(text) == rendered(wanted)


def rendered(text: str) -> list[str]:
    """What a reader of Markdown makes of a text: blocks, spans and links, without the words; neighbouring words are one."""
    kinds = []
    for block in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        kinds.append(block.type)
        for span in block.children or ():
            if span.type not in ("text", "text_special") or kinds[-1] != "text":
                kinds.append(span.type.replace("text_special", "text"))
    return kinds


@each_payload
def test_no_payload_is_taken_for_a_template(payload: str, tmp_path: Path) -> None:
    """As a variable, through the filter, and as the content of a task once more."""
    templar = Templar(loader=DataLoader(), variables=data({"result": judged(payload), "text": payload}))
    assert templar.template(template("{{ text }}")) == payload
    for form in FORMATS:
        expression = "{{ result | accelerated.nodes.verification_report('" + form + "', title=text, time=text) }}"
        document = templar.template(template(expression))
        written = verification_report(judged(payload), form, title=payload, time=payload)
        # Before ansible-core 2.19 a text that looks like JSON becomes what it describes, which copy writes as JSON again.
        assert document == written or json.loads(json.dumps(document)) == json.loads(written)
        assert templar.template(document) == document


PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    form: {html: html, json: json, junit: xml, markdown: md}
  tasks:
    - ansible.builtin.set_fact:
        result: "{{ lookup('ansible.builtin.file', place ~ '/result.json') | from_json }}"
    - ansible.builtin.debug:
        msg: "{{ item }}"
      loop: "{{ result | accelerated.nodes.verification_report('lines') }}"
    - ansible.builtin.copy:
        content: "{{ result | accelerated.nodes.verification_report(item.key, title=result.nodes[0].name) }}"
        dest: "{{ place }}/report.{{ item.value }}"
        mode: "0644"
      loop: "{{ form | dict2items }}"
"""


def test_a_play_writes_what_it_was_given(tmp_path: Path) -> None:
    result, _title = poisoned()
    # Whoever evaluated one of them would leave a trace.
    text = json.dumps(result, ensure_ascii=False).replace("/tmp/pwned", str(tmp_path / "pwned"))
    # Halves of surrogate pairs never come this far: Ansible refuses them in what a module returns.
    text = text.encode("utf-8", "replace").decode()
    result = json.loads(text)
    (tmp_path / "result.json").write_text(text)
    (tmp_path / "play.yml").write_text(PLAY)
    here = {"place": str(tmp_path), "ansible_python_interpreter": sys.executable}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [program, "-i", "localhost,", "-c", "local", "-e", json.dumps(here), "play.yml"]
    environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "collections"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:] + done.stderr.decode(errors="replace")[-2000:]
    assert json.loads((tmp_path / "report.json").read_text()) == report(result)
    for form, name in (("html", "report.html"), ("junit", "report.xml"), ("markdown", "report.md")):
        wanted = str(verification_report(result, form, title=result["nodes"][0]["name"]))
        assert (tmp_path / name).read_bytes() == wanted.encode()
    assert not (tmp_path / "pwned").exists()


def test_yaml_of_hostile_text_is_text() -> None:
    for payload in PAYLOADS:
        node = {**HARMLESS["nodes"][0], "node_claim": payload, "node_pool": payload, "instance_type": payload}
        made = {"node_pool": payload, "node_claim": payload, "asked_at": payload, "ready_at": "2026-11-29T09:03:22Z"}
        gone = {"node_claim": payload, "deleted_at": payload, "gone_at": payload}
        content = {"nodes": [node], "provisioned": [made], "given_back": [gone]}
        text = str(verification_report(content, "conformance"))
        assert len(yaml.safe_load(text)["node_pools"]) == 1
