# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a verification as a sentence, as JSON and as JUnit XML. Pure.

This file is internal to the collection and may change in any release. Results come as the module accelerator_verify
returns them; what nodes wrote into them is hostile text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING

PASSED, FAILED, BUSY, UNKNOWN, EXCLUDED = "passed", "failed", "busy", "unknown", "excluded"
# Names the form of the JSON report; only what is compatible changes under one name.
FORMAT = "accelerated.nodes/verification-report/v1"
VERDICTS = (PASSED, FAILED, BUSY, UNKNOWN, EXCLUDED)
# Of a run that has no failed node, but has not looked at enough of them.
INCOMPLETE = "incomplete"

_SAID = {PASSED: "passed", FAILED: "failed", BUSY: "is busy", UNKNOWN: "is unknown", EXCLUDED: "is excluded"}

# What JUnit calls a verdict that is not passed: a failure is the node's, an error is that nothing was measured.
_JUNIT = {FAILED: "failure", BUSY: "error", UNKNOWN: "error", EXCLUDED: "skipped"}


def summary(results: Iterable[Mapping[str, Any]], min_coverage: int = 100) -> dict[str, Any]:
    """Return how many nodes have which verdict, how many warnings there are, how the run ends, and a sentence of it.

    Args:
        results: As NodeResult.to_dict gives them.
        min_coverage: Percent of the nodes, those left out that are excluded, that must have been measured.
    """
    results = list(results)
    verdicts = [each["verdict"] for each in results]
    warned = sum(len(warnings(each)) for each in results)
    counts = {each: verdicts.count(each) for each in VERDICTS}
    words = ", ".join(f"{count} {each}" for each, count in counts.items() if count and each != PASSED)
    text = f"verified {counts[PASSED]} of {len(verdicts)} nodes" + (f": {words}" if words else "")
    text += f"; {warned} warning{'s' * (warned != 1)}" if warned else ""
    coverage = _coverage(counts)
    outcome = FAILED if counts[FAILED] else PASSED if counts[PASSED] and coverage >= min_coverage else INCOMPLETE
    return {"total": len(verdicts), **counts, "warnings": warned, "coverage": coverage, "outcome": outcome, "text": text}


def _coverage(counts: Mapping[str, int]) -> float:
    """Return the percent of the nodes that were measured, rounded down to a tenth: 99.99 is not all."""
    measured = counts[PASSED] + counts[FAILED]
    wanted = measured + counts[BUSY] + counts[UNKNOWN]
    return measured * 1000 // wanted / 10 if wanted else 0.0


