# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The picture of the fleet in the HTML report: a row for each NodePool, a column for each zone, a cell for each node. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import PASSED, VERDICTS, by_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_markup import many, sign, text
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report_order import by_zone, is_warned, known_verdict, worst_first

# Up to so many nodes the cells are big enough for a finger.
_FEW = 120

Node = Mapping[str, Any]


def fleet(nodes: Sequence[Node], anchors: Mapping[int, str]) -> str:
    """Return the picture.

    Args:
        nodes: All results.
        anchors: Where each node's card is in the page, by the identity of its result.
    """
    if not nodes:
        return ""
    zones = list(by_zone(nodes))
    heads = "".join(f'<th scope="col">{text(each or "no zone")}</th>' for each in zones)
    rows = "".join(_row(pool, mine, zones, anchors) for pool, mine in by_pool(nodes).items())
    size = "few" if len(nodes) <= _FEW else "many"
    return (
        f'<section><h2>Fleet <span class="note">{many(len(nodes), "node")}, a row for each NodePool, a column for each zone</span></h2>\n'
        f'<div class="panel"><table class="fleet {size}"><thead><tr><th scope="col">NodePool</th>{heads}</tr></thead><tbody>{rows}</tbody></table>\n'
        f"{_legend(nodes)}</div></section>\n"
    )


def _row(pool: str, nodes: Sequence[Node], zones: Sequence[str], anchors: Mapping[int, str]) -> str:
    passed = sum(each["verdict"] == PASSED for each in nodes)
    mine = by_zone(nodes)
    cells = "".join(_zone(zone, mine.get(zone, ()), anchors) for zone in zones)
    name = text(pool) if pool else "no NodePool"
    return f'<tr><th scope="row">{name} <span class="note">{passed} of {len(nodes)}</span></th>{cells}</tr>\n'


def _zone(zone: str, nodes: Sequence[Node], anchors: Mapping[int, str]) -> str:
    cells = "".join(_cell(each, anchors) for each in worst_first(nodes))
    return f'<td data-zone="{text(zone or "no zone")}">{cells}</td>' if cells else '<td class="none"></td>'


def _cell(node: Node, anchors: Mapping[int, str]) -> str:
    verdict, warned = known_verdict(node["verdict"]), is_warned(node)
    label = f"{text(node['name'])}, {text(node['instance_type'])}: {verdict}{', with warnings' if warned else ''}"
    mark = " warned" if warned and verdict == PASSED else ""
    return f'<a class="cell {verdict}{mark}" href="#{anchors[id(node)]}" title="{label}" aria-label="{label}">{sign(verdict)}</a>'


def _legend(nodes: Sequence[Node]) -> str:
    found = {known_verdict(each["verdict"]) for each in nodes}
    items = [f'<li><span class="cell {each}">{sign(each)}</span>{each}</li>' for each in VERDICTS if each in found]
    if any(is_warned(each) and each["verdict"] == PASSED for each in nodes):
        items.append(f'<li><span class="cell passed warned">{sign(PASSED)}</span>passed with warnings</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'
