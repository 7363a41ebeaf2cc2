# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nodes of the HTML report: a card for each, with its devices and their health, and the tools that find one. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import PRIVILEGED
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import WARNING
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import EXCLUDED, FAILED, PASSED, UNKNOWN, VERDICTS, by_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markup import many, sign, text
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_order import known_verdict, worst_first

# So many devices are drawn at most; AWS's biggest nodes have 16.
_MOST_DRAWN = 64

# How a test ends -> the sign of it.
_SIGN_OF_TEST = {"passed": PASSED, "failed": FAILED, "skipped": EXCLUDED}

Node = Mapping[str, Any]


def cards(nodes: Sequence[Node], anchors: Mapping[int, str]) -> str:
    """Return the tools and, by NodePool, a card for each node, the worst first; ``anchors`` as for the fleet's picture."""
    if not nodes:
        return ""
    pools = by_pool(nodes)
    sections = "".join(_pool(place, pool, mine, anchors) for place, (pool, mine) in enumerate(pools.items()))
    return f'<section id="nodes"><h2>Nodes</h2>\n{_tools(nodes, list(pools))}\n{sections}<p class="nothing" hidden>No node matches.</p></section>\n'


def _tools(nodes: Sequence[Node], pools: Sequence[str]) -> str:
    """What narrows the list. Hidden until the page's script, without which it would do nothing, shows it."""
    found = [known_verdict(each["verdict"]) for each in nodes]
    buttons = "".join(
        f'<button type="button" class="{each}" data-verdict="{each}" aria-pressed="false">{sign(each)}{each} <b>{found.count(each)}</b></button>'
        for each in VERDICTS
        if each in found
    )
    options = "".join(f'<option value="{place}">{text(pool or "no NodePool")}</option>' for place, pool in enumerate(pools))
    return (
        '<div class="tools" role="search" hidden>'
        '<input type="search" placeholder="Search names, types, devices, findings" aria-label="Search nodes" autocomplete="off" spellcheck="false">'
        f'<select aria-label="NodePool" autocomplete="off"><option value="">all NodePools</option>{options}</select>'
        f'<div class="verdicts" role="group" aria-label="Verdict">{buttons}</div>'
        '<output aria-live="polite"></output></div>'
    )


def _pool(place: int, pool: str, nodes: Sequence[Node], anchors: Mapping[int, str]) -> str:
    passed = sum(each["verdict"] == PASSED for each in nodes)
    name = f"NodePool {text(pool)}" if pool else "Nodes of no NodePool"
    tiles = "".join(_card(place, each, anchors[id(each)]) for each in worst_first(nodes))
    return (
        f'<section class="pool" data-pool="{place}"><h3>{name} <span class="note">{passed} of {len(nodes)} passed</span></h3>\n'
        f'<div class="tiles">{tiles}</div></section>\n'
    )


def _card(pool: int, node: Node, anchor: str) -> str:
    verdict = known_verdict(node["verdict"])
    return (
        f'<article class="node {verdict}" id="{anchor}" data-verdict="{verdict}" data-pool="{pool}">'
        f'<div class="top"><h4>{text(node["name"])}</h4><span class="badge">{sign(verdict)}{text(node["verdict"])}</span></div>'
        f'<p class="type"><b>{text(node["instance_type"])}</b>{_facts(node)}</p>'
        f"{_chips(node)}{_reason(node)}{_findings(node)}{_tests(node)}{_others(node)}{_inventory(node)}</article>\n"
    )


def _facts(node: Node) -> str:
    models = sorted({each["model"] for each in node["devices"] if each.get("model")})
    memory = sorted({f"{each['memory_mib']} MiB" for each in node["devices"] if each.get("memory_mib")})
    cores = sorted({f"{each['cores']} cores" for each in node["devices"] if each.get("cores")})
    facts = [*models, *memory, *cores]
    facts += [f"driver {node['driver_version']}"] if node["driver_version"] else []
    facts += [f"CUDA {node['cuda_version']}"] if node["cuda_version"] else []
    facts += [str(node[key]) for key in ("zone", "capacity_type", "node_claim") if node.get(key)]
    facts += ["by a privileged pod"] if node.get("probe") == PRIVILEGED else []
    facts += [f"{float(node['duration']):.1f} s"] if node["duration"] else []
    return "".join(f" <span>{text(each)}</span>" for each in facts)


def _chips(node: Node) -> str:
    """Draw each device that there should be or is: found, with a finding, missing, or not looked at."""
    devices = node["devices"]
    expected = int(node.get("expected_devices") or 0)
    total = min(max(expected, len(devices)), _MOST_DRAWN)
    if total == 0:
        return ""
    chips = "".join(_chip(*_device_state(place, node)) for place in range(total))
    label = f"{len(devices)} of {expected or 'an unknown number of'} devices found"
    return f'<ol class="chips" aria-label="{label}">{chips}</ol>'


