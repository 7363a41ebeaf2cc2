# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How one test beyond the listing ended, and what a computation's output must look like. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import printable
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import ComputeTest
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, PASSED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import ENDED, RUNNING, JobState

COMPUTE, ISOLATION = "compute", "isolation"
SKIPPED = "skipped"
KEPT_CHARACTERS = 2000  # Of an output, from its end, where programs say how it went.


@dataclass(frozen=True)
class TestResult:
    """How one test of a node ended.

    Attributes:
        name: What the report calls it.
        kind: ``compute`` or ``isolation``.
        outcome: ``passed``, ``failed``, ``unknown`` (it could not be run), or ``skipped`` (it does not apply).
        reason: Why it is not passed; empty if it is.
        image: The image that it ran.
        exit_code: Of its container; None if it has none.
        output: What it printed, the last of it.
        cut: Whether the output was longer.
        value: The number that the output names; None where none is asked for, or there is none.
        seconds: How long it took.
    """

    name: str
    kind: str
    outcome: str
    reason: str = ""
    image: str = ""
    exit_code: Optional[int] = None
    output: str = ""
    cut: bool = False
    value: Optional[float] = None
    seconds: float = 0.0

    # pytest takes what is called Test for one.
    __test__ = False

    def to_dict(self) -> dict[str, Any]:
        """Return the result as the module returns it."""
        keys = ("name", "kind", "outcome", "reason", "image", "exit_code", "output", "cut", "value")
        return {**{key: getattr(self, key) for key in keys}, "seconds": round(self.seconds, 1)}


def kept_output(log: str) -> tuple[str, bool]:
    """Return what is kept of an output, and whether that is not all of it."""
    text = printable(log)
    return text[-KEPT_CHARACTERS:], len(text) > KEPT_CHARACTERS


def judge_compute(test: ComputeTest, state: Optional[JobState], seconds: float) -> tuple[TestResult, tuple[Finding, ...]]:
    """Return how a computation ended, and what is wrong with it.

    Args:
        test: The test.
        state: How its Job ended, with the log; None if it was never started.
        seconds: How long it took.
    """
    if state is None or (state.phase != ENDED and not _hung(state)):
        return _not_run(test, state, seconds)
    value = _value(test, state.log)
    problems = [_hang(test)] if _hung(state) else list(_problems(test, state, value))
    output, cut = kept_output(state.log or state.message)
    reason = "; ".join(f"expected {expected}, found {found}" for expected, found in problems)
    result = TestResult(
        test.name, COMPUTE, FAILED if problems else PASSED, reason, test.image, state.exit_code, output, cut, value, seconds
    )
    check = f"compute {test.name}"
    return result, tuple(Finding(check, expected, found, remedies.COMPUTE) for expected, found in problems)


def _hung(state: JobState) -> bool:
    """Whether it began and did not come to an end; one that did not even begin, as its image was not there yet, says nothing."""
    return state.phase == RUNNING or (state.reason == "DeadlineExceeded" and state.began)


def _hang(test: ComputeTest) -> tuple[str, str]:
    return f"an end within {test.timeout} s", "none"


def _not_run(test: ComputeTest, state: Optional[JobState], seconds: float) -> tuple[TestResult, tuple[Finding, ...]]:
    words = f"{state.reason}: {state.message}".rstrip(": ") if state else "it was not started"
    finding = Finding(f"compute {test.name}", "it runs to its end", words, remedies.COMPUTE_NOT_RUN)
    return TestResult(test.name, COMPUTE, UNKNOWN, words, test.image, seconds=seconds), (finding,)


def _value(test: ComputeTest, log: str) -> Optional[float]:
    """Return the last number that the output names by the test's pattern; None if there is none."""
    found = re.findall(test.minimum.pattern, log) if test.minimum else []
    try:
        return float(found[-1]) if found else None
    except ValueError:
        return None


def _problems(test: ComputeTest, state: JobState, value: Optional[float]) -> Iterator[tuple[str, str]]:
    """Yield what was expected and found. Exit code 0 proves nothing alone, and neither does an output that looks good."""
    if state.exit_code != 0:
        yield "exit code 0", f"{state.exit_code} ({state.reason})"
    for text in test.must_contain:
        if text not in state.log:
            yield f"'{text}' in its output", "no such text"
    for text in test.must_not_contain:
        if text in state.log:
            yield f"no '{text}' in its output", "that text"
    if test.minimum and (value is None or not value >= test.minimum.value):
        yield f"at least {test.minimum.value:g} by '{test.minimum.pattern}'", "no number" if value is None else f"{value:g}"
