# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._bundle_comparison import comparison
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._artifact import (
    MOST_ROWS,
    artifact_name,
    change_lines,
    verification,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import summary
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._artifact import job_artifact, job_reports


def finding(check: str = "count", found: str = "0 devices") -> dict[str, str]:
    return {
        "check": check,
        "severity": "error",
        "expected": "1",
        "found": found,
        "device": "",
        "action": "replace",
        "next_step": "Replace it.",
    }


def node(name: str, *findings: dict[str, str], uuid: str = "") -> dict[str, Any]:
    devices = [{"uuid": uuid or f"GPU-{name}"}]
    verdict = "failed" if findings else "passed"
    return {
        "name": name,
        "node_pool": "gpu",
        "instance_type": "g4dn.xlarge",
        "verdict": verdict,
        "findings": list(findings),
        "devices": devices,
    }


def result(*nodes: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), "summary": summary(nodes), **values}


def test_each_cluster_has_a_name_of_its_own() -> None:
    assert artifact_name("verify", "prod-eu.1") == "accelerated_verify_prod_eu_1"
    left = job_artifact({"ok": True}, "install", "my-cluster")
    assert left == {"accelerated_install_my_cluster": {"ok": True}}


def test_a_verdict_is_summed_up() -> None:
    left = verification(result(node("n-1"), node("n-2", finding()), msg="Verified 1 of 2 nodes: 1 failed.", evidence={"path": "/e"}))
    assert (left["ok"], left["message"], left["evidence"]) == (False, "Verified 1 of 2 nodes: 1 failed.", {"path": "/e"})
    assert left["summary"]["text"] == "verified 1 of 2 nodes: 1 failed"
    (bad,) = left["not_passed"]
    assert (bad["node"], bad["verdict"], bad["check"], bad["next_step"]) == ("n-2", "failed", "count", "Replace it.")
    assert left["changes"] is None and left["history"] is None
    assert verification(result(node("n-1")))["ok"] is True


def test_a_verdict_on_a_large_fleet_is_small() -> None:
    before = [node(f"n-{number}", uuid=f"GPU-{number}") for number in range(3000)]
    now = [node(f"n-{number}", finding(found="x" * 5000), uuid=f"GPU-{number + 1}") for number in range(3000)]
    left = verification(result(*now, msg="y" * 9000, comparison=comparison(before, now)))
    assert len(json.dumps(left)) < 50_000
    assert len(left["not_passed"]) == MOST_ROWS and left["not_passed_left_out"] == 3000 - MOST_ROWS
    assert left["changes"]["counts"]["new"] == 3000 and len(left["changes"]["new"]) == MOST_ROWS


def test_text_of_a_node_is_no_template() -> None:
    left = job_artifact(result(node("n-1", finding(found="{{ lookup('env', 'HOME') }}{% set a = 1 %}{# x #}"))), "verify", "c")
    assert not any(each in json.dumps(left) for each in ("{{", "{%", "{#"))


def test_what_failed_before_it_began_leaves_its_message() -> None:
    left = verification({"msg": "The API server does not answer.", "failed": True})
    assert (left["ok"], left["message"], left["not_passed"]) == (False, "The API server does not answer.", [])


def test_changes_are_said() -> None:
    before, now = [node("n-1", finding("ECC")), node("n-3")], [node("n-1"), node("n-2", finding())]
    found = comparison(before, now, "/history/a", "2026-11-28T02:00:00Z")
    lines = change_lines(result(*now, comparison=found))
    assert lines[0].startswith(
        "Compared with the run of 2026-11-28T02:00:00Z (/history/a): New findings: 1, Mended: 1, Nodes that are missing: 1"
    )
    assert "New findings: gpu/n-2: count: found 0 devices" in lines and "Mended: gpu/n-1: ECC: found 0 devices" in lines
    assert verification(result(*now, comparison=found))["changes"]["since"] == "2026-11-28T02:00:00Z"


def test_nothing_to_compare_with_is_said_and_so_is_what_went_wrong() -> None:
    history = {"path": "/h", "bundle": "", "compared_with": "", "text": "Nothing to compare with.", "troubles": ["The bundle is broken."]}
    assert change_lines(result(node("n-1"), history=history)) == ["The bundle is broken.", "Nothing to compare with."]
    assert verification(result(node("n-1"), history=history))["history"]["troubles"] == ["The bundle is broken."]
    assert change_lines(result(node("n-1"))) == []


def test_equal_runs_have_no_change() -> None:
    (line,) = change_lines(result(node("n-1"), comparison=comparison([node("n-1")], [node("n-1")], "/h", "t")))
    assert line == "Compared with the run of t (/h): nothing has changed."


def test_what_is_no_dictionary_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="wants a dictionary"):
        job_artifact("text", "install", "c")


def test_jobs_are_reported_in_their_order() -> None:
    left = {"preflight": {"ok": True}, "install": {"ok": False, "message": "No quota."}, "verify": {}, "more": {"ok": False, "message": ""}}
    assert [(each["job"], each["ok"], each["text"]) for each in job_reports(left)] == [
        ("preflight", True, "preflight: is well."),
        ("install", False, "install: No quota."),
        ("verify", False, "verify: has not run, or was ended before it could say anything."),
        ("more", False, "more: has found what is wrong; its job shows it."),
    ]


def test_job_reports_refuses_what_is_no_dictionary() -> None:
    with pytest.raises(AnsibleFilterError, match="wants a dictionary"):
        job_reports([])
