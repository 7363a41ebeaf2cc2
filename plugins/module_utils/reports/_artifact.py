# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a verification leaves to a controller's next job: how it ended, what is wrong and what has changed, within bounds. Pure.

This file is internal to the collection and may change in any release. An artifact becomes variables of another job: texts that a cluster wrote
are cut, and hold nothing that a template would be made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import EXCLUDED, PASSED, report, succeeded
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_html_run import PARTS, change_words

# Of nodes, and of each kind of change: an artifact is a summary, and the report has the rest.
MOST_ROWS = 20
_MOST_MESSAGE, _MOST_FOUND = 500, 160
_SUMMED = ("total", "passed", "failed", "busy", "unknown", "excluded", "coverage", "outcome", "text")


def artifact_name(kind: str, host: str) -> str:
    """Return the name of the variable of one cluster: a workflow keeps only the last of those of one name.

    Args:
        kind: What has run, such as ``verify``.
        host: The cluster's host in the inventory.
    """
    return f"accelerated_{kind}_" + re.sub(r"[^A-Za-z0-9_]", "_", host)


def reports(left: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``job``, ``ok`` and ``text`` of each job of a workflow.

    Args:
        left: What each has left, by the job's name; nothing of one that has not run.
    """
    return [
        {"job": job, "ok": bool(artifact and artifact.get("ok")), "text": f"{job}: {_said(artifact)}"} for job, artifact in left.items()
    ]


def _said(artifact: Mapping[str, Any] | None) -> str:
    if not artifact:
        return "has not run, or was ended before it could say anything."
    if artifact.get("ok"):
        return "is well."
    return artifact.get("message") or "has found what is wrong; its job shows it."


def verification(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the artifact of a verification."""
    content = report(result)
    bad = [each for each in content["nodes"] if each["verdict"] not in (PASSED, EXCLUDED)]
    return plain(
        {
            "ok": succeeded(content),
            "message": shorten(content["message"], _MOST_MESSAGE),
            "summary": {key: content["summary"][key] for key in _SUMMED if key in content["summary"]},
            "not_passed": [_node(each) for each in bad[:MOST_ROWS]],
            "not_passed_left_out": max(0, len(bad) - MOST_ROWS),
            "changes": _changes(content["comparison"]),
            "history": _history(result),
            "evidence": dict(result.get("evidence") or {}),
        }
    )


def change_lines(result: Mapping[str, Any]) -> list[str]:
    """Return what has changed since the run that this one was compared with, in sentences; none where nothing was asked for."""
    history, comparison = result.get("history") or {}, result.get("comparison")
    lines = [*history.get("troubles", ()), *filter(None, [history.get("text")])]
    if not comparison:
        return lines
    found = {title: comparison.get(key) or [] for key, title in PARTS.items()}
    words = ", ".join(f"{title}: {len(rows)}" for title, rows in found.items() if rows)
    lines.append(f"Compared with the run of {comparison.get('time', '')} ({comparison.get('with', '')}): {words or 'nothing has changed'}.")
    for title, rows in found.items():
        lines += [shorten(f"{title}: {change_words(each)}", _MOST_MESSAGE) for each in rows[:MOST_ROWS]]
        lines += [f"{title}: {len(rows) - MOST_ROWS} more, which the report lists."] * (len(rows) > MOST_ROWS)
    return lines


def plain(value: Any) -> Any:
    """Return data as JSON has it, without what a template begins with."""
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return re.sub(r"\{(?=[{%#])", "{ ", str(value)) if isinstance(value, str) else value


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    first: Mapping[str, Any] = next((each for each in node["findings"] if each.get("severity") != WARNING), {})
    found = {key: shorten(str(first.get(key, "")), _MOST_FOUND) for key in ("check", "device", "found", "action", "next_step")}
    return {"node": node["name"], "node_pool": node["node_pool"], "verdict": node["verdict"], **found}


def _changes(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return how many changes of each kind there are, and the first of each; None where nothing was compared."""
    if not comparison:
        return None
    counts = {key: len(comparison.get(key) or ()) for key in PARTS}
    first = {key: [_row(each) for each in (comparison.get(key) or ())[:MOST_ROWS]] for key in PARTS}
    return {"since": comparison.get("time", ""), "with": comparison.get("with", ""), "counts": counts, **first}


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: shorten(str(value), _MOST_FOUND) for key, value in row.items()}


def _history(result: Mapping[str, Any]) -> dict[str, Any] | None:
    history = result.get("history")
    if history is None:
        return None
    return {**history, "troubles": [shorten(each, _MOST_MESSAGE) for each in history.get("troubles", ())[:MOST_ROWS]]}
