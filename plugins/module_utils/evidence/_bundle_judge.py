# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a verdict is made of, made again: from kept observations to results, and what of a result they do not explain. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.depth._looks import combined
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._fleet import compared
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._check_pass import Observation
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import Exclusion
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, conclude, excluded, obstacle

# What of a result the tool's output tells, beside the findings.
_LISTED = ("devices", "driver_version", "cuda_version")


def judged(observation: Observation, exclusions: Iterable[Exclusion]) -> Optional[NodeResult]:
    """Return the verdict that one observation leads to; None for a node that was not looked at for a reason that is not kept."""
    if observation.number == 0:
        return excluded(observation.subject, exclusions) or obstacle(observation.subject, observation.cause)
    found = conclude(observation.subject, observation.state, observation.result.seconds, observation.holders)
    return replace(found, looks=(observation.number,))


def together(looks: Sequence[Sequence[NodeResult]]) -> list[dict[str, Any]]:
    """Return each node's looks as one result, as the module returns it, the nodes held against each other."""
    return [each.to_dict() for each in compared([combined(mine) for mine in looks])]


def unexplained(final: Mapping[str, Any], base: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what of a result its looks do not explain, and has to be quoted when it is judged again.

    Args:
        final: The result that the run ended with.
        base: The result that its looks lead to; None if they lead to none.
    """
    record = {"name": final["name"], "looks": list(final.get("looks") or ()), "whole": False, "quoted": []}
    if base is None:
        return {**record, "whole": True}
    left = list(base["findings"])
    for each in final["findings"]:
        if each in left:
            left.remove(each)
        else:
            record["quoted"].append(each)
    same = merged(final, base, record["quoted"])
    record["whole"] = any(same[key] != final[key] for key in ("verdict", "findings", "devices"))
    return record


def merged(kept: Mapping[str, Any], fresh: Mapping[str, Any], quoted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a result judged again: findings in the order in which they were kept, new ones after them.

    Args:
        kept: The result that the run ended with.
        fresh: What its looks lead to now.
        quoted: Its findings that no look explains.
    """
    left = [*fresh["findings"], *quoted]
    findings = []
    for each in kept["findings"]:
        if each in left:
            left.remove(each)
            findings.append(each)
    bad = any(each["severity"] == ERROR for each in quoted)
    verdict = FAILED if bad and fresh["verdict"] == PASSED else fresh["verdict"]
    return {**kept, **{key: fresh[key] for key in _LISTED}, "verdict": verdict, "findings": [*findings, *left]}
