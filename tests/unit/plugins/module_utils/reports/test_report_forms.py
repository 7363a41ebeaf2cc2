# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as JSON held against its schema, as JUnit XML against the rules of its readers, and as Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import comparison
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._conformance import autoscaling
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import junit, report
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markdown import code, markdown_report, prose
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_order import by_zone, problems, worst_first
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope, conclude, excluded, obstacle, subjects
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._report import verification_report

from tests.report.results import PROVISIONED, fleet, given_back, result

ROOT = Path(__file__).parents[5]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "verification-report.schema.json").read_text())
FIXTURES = ROOT / "tests" / "unit" / "fixtures"
# Fixture -> instance type, resource, and how many the node offers.
LISTINGS = {
    "nvidia_smi_g4dn_xlarge_driver_580.xml": ("g4dn.xlarge", "nvidia.com/gpu", 1),
    "nvidia_smi_g5_12xlarge_ecc_errors.xml": ("g5.12xlarge", "nvidia.com/gpu", 4),
    "nvidia_smi_driver_610.xml": ("p5.48xlarge", "nvidia.com/gpu", 8),
    "nvidia_smi_mig.xml": ("p4d.24xlarge", "nvidia.com/gpu", 8),
    "neuron_ls_trn1_2xlarge.json": ("trn1.2xlarge", "aws.amazon.com/neuron", 1),
    "neuron_ls_inf2_48xlarge_2_34.json": ("inf2.48xlarge", "aws.amazon.com/neuron", 12),
}


def validate(content: dict) -> None:
    jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft202012Validator)


def kept(**more: object) -> dict:
    """The example as the filter writes it for programs."""
    return json.loads(verification_report(result(fleet(), **more), "json"))


