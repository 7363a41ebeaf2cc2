# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When Karpenter may replace a pool's nodes: the NodePool's disruption, its budgets, and the protection from drift. Pure.

This file is internal to the collection and may change in any release. Source: Karpenter's pkg/apis/v1/nodepool.go, v1.14.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common import _checks as check
from ansible_collections.accelerated.nodes.plugins.module_utils.common._cron import is_schedule
from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

REASONS = ("Underutilized", "Empty", "Drifted")
ALWAYS = "always"

# An accelerator's work is dear to interrupt: its nodes go when they are empty, and not to pack them closer.
_ACCELERATOR_DISRUPTION = {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "5m"}
_DISRUPTION = {"consolidateAfter": "0s"}  # Karpenter's default; its API asks for the field once disruption is there
_BUDGET = {"nodes": "10%"}  # Karpenter's default, which is gone once any budget is given

_NODES = re.compile(r"(100|[0-9]{1,2})%|[0-9]+")
_DURATION = re.compile(r"[0-9]+(h|m)|[0-9]+h[0-9]+m")

_schedule = check.matching(
    is_schedule,
    "a schedule of Karpenter's: five fields, such as '0 8 * * mon-fri' (UTC, Sunday is 0), or a word such as @daily",
)
_duration = check.matching(lambda text: _DURATION.fullmatch(text) is not None, "a duration of hours and minutes, such as 10h or 1h30m")
_nodes = check.matching(lambda value: _NODES.fullmatch(str(value)) is not None, "a number of nodes, or a share such as 10%", (str, int))

_BUDGET_FIELDS = check.record(
    {"nodes": _nodes, "reasons": check.items(check.choice(*REASONS)), "schedule": _schedule, "duration": _duration},
    required=("nodes",),
)
_WINDOW = check.record({"schedule": _schedule, "duration": _duration}, required=("schedule", "duration"))


def _budget(where: str, value: Any) -> Iterator[str]:
    """One budget: its fields, and that schedule and duration come together."""
    wrong = list(_BUDGET_FIELDS(where, value))
    yield from wrong
    if wrong:
        return
    alone = {"schedule", "duration"} & set(value)
    if len(alone) == 1:
        (name,) = alone
        yield f"{where} has {name} alone: a budget needs schedule and duration, or neither."


#: Check of the option disruption.
DISRUPTION = check.record(
    {
        "consolidationPolicy": check.choice("WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"),
        "consolidateAfter": check.duration,
        "budgets": check.items(_budget, at_least=0),
    }
)


def protection(where: str, value: Any) -> Iterator[str]:
    """Check of the option protect_from_drift: the word always, or a window of time."""
    if isinstance(value, Mapping):
        yield from _WINDOW(where, value)
    elif value != ALWAYS:
        yield f"{where} is {check.show(value)}, and must be '{ALWAYS}', or schedule and duration of the time in which nodes are protected."


def disruption_of(pool: Pool) -> dict[str, Any]:
    """Return the NodePool's disruption; an empty one leaves it to Karpenter's defaults."""
    given = pool.description.get("disruption", {})
    guard = pool.description.get("protect_from_drift")
    if not (pool.accelerator or given or guard):
        return {}
    rendered = merged(_ACCELERATOR_DISRUPTION if pool.accelerator else _DISRUPTION, given)
    budgets = [{**each, "nodes": str(each["nodes"])} for each in given.get("budgets", ())]
    if guard:
        budgets = [*(budgets or [_BUDGET]), _guard(guard)]
    return {**rendered, "budgets": budgets} if budgets or "budgets" in given else rendered


def _guard(guard: Any) -> dict[str, Any]:
    """Return the budget under which no node is replaced because it drifted."""
    return {"nodes": "0", "reasons": ["Drifted"], **(guard if isinstance(guard, Mapping) else {})}


def drift_rule(pool: Pool) -> Iterator[str]:
    """What would undo the protection from drift."""
    guard = pool.description.get("protect_from_drift")
    if guard is None:
        return
    spec = pool.description.get("node_pool_spec", {})
    template = (spec.get("template") or {}).get("spec") or {}
    if "expire_after" not in pool.description and "expireAfter" not in template:
        yield (
            "protect_from_drift is set, and budgets do not hold back expiry, after which Karpenter ends a node whatever runs there (720h"
            " unless said otherwise): say when with expire_after, such as Never."
        )
    if "budgets" in (spec.get("disruption") or {}):
        yield "protect_from_drift is set, and node_pool_spec replaces its budget with disruption.budgets: put yours into disruption."
