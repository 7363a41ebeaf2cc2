# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the HTML report says of the run as a whole: message, what changed since another run, nodes made and given back. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markup import many, more, text

# Part of a comparison -> what it is called.
PARTS = {
    "new": "New findings",
    "still_failing": "Still failing",
    "not_looked_at": "Not looked at again",
    "mended": "Mended",
    "missing": "Nodes that are missing",
    "appeared": "Nodes that were not there",
    "devices": "Devices that changed",
}


def run_notes(content: Mapping[str, Any]) -> str:
    """Why nodes that were asked for are not ready, the message, and what is left behind."""
    verdict = content["verdict"] or {}
    parts = []
    if verdict:
        keys = ("object", "reason", "message", "explanation", "next_step")
        rows = "".join(f"<dt>{key.replace('_', ' ')}</dt><dd>{text(verdict.get(key, ''))}</dd>" for key in keys if verdict.get(key))
        if verdict.get("documentation"):
            rows += f"<dt>more</dt><dd>{more(verdict['documentation'], 'What it means, and what to do')}</dd>"
        parts.append(f"<dl>{rows}</dl>")
    said = content["message"].rstrip(".").lower() == str(content["summary"].get("text", "")).lower()
    parts += [f"<p>{text(content['message'])}</p>"] if content["message"] and not said else []
    if content["leftovers"]:
        parts.append("<h3>Left behind</h3>" + "".join(f"<p>{text(each)}</p>" for each in content["leftovers"]))
    return f'<section><h2>The run</h2><div class="failed panel run">{"".join(parts)}</div></section>\n' if parts else ""


def comparison(content: Mapping[str, Any] | None) -> str:
    """What is not as it was in the bundle that the run was compared with."""
    if not content:
        return ""
    parts = "".join(_part(title, content.get(key) or ()) for key, title in PARTS.items())
    with_what = f"{text(content.get('with', ''))}, {text(content.get('time', ''))}"
    return (
        f'<section><h2>Compared <span class="note">with {with_what}</span></h2>'
        f'<div class="panel changes">{parts or "<p>Nothing has changed.</p>"}</div></section>\n'
    )


def _part(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    items = "".join(f"<li>{text(change_words(each))}</li>" for each in rows)
    return f'<h3>{title} <span class="note">{len(rows)}</span></h3><ul>{items}</ul>' if rows else ""


def change_words(row: Mapping[str, Any]) -> str:
    """Return one row of a comparison in words."""
    if "uuid" in row:
        return f"{row['uuid']}: was on {row['was_on'] or 'no node'}, is on {row['is_on'] or 'no node'}"
    where = "/".join(filter(None, (row.get("node_pool"), row.get("node"))))
    device = f" of {row['device']}" if row.get("device") else ""
    return f"{where}: {row['check']}{device}: found {row['found']}" if row.get("check") else f"{where} ({row.get('verdict', '')})"


def provisioning(content: Mapping[str, Any]) -> str:
    """The nodes that were made for the verification, and those of them that were given back, with the times that were seen."""
    made, gone = content["provisioned"], {each.get("node_claim"): each for each in content["given_back"]}
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{text(each)}</td>"
            for each in (
                row.get("node_pool") or "",
                row.get("node_claim") or "",
                row.get("asked_at") or "",
                row.get("ready_at") or "",
                (gone.get(row.get("node_claim")) or {}).get("deleted_at") or "",
                (gone.get(row.get("node_claim")) or {}).get("gone_at") or "",
            )
        )
        + "</tr>"
        for row in made
    )
    heads = "".join(f'<th scope="col">{each}</th>' for each in ("NodePool", "NodeClaim", "asked for", "ready", "deleted", "gone"))
    note = f'<span class="note">{many(len(made), "node")} asked for, {len(gone)} given back</span>'
    table = f'<div class="panel wide"><table class="times"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<section><h2>Provisioned {note}</h2>{table}</section>\n" if rows else ""