def _chip(state: str, title: str, face: str) -> str:
    return f'<li class="{state}" title="{text(title)}">{face}</li>'


def _device_state(place: int, node: Node) -> tuple[str, str, str]:
    """Return class, title and face of one place among the chips."""
    devices = node["devices"]
    if place >= len(devices):
        return ("missing", "missing", sign("missing")) if devices else ("unseen", "not listed", sign("excluded"))
    device = devices[place]
    name = f"device {device['index']}"
    severity = _severity(name, node)
    if severity == WARNING:
        return "warned", f"{name}: has a warning", sign("warning")
    if severity:
        return "bad", f"{name}: see the findings", sign("failed")
    return "good", name, text(device["index"])


def _severity(device: str, node: Node) -> str:
    """Return the worst severity among the findings of a device; empty if it has none."""
    mine = [each for each in node["findings"] if each.get("device") == device or str(each.get("device", "")).startswith(f"{device} ")]
    errors = [each for each in mine if each.get("severity") != WARNING]
    return "error" if errors else WARNING if mine else ""


def _findings(node: Node) -> str:
    rows = "".join(
        f"<li{_mark(each)}>{sign('warning' if _mark(each) else 'failed')}<b>{text(each['check'])}</b>"
        f"{' <span>' + text(each['device']) + '</span>' if each.get('device') else ''}"
        f"<dl><dt>expected</dt><dd>{text(each['expected'])}</dd><dt>found</dt><dd>{text(each['found'])}</dd>"
        f"<dt>next step</dt><dd>{text(each['next_step'])}</dd>"
        f"<dt>action</dt><dd>{text(each.get('action', ''))}</dd></dl></li>"
        for each in node["findings"]
    )
    return f'<ul class="findings">{rows}</ul>' if rows else ""


def _mark(finding: Mapping[str, Any]) -> str:
    return ' class="warning"' if finding.get("severity") == WARNING else ""


def _reason(node: Node) -> str:
    return f'<p class="reason">{text(node["reason"])}</p>' if node.get("reason") else ""


def _tests(node: Node) -> str:
    """What was tested beyond the listing, and what was set on the Node."""
    rows = "".join(
        f'<li class="{known_verdict(str(each.get("outcome")))}">{sign(_SIGN_OF_TEST.get(str(each.get("outcome")), UNKNOWN))}'
        f"<b>{text(each.get('name'))}</b> {text(each.get('outcome'))}{_value(each)}</li>"
        for each in node.get("tests") or ()
    )
    rows += "".join(f'<li class="excluded">{sign(EXCLUDED)}{text(each)}</li>' for each in node.get("marked") or ())
    return f'<ul class="tests">{rows}</ul>' if rows else ""


def _value(test: Mapping[str, Any]) -> str:
    words = [f"{test['value']:g}"] if isinstance(test.get("value"), (int, float)) else []
    words += [str(test["reason"])] if test.get("reason") else []
    return f" <span>{text(': '.join(words))}</span>" if words else ""


def _others(node: Node) -> str:
    """Quote what others say of the node."""
    words = node.get("said_by_others") or []
    rows = "".join(
        f"<li>{text(each['source'])}: <b>{text(each['mark'])}={text(each['value'])}</b> {text(each.get('message', ''))}</li>"
        for each in words
    )
    return f'<ul class="others">{rows}</ul>' if rows else ""


def _inventory(node: Node) -> str:
    """Every device with what its tool says of it, folded."""
    devices = node["devices"]
    rows = "".join(f"<li>{_device(each, node)}</li>" for each in devices)
    return f"<details><summary>{many(len(devices), 'device')}</summary><ul>{rows}</ul></details>" if rows else ""


def _device(device: Mapping[str, Any], node: Node) -> str:
    health = {"": "healthy", WARNING: "warning"}.get(_severity(f"device {device['index']}", node), "faulty")
    memory = f"{device['memory_mib']} MiB" if device.get("memory_mib") else ""
    cores = f"{device['cores']} cores" if device.get("cores") else ""
    serial = f"serial {device['serial']}" if device.get("serial") else ""
    ecc = f"ECC {device['ecc']}" if device.get("ecc") else ""
    facts = (device.get("bus_id"), device.get("model"), memory, cores, ecc, serial, device.get("uuid"))
    return f"<b>{text(device['index'])}</b> <em>{health}</em>" + "".join(f" <span>{text(each)}</span>" for each in facts if each)
