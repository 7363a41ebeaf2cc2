# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts the marks of verdicts on Nodes, and loses nobody else's; decides nothing.

This file is internal to the collection and may change in any release. What is to be changed is thought out in _marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import until_first
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._marks import marks_for
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._reading import NODES
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult


def put_marks(client: Client, results: Sequence[NodeResult], depth: Depth, date: str) -> tuple[dict[str, list[str]], list[str]]:
    """Put on each Node what its verdict asks for.

    Returns:
        What was set or removed, by the Node's name, and a sentence for each Node that could not be changed.
    """
    marked: dict[str, list[str]] = {}
    trouble: list[str] = []
    for each in results:
        # The object that was judged tells whether there is anything to do, so that a node without marks costs no request.
        if each.subject.node is None or marks_for(each.subject.node, each.to_dict(), depth, date) is None:
            continue
        try:
            words = _put(client, each, depth, date)
        except ApiError as error:
            if error.status != 404:
                trouble.append(f"Node {each.subject.name} could not be marked: {error.message}")
            continue
        if words:
            marked[each.subject.name] = words
    return marked, trouble


def _put(client: Client, result: NodeResult, depth: Depth, date: str) -> list[str]:
    """Change one Node as it is now; begin again if somebody else has changed it meanwhile.

    Raises:
        ApiError: It may not be changed, is gone, or is changed by others again and again.
    """
    path = f"{NODES}/{result.subject.name}"

    def put() -> list[str]:
        node = client.get(path)
        marks = marks_for(node, result.to_dict(), depth, date)
        if marks is None:
            return []
        client.patch(path, _locked(node, dict(marks.patch)))
        return list(marks.words)

    return until_first(put)


def _locked(node: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return the patch such that the API server takes it only for this state of the Node: a list of taints is replaced whole."""
    meta = node["metadata"]
    return {**patch, "metadata": {**patch["metadata"], "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}}
