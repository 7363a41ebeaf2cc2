# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a verification as one HTML file without external assets. Pure.

This file is internal to the collection and may change in any release. Every text in it may come from a node, so all of
it goes through one escape, and the page's own policy forbids scripts and loading anything.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils._findings import WARNING
from ansible_collections.accelerated.nodes.plugins.module_utils._report import (
    FAILED,
    VERDICTS,
    by_pool,
    report,
    succeeded,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._report_style import STYLE
from ansible_collections.accelerated.nodes.plugins.module_utils._text import printable

# Devices in a row of the picture; AWS's biggest nodes have 16.
_PER_ROW = 8
_CHIP, _GAP = 34, 14

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_report(result: Mapping[str, Any], title: str = "", time: str = "") -> str:
    """Return the report as a page.

    Args:
        result: What the module accelerator_verify returned, or failed with.
        title: What was verified, such as the cluster's name.
        time: When, as it is to be shown.
    """
    content = report(result)
    heading = f"Accelerators of {title}" if title else "Accelerators"
    body = "".join(
        (
            _header(content, heading, time),
            "".join(_pool(pool, nodes) for pool, nodes in by_pool(content["nodes"]).items()),
            _notes(content),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(heading)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n"
        "<footer>accelerated.nodes.accelerator_verify</footer>\n</body>\n</html>\n"
    )


def _text(value: object) -> str:
    """Escape a text for any place in the page: printable, and no mark-up."""
    return html.escape(printable(str(value)), quote=True)


def _class(verdict: str) -> str:
    """Return a verdict as a class name; a word that is none of ours gets none."""
    return verdict if verdict in VERDICTS else "unknown"


def _header(content: Mapping[str, Any], heading: str, time: str) -> str:
    counts = content["summary"]
    good = succeeded(content)
    verdict = "passed" if good else "failed"
    total, passed = int(counts.get("total", 0)), int(counts.get("passed", 0))
    numbers = "".join(
        f'<li class="{each}"><b>{int(counts.get(each, 0))}</b> {each}</li>' for each in VERDICTS if counts.get(each) or each == "passed"
    )
    return (
        f'<header class="{verdict}"><div><p class="kicker">Verification{" · " + _text(time) if time else ""}</p>'
        f"<h1>{_text(heading)}</h1>"
        f'<p class="sentence">{"All accelerators work" if good else "Not all is well"}: {_text(counts.get("text", ""))}.</p>'
        f'<ul class="counts">{numbers}</ul></div>{_ring(passed, total)}</header>\n'
    )


def _ring(passed: int, total: int) -> str:
    """Draw N of M as a ring."""
    around = 276.5  # The circumference of a circle of radius 44.
    done = around * passed / total if total else 0.0
    return (
        f'<svg class="ring" viewBox="0 0 110 110" role="img" aria-label="{passed} of {total} nodes passed">'
        '<circle class="track" cx="55" cy="55" r="44"/>'
        f'<circle class="done" cx="55" cy="55" r="44" stroke-dasharray="{done:.1f} {around}" transform="rotate(-90 55 55)"/>'
        f'<text x="55" y="56">{passed}<tspan class="of">/{total}</tspan></text>'
        '<text class="unit" x="55" y="74">nodes</text></svg>'
    )


def _pool(pool: str, nodes: Iterable[Mapping[str, Any]]) -> str:
    nodes = list(nodes)
    passed = sum(each["verdict"] == "passed" for each in nodes)
    name = f"NodePool {_text(pool)}" if pool else "Nodes of no NodePool"
    return (
        f'<section><h2>{name} <span class="note">{passed} of {len(nodes)} passed</span></h2>\n'
        f'<div class="tiles">{"".join(_tile(each) for each in nodes)}</div></section>\n'
    )


def _tile(node: Mapping[str, Any]) -> str:
    verdict = _class(node["verdict"])
    return (
        f'<article class="{verdict}"><div class="top"><h3>{_text(node["name"])}</h3><span class="badge">{_text(node["verdict"])}</span></div>'
        f'<p class="type"><b>{_text(node["instance_type"])}</b>{_facts(node)}</p>'
        f"{_picture(node)}{_reason(node)}{_findings(node)}{_others(node)}</article>\n"
    )


def _facts(node: Mapping[str, Any]) -> str:
    models = sorted({each["model"] for each in node["devices"] if each.get("model")})
    memory = sorted({f"{each['memory_mib']} MiB" for each in node["devices"] if each.get("memory_mib")})
    cores = sorted({f"{each['cores']} cores" for each in node["devices"] if each.get("cores")})
    facts = [*models, *memory, *cores]
    facts += [f"driver {node['driver_version']}"] if node["driver_version"] else []
    facts += [f"CUDA {node['cuda_version']}"] if node["cuda_version"] else []
    facts += [f"{float(node['duration']):.1f} s"] if node["duration"] else []
    return "".join(f" · <span>{_text(each)}</span>" for each in facts)


def _picture(node: Mapping[str, Any]) -> str:
    """Draw each device that there should be or is: found, with a finding, missing, or not looked at."""
    devices = node["devices"]
    expected = int(node.get("expected_devices") or 0)
    total = min(max(expected, len(devices)), 64)
    if total == 0:
        return ""
    bad = [each["device"] for each in node["findings"] if each.get("device") and each.get("severity") != WARNING]
    chips = "".join(_chip(place, *_device_state(place, node, bad)) for place in range(total))
    columns, rows = min(total, _PER_ROW), -(-total // _PER_ROW)
    step = _CHIP + _GAP
    return (
        f'<svg class="devices" width="{columns * step}" height="{rows * step}" viewBox="0 0 {columns * step} {rows * step}" role="img" '
        f'aria-label="{len(devices)} of {expected or "an unknown number of"} devices found">{chips}</svg>'
    )


def _device_state(place: int, node: Mapping[str, Any], bad: list[str]) -> tuple[str, str, str]:
    """Return class, sign and title of one place in the picture."""
    devices = node["devices"]
    if place >= len(devices):
        return ("missing", "?", "missing") if devices else ("unseen", "-", "not listed")
    device = devices[place]
    name = f"device {device['index']}"
    if any(each == name or each.startswith(f"{name} ") for each in bad):
        return "bad", "!", f"{name}: see the findings"
    return "good", str(device["index"]), " ".join(filter(None, (name, device.get("model"), device.get("uuid"), device.get("bus_id"))))


def _chip(place: int, state: str, sign: str, title: str) -> str:
    """Draw one device as a chip with its pins."""
    left = (place % _PER_ROW) * (_CHIP + _GAP) + _GAP / 2
    top = (place // _PER_ROW) * (_CHIP + _GAP) + _GAP / 2
    pins = "".join(f"M{offset} -4v4M{offset} {_CHIP}v4M-4 {offset}h4M{_CHIP} {offset}h4" for offset in (9, 17, 25))
    return (
        f'<g class="{state}" transform="translate({left:g} {top:g})"><title>{_text(title)}</title><path d="{pins}"/>'
        f'<rect width="{_CHIP}" height="{_CHIP}" rx="5"/><text x="{_CHIP / 2:g}" y="{_CHIP / 2 + 4.5:g}">{_text(sign)}</text></g>'
    )


def _findings(node: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<li{_mark(each)}><b>{_text(each['check'])}</b>{' · ' + _text(each['device']) if each.get('device') else ''}"
        f"<dl><dt>expected</dt><dd>{_text(each['expected'])}</dd><dt>found</dt><dd>{_text(each['found'])}</dd>"
        f"<dt>next step</dt><dd>{_text(each['next_step'])}</dd>"
        f"<dt>action</dt><dd>{_text(each.get('action', ''))}</dd></dl></li>"
        for each in node["findings"]
    )
    return f'<ul class="findings">{rows}</ul>' if rows else ""


def _reason(node: Mapping[str, Any]) -> str:
    return f'<p class="reason">{_text(node["reason"])}</p>' if node.get("reason") else ""


def _others(node: Mapping[str, Any]) -> str:
    """Quote what others say of the node."""
    words = node.get("said_by_others") or []
    rows = "".join(
        f"<li>{_text(each['source'])}: <b>{_text(each['mark'])}={_text(each['value'])}</b> {_text(each.get('message', ''))}</li>"
        for each in words
    )
    return f'<ul class="others">{rows}</ul>' if rows else ""


def _mark(finding: Mapping[str, Any]) -> str:
    return ' class="warning"' if finding.get("severity") == WARNING else ""


def _notes(content: Mapping[str, Any]) -> str:
    """What concerns the run as a whole: why nodes that were asked for are not ready, the message, and what is left behind."""
    verdict = content["verdict"] or {}
    parts = [f"<p>{_text(content['message'])}</p>"] if content["message"] else []
    if verdict:
        keys = ("object", "reason", "message", "explanation", "next_step")
        rows = "".join(f"<dt>{key.replace('_', ' ')}</dt><dd>{_text(verdict.get(key, ''))}</dd>" for key in keys if verdict.get(key))
        parts.insert(0, f"<dl>{rows}</dl>")
    if content["leftovers"]:
        parts.append("<h3>Left behind</h3>" + "".join(f"<p>{_text(each)}</p>" for each in content["leftovers"]))
    return f'<section><h2>The run</h2><div class="{FAILED} run">{"".join(parts)}</div></section>\n' if parts else ""
