# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import DOCUMENTATION, entry
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable, shorten, version
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import junit, report, sentence, succeeded, summary
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html import html_report

DEVICE = {
    "index": 0,
    "uuid": "GPU-1",
    "model": "Tesla T4",
    "memory_mib": 15360,
    "cores": None,
    "bus_id": "0000:00:1e.0",
    "serial": "",
    "ecc": None,
}
FINDING = {
    "check": "memory",
    "severity": "error",
    "expected": "15360 MiB",
    "found": "1 MiB",
    "action": "replace",
    "next_step": "Replace the node.",
    "device": "device 0 (0000:00:1e.0)",
}
WARNING = {**FINDING, "check": "clocks", "severity": "warning", "action": "watch"}
EVIL = "</script><script>alert('x')</script>\x1b[31m\u202e\x00\"'&{{ 7 * 7 }}"


def node(verdict="passed", name="node-1", **changes):
    base = {
        "name": name,
        "node_claim": "gpu-1",
        "node_pool": "gpu",
        "instance_type": "g4dn.xlarge",
        "accelerator": "nvidia",
        "verdict": verdict,
        "findings": [] if verdict == "passed" else [FINDING],
        "devices": [DEVICE],
        "expected_devices": 1,
        "driver_version": "580.126.09",
        "cuda_version": "13.0",
        "duration": 3.2,
    }
    return {**base, **changes}


def evil_node():
    texts = dict.fromkeys(("name", "node_pool", "instance_type", "driver_version", "cuda_version", "accelerator"), EVIL)
    return node(
        "failed",
        **{**texts, "findings": [dict.fromkeys(FINDING, EVIL)], "devices": [{**DEVICE, "model": EVIL, "uuid": EVIL, "bus_id": EVIL}]},
    )


