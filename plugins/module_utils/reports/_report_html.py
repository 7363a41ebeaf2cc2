# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a verification as one HTML file without external assets. Pure.

This file is internal to the collection and may change in any release. Every text in it may come from a node, so all of
it goes through one escape, and the page's own policy forbids loading anything, and any script and style but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.judging._remedies import documentation_of
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import VERDICTS, report, succeeded
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html_fleet import fleet
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html_nodes import cards
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html_run import comparison, provisioning, run_notes
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markup import many, more, sign, symbols, text
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_order import Problem, known_verdict, problems
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_script import SCRIPT
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_style import STYLE

# So many places of one finding are shown unfolded.
_UNFOLDED = 4
# From so many nodes on a browser draws only the cards that are in sight.
_LARGE = 150
_AROUND = 276.46  # The circumference of the ring, a circle of radius 44.


def html_report(result: Mapping[str, Any], title: str = "", time: str = "") -> str:
    """Return the report as a page.

    Args:
        result: What the module accelerator_verify returned, or failed with.
        title: What was verified, such as the cluster's name.
        time: When, as it is to be shown.
    """
    content = report(result)
    nodes = content["nodes"]
    anchors = {id(each): f"n{place}" for place, each in enumerate(nodes)}
    heading = f"Accelerators of {title}" if title else "Accelerators"
    body = "".join(
        (
            _header(content, heading, time),
            run_notes(content),
            fleet(nodes, anchors),
            _problems(problems(nodes), anchors),
            comparison(content["comparison"]),
            cards(nodes, anchors),
            provisioning(content),
        )
    )
    size = ' class="large"' if len(nodes) > _LARGE else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(heading)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{symbols()}<main{size}>\n{body}</main>\n"
        f"<footer>accelerated.nodes.accelerator_verify</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def policy() -> str:
    """Return the page's Content-Security-Policy: nothing but its own style and script, each by its sum."""
    return (
        f"default-src 'none'; style-src '{_sum(STYLE)}'; script-src '{_sum(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _sum(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _header(content: Mapping[str, Any], heading: str, time: str) -> str:
    counts = content["summary"]
    good = succeeded(content)
    verdict = "passed" if good else "failed"
    numbers = "".join(
        f'<li class="{each}">{sign(each)}<b>{int(counts.get(each, 0))}</b> {each}</li>'
        for each in VERDICTS
        if counts.get(each) or each == "passed"
    )
    warned = int(counts.get("warnings", 0))
    numbers += f'<li class="busy">{sign("warning")}{_bold(warned, "warning")}</li>' if warned else ""
    return (
        f'<header class="{verdict}"><div><p class="kicker">Verification{" · " + text(time) if time else ""}</p>'
        f"<h1>{text(heading)}</h1>"
        f'<p class="sentence">{sign(verdict)}{"All accelerators work" if good else "Not all is well"}: {text(counts.get("text", ""))}.</p>'
        f'<ul class="counts">{numbers}</ul>{_figures(content)}</div>{_ring(counts)}</header>\n'
    )


def _bold(number: int, noun: str) -> str:
    return f"<b>{number}</b> {many(number, noun).split(' ', 1)[1]}"


def _figures(content: Mapping[str, Any]) -> str:
    """How much was looked at, in a line."""
    nodes = content["nodes"]
    devices = sum(len(each["devices"]) for each in nodes)
    pools = len({each["node_pool"] for each in nodes})
    drivers = sorted({str(each["driver_version"]) for each in nodes if each["driver_version"]})
    parts = [many(devices, "device"), f"{many(pools, 'NodePool')}", f"coverage {float(content['summary'].get('coverage', 0)):g} %"]
    parts += [f"driver {drivers[0]}" if len(drivers) == 1 else f"{len(drivers)} driver versions"] if drivers else []
    return f'<p class="figures">{" ".join(f"<span>{text(each)}</span>" for each in parts)}</p>' if nodes else ""


def _ring(counts: Mapping[str, Any]) -> str:
    """Draw how many nodes have which verdict as a ring, and N of M in it."""
    passed, total = int(counts.get("passed", 0)), int(counts.get("total", 0))
    arcs, begin = "", 0.0
    for each in VERDICTS:
        share = _AROUND * int(counts.get(each, 0)) / total if total else 0.0
        if share:
            arcs += (
                f'<circle class="{each}" cx="55" cy="55" r="44" stroke-dasharray="{share:.2f} {_AROUND}" stroke-dashoffset="{-begin:.2f}"/>'
            )
        begin += share
    return (
        f'<svg class="ring" viewBox="0 0 110 110" role="img" aria-label="{passed} of {total} nodes passed">'
        f'<circle class="track" cx="55" cy="55" r="44"/><g transform="rotate(-90 55 55)">{arcs}</g>'
        f'<text x="55" y="53">{passed}</text><text class="unit" x="55" y="71">of {total} passed</text></svg>'
    )


def _problems(found: Sequence[Problem], anchors: Mapping[int, str]) -> str:
    """What was found, the worst first, alike findings of many nodes together."""
    rows = "".join(_problem(each, anchors) for each in found)
    note = f'<span class="note">{many(len(found), "kind")}, the worst first</span>'
    return f'<section><h2>Findings {note}</h2>\n<ol class="problems">{rows}</ol></section>\n' if rows else ""


def _problem(problem: Problem, anchors: Mapping[int, str]) -> str:
    places = [_place(node, finding, anchors) for node, findings in problem.places for finding in findings]
    rest = places[_UNFOLDED:]
    folded = f"<details><summary>{len(rest)} more</summary><ul>{''.join(rest)}</ul></details>" if rest else ""
    verdict = "busy" if problem.warning else "failed"
    nodes = many(len(problem.places), "node")
    action = more(documentation_of(problem.action), problem.action.replace("_", " ") or "no action")
    return (
        f'<li class="{verdict}"><p class="check">{sign("warning" if problem.warning else "failed")}<b>{text(problem.check)}</b>'
        f'<span class="badge">{action}</span><span class="note">{nodes}</span></p>'
        f'<p class="step">{text(problem.next_step)}</p><ul>{"".join(places[:_UNFOLDED])}</ul>{folded}</li>\n'
    )


def _place(node: Mapping[str, Any], finding: Mapping[str, Any], anchors: Mapping[int, str]) -> str:
    device = f"{text(finding['device'])}: " if finding.get("device") else ""
    return (
        f'<li class="{known_verdict(node["verdict"])}"><a href="#{anchors[id(node)]}">{text(node["name"])}</a> '
        f"{device}found <q>{text(finding['found'])}</q>, expected <q>{text(finding['expected'])}</q></li>"
    )