def real_results() -> list[dict]:
    """Results as the core makes them, of recorded listings and of nodes that were not looked at."""
    made = []
    for name, (instance_type, resource, number) in LISTINGS.items():
        labels = {
            "node.kubernetes.io/instance-type": instance_type,
            "karpenter.sh/nodepool": "p",
            "topology.kubernetes.io/zone": "us-west-2a",
        }
        status = {"allocatable": {resource: str(number)}, "conditions": [{"type": "Ready", "status": "True"}]}
        node = {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": status}
        (subject,) = subjects(Scope(), [node], [])
        log = (FIXTURES / name).read_text()
        made += [conclude(subject, JobState("ended", "Completed", exit_code=code, log=log), 1.23, None) for code in (0, 14)]
        made += [conclude(subject, None, 0.0, None), conclude(subject, JobState("stopped", "Unschedulable"), 1.0, ["a/b"])]
        (gone,) = subjects(Scope(), [{**node, "status": {}}], [])
        made += filter(None, [obstacle(gone), excluded(gone, ())])
    return [each.to_dict() for each in made]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_what_the_core_makes_is_as_the_schema_says() -> None:
    nodes = real_results()
    assert {each["verdict"] for each in nodes} == {"passed", "failed", "busy", "unknown"}
    validate(json.loads(verification_report({"nodes": nodes}, "json")))


def test_every_kind_of_report_is_as_the_schema_says() -> None:
    nodes = fleet()
    changed = comparison(fleet(seed=6), nodes, "old", "2026-11-22T09:00:00Z")
    validate(kept())
    validate(kept(comparison=changed, provisioned=PROVISIONED, given_back=given_back(nodes), leftovers=["Job x"]))
    validate(json.loads(verification_report({"failed": True, "msg": "no connection"}, "json")))
    validate(json.loads(verification_report({"nodes": [], "verdict": {"object": "NodePool gpu"}}, "json")))


@pytest.mark.parametrize("key", ["verdict", "findings", "devices", "zone", "looks"])
def test_the_schema_misses_nothing_that_lacks(key: str) -> None:
    content = kept()
    del content["nodes"][0][key]
    with pytest.raises(jsonschema.ValidationError, match=key):
        validate(content)


def test_the_schema_takes_no_passed_node_with_an_error() -> None:
    content = kept()
    failed = next(each for each in content["nodes"] if each["verdict"] == "failed")
    failed["verdict"] = "passed"
    with pytest.raises(jsonschema.ValidationError):
        validate(content)


# Elements of JUnit XML, as Jenkins' schema has them: attributes that there must be, attributes that there may be, and children.
JUNIT = {
    "testsuites": ((), {"name", "time", "tests", "failures", "errors", "disabled"}, {"testsuite"}),
    "testsuite": (
        ("name", "tests"),
        {"failures", "errors", "skipped", "disabled", "time", "timestamp", "hostname", "id", "package"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (("name", "classname"), {"time", "status", "assertions"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ((), {"type", "message"}, set()),
    "error": ((), {"type", "message"}, set()),
    "skipped": ((), {"type", "message"}, set()),
}


def test_junit_has_no_element_or_attribute_that_its_readers_do_not_know() -> None:
    root = ElementTree.fromstring(junit(result(fleet())))
    assert root.tag == "testsuites"
    assert {each.tag for each in root.iter()} == set(JUNIT)
    for element in root.iter():
        needed, allowed, children = JUNIT[element.tag]
        assert set(needed) <= element.attrib.keys() <= {*needed, *allowed}
        assert {each.tag for each in element} <= children
        assert len(element) <= 1 or element.tag != "testcase"


def test_junit_counts_what_it_holds() -> None:
    root = ElementTree.fromstring(junit(result(fleet())))
    for element in (root, *root):
        assert int(element.get("tests")) == len(element.findall(".//testcase"))
        for kind in ("failure", "error"):
            assert int(element.get(f"{kind}s")) == len(element.findall(f".//{kind}"))
    assert (root.get("failures"), root.get("errors")) == ("4", "2")
    for suite in root:
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
        assert float(suite.get("time")) == pytest.approx(sum(float(each.get("time")) for each in suite), abs=0.1)


def test_markdown_says_the_worst_first_and_counts_each_pool() -> None:
    text = markdown_report(result(fleet()), "training-west", "2026-11-29 09:12 UTC")
    assert text.startswith("# Accelerators of training-west: FAILED\n\nVerified 18 of 24 nodes: 3 failed")
    assert "| `h100-training` | 8 | 6 | 2 | 0 | 0 | 0 |" in text
    places = [text.index(f"`{each}` on") for each in ("number of devices", "uncorrectable ECC errors", "allocatable", "clocks")]
    assert places == sorted(places)
    assert "- warning `clocks` on 1 node, `watch`: An idle GPU" in text


def test_markdown_of_a_green_run_is_short() -> None:
    nodes = [each for each in fleet() if each["verdict"] == "passed" and not each["findings"]]
    text = markdown_report(result(nodes))
    assert text.startswith("# Accelerators: passed\n\nVerified 17 of 17 nodes, coverage 100 %.")
    assert len(text.splitlines()) == 9


def test_markdown_of_many_nodes_stays_short() -> None:
    nodes = [
        {**each, "findings": [dict(finding, check=f"c{place}") for finding in each["findings"]]}
        for place, each in enumerate(fleet((300, 9, 9)))
    ]
    lines = markdown_report(result([each | {"verdict": "failed", "findings": fleet()[1]["findings"]} for each in nodes])).splitlines()
    assert len(lines) < 30
    assert any(line.startswith("  - 631 more") for line in lines)


def test_markdown_compares() -> None:
    before, now = fleet(), fleet()
    now[1]["verdict"], now[1]["findings"] = "passed", []
    text = markdown_report(result(now, comparison=comparison(before, now, "old|`x`", "then")))
    assert "## Compared with `old\u00a6'x'`" in text
    assert "- Mended: 2" in text
    same = markdown_report(result(now, comparison=comparison(now[:1], now[:1])))
    assert "Nothing has changed." in same


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a`b|c\nd", "`a'b\u00a6c d`"), ("", ""), ("<b>", "`<b>`"), ("\x1b[31m\u202ex", "`x`")],
)
def test_code_is_one_span(text: str, wanted: str) -> None:
    assert code(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<img>", r"\<img\>"),
        ("[a](http://b)", r"\[a\]\(http\://b\)"),
        ("www.evil.example @me #1", r"www\.evil.example \@me \#1"),
        ("line\n# heading", r"line \# heading"),
        ("it's 7 of 8.", "it's 7 of 8."),
    ],
)
def test_prose_has_no_markup(text: str, wanted: str) -> None:
    assert prose(text) == wanted


def test_autoscaling_tells_a_pool_that_grew_from_nothing_and_went_again() -> None:
    nodes = fleet()
    content = report(result(nodes, provisioned=PROVISIONED, given_back=given_back(nodes)))
    found = autoscaling(content)
    (pool,) = found["node_pools"]
    assert (pool["node_pool"], len(pool["nodes"])) == ("trainium-trn1", 4)
    first = pool["nodes"][0]
    assert (first["seconds_to_ready"], first["seconds_to_gone"], first["instance_type"]) == (132, 91, "trn1.32xlarge")
    text = verification_report(result(nodes, provisioned=PROVISIONED, given_back=given_back(nodes)), "conformance")
    assert yaml.safe_load(str(text)) == found
    assert "## Evidence for `cluster_autoscaling`" in markdown_report(result(nodes, provisioned=PROVISIONED, given_back=given_back(nodes)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"provisioned": PROVISIONED},
        # One node was there before.
        {"provisioned": PROVISIONED[1:], "given_back": [{"node_claim": PROVISIONED[1]["node_claim"], "gone_at": "2026-11-29T09:11:31Z"}]},
        # Deleted, but never seen gone; asked for, but never seen ready.
        {"provisioned": PROVISIONED, "given_back": [{"node_claim": each["node_claim"], "deleted_at": "x"} for each in PROVISIONED]},
        {"provisioned": [{**each, "ready_at": None} for each in PROVISIONED], "given_back": given_back(fleet())},
    ],
)
def test_autoscaling_claims_nothing_that_was_not_seen(changes: dict) -> None:
    assert autoscaling(report(result(fleet(), **changes))) is None
    assert str(verification_report(result(fleet(), **changes), "conformance")) == ""
    assert "conformance" not in markdown_report(result(fleet(), **changes))


def test_order_puts_the_worst_first() -> None:
    nodes = fleet()
    verdicts = [each["verdict"] for each in worst_first(nodes)]
    assert verdicts[:6] == ["failed", "failed", "failed", "unknown", "busy", "excluded"]
    assert worst_first(nodes)[6]["findings"]
    found = problems(nodes)
    assert [each.action for each in found] == ["replace", "reset", "repair_software", "repair_software", "watch", "watch"]
    assert found[-1].warning
    assert list(by_zone([*nodes, nodes[0] | {"zone": ""}])) == ["us-west-2a", "us-west-2b", "us-west-2d", ""]