class Tags(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "circle", "path", "rect", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_summary_counts_every_node():
    found = summary([node(), node("failed"), node("busy"), node("unknown"), node("unknown")])
    assert found["text"] == "verified 1 of 5 nodes: 1 failed, 1 busy, 2 unknown"
    assert (found["total"], found["passed"], found["unknown"]) == (5, 1, 2)
    assert summary([])["text"] == "verified 0 of 0 nodes"


@pytest.mark.parametrize(
    ("verdicts", "min_coverage", "coverage", "outcome"),
    [
        (["passed"], 100, 100.0, "passed"),
        (["passed", "failed"], 1, 100.0, "failed"),
        (["passed", "busy"], 100, 50.0, "incomplete"),
        (["passed", "unknown"], 50, 50.0, "passed"),
        (["passed", "unknown"], 51, 50.0, "incomplete"),
        # Two of three are 66.6 %, not 67.
        (["passed", "passed", "busy"], 67, 66.6, "incomplete"),
        (["passed", "excluded"], 100, 100.0, "passed"),
        (["excluded"], 1, 0.0, "incomplete"),
        (["busy"], 1, 0.0, "incomplete"),
        ([], 1, 0.0, "incomplete"),
    ],
)
def test_summary_says_how_the_run_ends(verdicts, min_coverage, coverage, outcome):
    found = summary([node(each) for each in verdicts], min_coverage)
    assert (found["coverage"], found["outcome"]) == (coverage, outcome)


def test_excluded_node_is_named_with_its_reason_and_skipped():
    left_out = node("excluded", findings=[], reason="in repair <b>")
    assert sentence(left_out).endswith("is excluded: in repair <b>.")
    assert 'skipped="1"' in junit({"nodes": [left_out]})
    assert "in repair &lt;b&gt;" in html_report({"nodes": [left_out]})


def test_summary_counts_warnings_apart():
    found = summary([node(findings=[WARNING]), node("failed", findings=[FINDING, WARNING])])
    assert (found["passed"], found["warnings"]) == (1, 2)
    assert found["text"] == "verified 1 of 2 nodes: 1 failed; 2 warnings"


def test_sentence_of_a_node_that_passed_with_warnings_says_both():
    text = sentence(node(findings=[WARNING, WARNING]))
    assert "passed in 3.2 s: 1 nvidia device" in text
    assert text.endswith("Warning: clocks of device 0 (0000:00:1e.0): expected 15360 MiB, found 1 MiB. 1 more.")


def test_sentence_names_the_error_before_a_warning():
    assert "failed: memory of" in sentence(node("failed", findings=[WARNING, FINDING]))


def test_html_marks_a_warning_and_draws_its_device_as_good():
    page = html_report({"nodes": [node(findings=[WARNING])]})
    assert '<li class="warning">' in page
    assert '<li class="warned" title="device 0: has a warning">' in page
    assert '<li class="bad"' not in page


def test_sentence_says_what_was_found_and_what_to_do():
    assert sentence(node()) == "gpu/node-1 (g4dn.xlarge) passed in 3.2 s: 1 nvidia device (Tesla T4 15360 MiB), driver 580.126.09."
    assert sentence(node("failed")).endswith("memory of device 0 (0000:00:1e.0): expected 15360 MiB, found 1 MiB. Replace the node.")
    assert "is busy" in sentence(node("busy"))


@pytest.mark.parametrize(
    ("result", "good"),
    [
        ({"nodes": [node()]}, True),
        ({"nodes": []}, False),
        ({}, False),
        ({"nodes": [node(), node("busy")]}, False),
        ({"nodes": [node()], "msg": "A pool has no node."}, False),
        ({"nodes": [node()], "leftovers": ["Job x"]}, False),
    ],
)
def test_a_report_is_green_only_if_nothing_is_wrong(result, good):
    assert succeeded(report(result)) is good
    assert ("All accelerators work" in html_report(result)) is good
    assert ('failures="1"' not in junit(result) and 'errors="1"' not in junit(result)) is good


def test_report_is_json():
    assert json.loads(json.dumps(report({"nodes": [node()], "msg": "x", "invocation": {}}))).keys() == {
        "message",
        "verdict",
        "summary",
        "nodes",
        "leftovers",
        "format",
        "provisioned",
        "given_back",
        "comparison",
    }


def test_junit_has_a_case_for_each_node_and_the_run():
    root = ElementTree.fromstring(junit({"nodes": [node(), node("failed", "node-2"), node("busy", "node-3")], "msg": "no"}))
    assert [(each.get("name"), each.get("tests"), each.get("failures"), each.get("errors")) for each in root] == [
        ("gpu", "3", "1", "1"),
        ("run", "1", "1", "0"),
    ]
    assert root.find(".//testcase[@name='node-2']/failure").get("message").startswith("gpu/node-2")


def test_junit_of_hostile_text_is_well_formed():
    root = ElementTree.fromstring(junit({"nodes": [evil_node()], "msg": EVIL + "\ud800\uffff"}))
    assert "<script>" in root.find(".//testcase").get("name")


def test_html_of_hostile_text_has_no_tag_of_it():
    page = html_report(
        {
            "nodes": [evil_node()],
            "msg": EVIL,
            "verdict": dict.fromkeys(("object", "reason", "next_step", "documentation"), EVIL),
            "leftovers": [EVIL],
        },
        EVIL,
        EVIL,
    )
    tags = Tags(page)
    assert tags.open == []
    assert not {tag for tag, _attributes in tags.found} & {"iframe", "link", "img", "object", "form", "base", "embed"}
    assert [tag for tag, _attributes in tags.found].count("script") == 1
    assert not [name for _tag, attributes in tags.found for name in attributes if name.startswith("on") or name in ("src", "style")]
    assert all(attributes["href"].startswith("#") for _tag, attributes in tags.found if "href" in attributes)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\x00" not in page


def test_html_links_to_the_documentation_and_to_nowhere_else():
    verdict = {"object": "NodePool gpu", "reason": "NodePoolNotFound", "documentation": entry("diagnosis.md", "NodePoolNotFound")}
    page = html_report({"nodes": [node("failed")], "verdict": verdict})
    wanted = [entry("diagnosis.md", "NodePoolNotFound"), entry("verification.md", "replace")]
    found = [attributes["href"] for _tag, attributes in Tags(page).found if "href" in attributes]
    assert sorted(each for each in found if not each.startswith("#")) == wanted
    verdict["documentation"] = f"https://elsewhere.example/?{DOCUMENTATION}/diagnosis.md"
    assert "elsewhere.example" not in html_report({"nodes": [node()], "verdict": verdict})


def test_html_needs_nothing_but_itself():
    page = html_report({"nodes": [node()]})
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert "url(" not in page


def test_html_draws_every_device_that_there_should_be():
    page = html_report({"nodes": [node("failed", devices=[DEVICE, {**DEVICE, "index": 1}], expected_devices=4, findings=[FINDING])]})
    assert (page.count('<li class="bad"'), page.count('<li class="good"'), page.count('<li class="missing"')) == (1, 1, 2)
    assert "2 of 4 devices found" in page


def test_printable_takes_escapes_and_control_characters_out():
    assert printable("\x1b[31mred\x1b[0m\x07\r\n\ttab\x1b]0;title\x07 \u202egnp") == "red\n\ttab gnp"
    assert shorten("a  b\nc" * 200, 20) == "a b ca b ca b ca b…"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("610.57.04 [Deprecated]", (610, 57, 4)), ("v13", (13,)), ("", ()), ("N/A", ())],
)
def test_version_reads_leading_numbers(text, numbers):
    assert version(text) == numbers
