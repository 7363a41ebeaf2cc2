"""Of module_utils/preflight/_preflight.py and _check.py."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._documentation import entry
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._check import Facts, outcome_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import (
    CHECKS,
    NAMES,
    WIDTH,
    facts_wanted,
    outcomes,
    refusal,
    result,
    table,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._reading import READERS

from tests.unit.plugins.module_utils.preflight.preflight_objects import CPU, GPU, VALUES, a_plan, facts, the_check

PLAN = a_plan(GPU, CPU, controller_role="controller")
QUOTAS = {code: {"name": "vCPUs", "value": 100.0} for code in ("L-DB2E81BA", "L-1216C47A")}


class Published(dict):
    """Every image is there."""

    def __missing__(self, key: str) -> str:
        return "ami-1"


ALL = facts(quotas=QUOTAS, images=Published())


def test_names_are_told_apart():
    assert len(set(NAMES)) == len(NAMES) == len(CHECKS)


def test_every_check_reads_what_there_is():
    assert {name for check in CHECKS for name in check.reads} <= set(READERS)


def test_every_check_can_find_something():
    assert [check.name for check in CHECKS if not (check.error or check.warning)] == []


def test_nothing_is_wrong():
    assert [(each.name, each.findings) for each in outcomes(PLAN, ALL, ()) if each.state != "passed"] == []
    assert refusal(PLAN, outcomes(PLAN, ALL, ())) == ""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_without_its_facts_is_never_passed(check):
    for name in check.reads:
        values = {key: value for key, value in ALL.values.items() if key != name}
        found = outcome_of(check, PLAN, Facts(values, {name: "The AWS credentials lack the right."}))
        assert found.state == "not_checked"
        assert found.findings[0].what == "The AWS credentials lack the right."


def test_a_reason_that_two_facts_share_is_told_once():
    unread = dict.fromkeys(the_check("subnets").reads, "no")
    assert len(outcome_of(the_check("subnets"), PLAN, Facts({}, unread)).findings) == 1


def test_left_out_checks_read_nothing_and_are_told():
    wanted = facts_wanted([name for name in NAMES if name != "spot_role"])
    assert wanted == {"spot_role"}
    found = outcomes(PLAN, ALL, ["karpenter_nodes"])
    assert [each.name for each in found if each.state == "skipped"] == ["karpenter_nodes"]


def test_the_result_tells_all_findings_at_once():
    faulty = facts(quotas=QUOTAS, images=Published(), nodes=[], server={**VALUES["server"], "version": "1.20.1"}, endpoints=[])
    told = result(PLAN, outcomes(PLAN, faulty, ()))
    assert [each["check"] for each in told["findings"]] == ["kubernetes_version", "karpenter_nodes"]
    assert all(each["what"] and each["where"] and each["next_step"] for each in told["findings"])
    assert [each["documentation"] for each in told["findings"]] == [entry("preflight.md", each["check"]) for each in told["findings"]]
    assert told["summary"] == {
        "cluster": "demo",
        "region": "us-west-2",
        "ok": False,
        "error": 2,
        "warning": 0,
        "not_checked": 0,
        "passed": len(CHECKS) - 2,
        "skipped": 0,
    }


def test_the_refusal_has_all_errors_and_no_warning():
    warned = facts(quotas={**QUOTAS, "L-1216C47A": {"name": "vCPUs", "value": 5.0}}, images=Published(), nodes=[])
    told = refusal(PLAN, outcomes(PLAN, warned, ()))
    assert told.startswith(
        f"Cluster demo is not ready for an installation (1 error, 1 warning, {len(CHECKS) - 2} passed). [1] nodes of the cluster: "
    )
    assert "Next step: " in told and "quota" not in told


def test_the_table_has_a_row_a_check_and_its_findings_below():
    lines = list(table(PLAN, outcomes(PLAN, facts(quotas=QUOTAS, images=Published(), nodes=[]), ())))
    assert lines[0] == f"Preflight of cluster demo in us-west-2: 1 error, {len(CHECKS) - 1} passed"
    rows = [line.split()[1] for line in lines[2:-1] if line[0] != " "]
    assert rows == list(NAMES)
    below = lines[lines.index(next(line for line in lines if line.startswith("ERROR"))) + 1]
    assert below.strip().startswith("| what  Karpenter is to have 2 replicas")
    assert [line for line in lines if line[0] == " " and len(line) > WIDTH] == []


def test_text_of_a_cluster_cannot_move_the_terminal():
    unread = Facts({}, {"spot_role": "evil \x1b[2Jtext"})
    lines = list(table(PLAN, [outcome_of(the_check("spot_role"), PLAN, unread)]))
    assert "evil text" in "".join(lines) and "\x1b" not in "".join(lines)
