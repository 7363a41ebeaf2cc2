# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a verification as a short summary in Markdown, for a pull request, a chat, or a job's page. Pure.

This file is internal to the collection and may change in any release. What nodes wrote goes into code spans, in which nothing is mark-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._conformance import autoscaling
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import VERDICTS, by_pool, report, succeeded
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html_run import PARTS, change_words
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markup import many
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_order import Problem, known_verdict, problems

# A summary is short: the rest is in the page and the JSON.
_MOST_PROBLEMS, _MOST_PLACES = 20, 5


def markdown_report(result: Mapping[str, Any], title: str = "", time: str = "") -> str:
    """Return the summary; title and time as for the page."""
    content = report(result)
    heading = f"Accelerators of {prose(title)}" if title else "Accelerators"
    when = f" ({prose(time)})" if time else ""
    blocks = [f"# {heading}: {'passed' if succeeded(content) else 'FAILED'}", f"{prose(_sentence(content))}{when}"]
    blocks += [each for part in (_pools, _problems, _run, _comparison, _autoscaling) if (each := "\n".join(part(content)))]
    return "\n\n".join(blocks) + "\n"


def code(value: object) -> str:
    """Return a text as a code span on one line: no mark-up of it counts, and no cell or span ends in it."""
    line = shorten(str(value)).replace("`", "'").replace("|", "\u00a6")
    return f"`{line}`" if line else ""


def prose(value: object) -> str:
    """Return a text as prose on one line, with every character escaped that could begin mark-up or a link."""
    line = re.sub(r"([\\`*_{}\[\]()<>#+!|~$&@])", r"\\\1", shorten(str(value), 1000))
    return re.sub(r"(:)(?=//)|(?<=www)(\.)", r"\\\1\2", line, flags=re.IGNORECASE)


def _sentence(content: Mapping[str, Any]) -> str:
    text = str(content["summary"].get("text", ""))
    return f"{text[:1].upper()}{text[1:]}, coverage {float(content['summary'].get('coverage', 0)):g} %."


def _pools(content: Mapping[str, Any]) -> Iterator[str]:
    """A row for each NodePool."""
    pools = by_pool(content["nodes"])
    found = [each for each in VERDICTS if any(known_verdict(node["verdict"]) == each for node in content["nodes"])]
    if pools:
        yield _row(["NodePool", "nodes", *found])
        yield _row(["---", *["---:"] * (len(found) + 1)])
    for pool, nodes in pools.items():
        verdicts = [known_verdict(each["verdict"]) for each in nodes]
        yield _row([code(pool) or "none", str(len(nodes)), *(str(verdicts.count(each)) for each in found)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    """The findings, the worst first, alike ones together."""
    found = problems(content["nodes"])
    if found:
        yield "## Findings\n"
    for each in found[:_MOST_PROBLEMS]:
        yield from _problem(each)
    if len(found) > _MOST_PROBLEMS:
        yield f"- {len(found) - _MOST_PROBLEMS} more kinds of findings"


def _problem(problem: Problem) -> Iterator[str]:
    nodes = many(len(problem.places), "node")
    yield f"- {'warning' if problem.warning else '**error**'} {code(problem.check)} on {nodes}, {code(problem.action)}: {prose(problem.next_step)}"
    places = [(node, finding) for node, findings in problem.places for finding in findings]
    for node, finding in places[:_MOST_PLACES]:
        device = f", {code(finding['device'])}" if finding.get("device") else ""
        yield f"  - {code(node['name'])}{device}: found {code(finding['found'])}, expected {code(finding['expected'])}"
    if len(places) > _MOST_PLACES:
        yield f"  - {len(places) - _MOST_PLACES} more"


def _run(content: Mapping[str, Any]) -> Iterator[str]:
    """The message, and what is left behind."""
    if content["message"] or content["leftovers"]:
        yield "## The run\n"
    if content["message"]:
        yield prose(content["message"])
    for each in content["leftovers"]:
        yield f"- left behind: {prose(each)}"


def _comparison(content: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it was."""
    found = content["comparison"]
    if not found:
        return
    yield f"## Compared with {code(found.get('with', ''))}\n"
    parts = {title: found.get(key) or () for key, title in PARTS.items()}
    for title, rows in parts.items():
        if rows:
            yield f"- {title}: {len(rows)}"
        for each in rows[:_MOST_PLACES]:
            yield f"  - {code(change_words(each))}"
    if not any(parts.values()):
        yield "Nothing has changed."


def _autoscaling(content: Mapping[str, Any]) -> Iterator[str]:
    """The evidence for the conformance item, where there is some."""
    found = autoscaling(content)
    if not found:
        return
    yield f"## Evidence for {code(found['id'])} (CNCF AI conformance)\n"
    yield f"{found['how']}\n"
    yield _row(["NodePool", "NodeClaim", "instance type", "asked for", "ready", "deleted", "gone"])
    yield _row(["---"] * 7)
    for pool in found["node_pools"]:
        for each in pool["nodes"]:
            keys = ("node_claim", "instance_type", "asked_at", "ready_at", "deleted_at", "gone_at")
            yield _row([code(pool["node_pool"]), *(code(each.get(key, "")) or "-" for key in keys)])
