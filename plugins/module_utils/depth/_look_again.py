# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at nodes again: while their state settles, and as often as the user wants to see them good.

This file is internal to the collection and may change in any release. What decides is in _looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._looks import LOOK_AGAIN_SECONDS, combined, may_settle, settling_words
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult

# Given names of nodes, looks at them as they are now; a node that is gone is not among the results.
Look = Callable[[Sequence[str]], Sequence[NodeResult]]


def settled(
    results: Sequence[NodeResult],
    look: Look,
    deadline: Deadline,
    progress: Progress,
    pause: Callable[[float], None] = time.sleep,
) -> list[NodeResult]:
    """Return the results once nothing in them may mend itself any more, or as they are at the deadline."""
    found = {each.subject.name: each for each in results}
    while True:
        waiting = [each for each in found.values() if may_settle(each, datetime.now(timezone.utc))]
        if not waiting or not deadline.remaining:
            return [found[each.subject.name] for each in results]
        # At once, as the look before has told of its end just now, and nothing is told until the next one.
        progress(partial(settling_words, waiting), deadline.elapsed, last=True)
        pause(min(LOOK_AGAIN_SECONDS, deadline.remaining))
        for each in look([each.subject.name for each in waiting]):
            found[each.subject.name] = each


def repeated(results: Sequence[NodeResult], look: Look, times: int, progress: Progress, deadline: Deadline) -> list[NodeResult]:
    """Return what so many looks at each node say together, of which the results are the first."""
    measured = [each.subject.name for each in results if each.verdict in (PASSED, FAILED)]
    looks = {each.subject.name: [each] for each in results}
    for number in range(2, times + 1):
        if not measured:
            break
        progress(partial(dict, repeat=f"look {number} of {times}"), deadline.elapsed, last=True)
        for each in look(measured):
            looks[each.subject.name].append(each)
    return [combined(looks[each.subject.name]) for each in results]