def warnings(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the findings that do not keep a node from passing."""
    return [each for each in result["findings"] if each.get("severity") == WARNING]


def sentence(result: Mapping[str, Any]) -> str:
    """Return what is wrong with one node, and what to do; of one that has passed, what it has, and what it warns of."""
    warned = warnings(result)
    first = next((each for each in result["findings"] if each not in warned), None)
    where = "/".join(filter(None, (result["node_pool"], result["name"])))
    if result["verdict"] == EXCLUDED:
        return f"{where} ({result['instance_type']}) is excluded: {result.get('reason', '')}."
    if first is None:
        seconds = f" in {result['duration']:.1f} s" if result["duration"] else ""
        return f"{where} ({result['instance_type']}) {_SAID.get(result['verdict'], 'is unknown')}{seconds}: {device_words(result)}.{_warned(warned)}"
    return f"{where} ({result['instance_type']}) {_SAID.get(result['verdict'], 'is unknown')}: {finding_words(first)} {first['next_step']}"


def _warned(found: Sequence[Mapping[str, Any]]) -> str:
    words = "".join(f" Warning: {finding_words(each)}" for each in found[:1])
    return words + (f" {len(found) - 1} more." if len(found) > 1 else "")


def device_words(result: Mapping[str, Any]) -> str:
    """Return a node's devices in words: how many, of which model and memory."""
    devices = result["devices"]
    kinds = sorted({" ".join(filter(None, (each["model"], _size(each)))) for each in devices})
    kinds = [each for each in kinds if each]
    tool = f", driver {result['driver_version']}" if result["driver_version"] else ""
    return f"{len(devices)} {result['accelerator']} device{'s' * (len(devices) != 1)}" + (f" ({', '.join(kinds)})" if kinds else "") + tool


def _size(device: Mapping[str, Any]) -> str:
    cores = f"{device['cores']} cores" if device["cores"] else ""
    memory = f"{device['memory_mib']} MiB" if device["memory_mib"] else ""
    return " ".join(filter(None, (cores, memory)))


def report(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is worth keeping of a module's result, JSON-able, as docs/schemas/verification-report.schema.json describes it."""
    nodes = list(result.get("nodes") or [])
    return {
        "format": FORMAT,
        "message": str(result.get("msg") or ""),
        "verdict": result.get("verdict"),
        "summary": result.get("summary") or summary(nodes),
        "nodes": nodes,
        "leftovers": list(result.get("leftovers") or []),
        "provisioned": list(result.get("provisioned") or []),
        "given_back": list(result.get("given_back") or []),
        "comparison": result.get("comparison"),
    }


def succeeded(content: Mapping[str, Any]) -> bool:
    """Say whether a report is green: enough nodes were measured, all of those have passed, and nothing else went wrong."""
    return content["summary"].get("outcome") == PASSED and not content["message"] and not content["leftovers"]


def by_pool(nodes: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the nodes by their NodePool, pools in alphabetical order."""
    pools: dict[str, list[Mapping[str, Any]]] = {}
    for node in sorted(nodes, key=lambda each: (each["node_pool"], each["name"])):
        pools.setdefault(node["node_pool"], []).append(node)
    return pools


def junit(result: Mapping[str, Any]) -> str:
    """Return the results as JUnit XML: a suite for each NodePool, a case for each node, and one for the run as a whole."""
    content = report(result)
    root = ElementTree.Element("testsuites", name="accelerated.nodes.accelerator_verify")
    for pool, nodes in by_pool(content["nodes"]).items():
        _suite(root, pool or "no NodePool", [(node["name"], _problem(node), float(node["duration"])) for node in nodes])
    trouble = "" if succeeded(content) else content["message"] or "no node was verified"
    _suite(root, "run", [("verification", ("failure", trouble, trouble) if trouble else None, 0.0)])
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _problem(node: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return element, message and text of what is wrong with a node; None if it has passed."""
    if node["verdict"] == PASSED:
        return None
    lines = [f"{finding_words(each)} {each['next_step']}" for each in node["findings"]]
    return _JUNIT.get(node["verdict"], "error"), sentence(node), "\n".join(lines)


def finding_words(finding: Mapping[str, Any]) -> str:
    """Return a finding as a sentence."""
    device = f" of {finding['device']}" if finding.get("device") else ""
    return f"{finding['check']}{device}: expected {finding['expected']}, found {finding['found']}."


def _suite(root: ElementTree.Element, name: str, cases: Sequence[tuple[str, tuple[str, str, str] | None, float]]) -> None:
    problems = [problem[0] for _name, problem, _seconds in cases if problem]
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_xml(name),
        tests=str(len(cases)),
        failures=str(problems.count("failure")),
        errors=str(problems.count("error")),
        skipped=str(problems.count("skipped")),
        time=f"{sum(seconds for _name, _problem, seconds in cases):.1f}",
    )
    for case_name, problem, seconds in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(name), name=_xml(case_name), time=f"{seconds:.1f}")
        if problem:
            element, message, text = problem
            ElementTree.SubElement(case, element, message=_xml(message), type=element).text = _xml(text)


def _xml(text: str) -> str:
    """Return a text that XML 1.0 can hold: no control character, no half of a surrogate pair, no noncharacter."""
    return printable(text).replace("\ufffe", "").replace("\uffff", "")
