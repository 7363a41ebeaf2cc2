# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import ComputeTest, Minimum
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import judge_compute
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState

# Words of the output of nccom-test, as AWS's documentation of it shows them.
NCCOM = (
    "size(B) count(elems) type time(us) algbw(GB/s) busbw(GB/s)\n33554432 33554432 uint8 768 43.69 42.32\nAvg bus bandwidth: 42.3239GB/s\n"
)
ADDED = ComputeTest("vectorAdd", "r/sample:1", ("/vectorAdd",), ("Test PASSED",), ("failed", "error"))
BANDWIDTH = ComputeTest("allr", "r/nccom:1", ("nccom-test",), minimum=Minimum(r"Avg bus bandwidth:\s*([0-9.]+)", 40))


def ended(log, exit_code=0):
    return JobState("ended", "Completed" if exit_code == 0 else "Error", exit_code=exit_code, pod="p", log=log)


def test_a_good_output_passes_and_is_kept():
    test, findings = judge_compute(ADDED, ended("Test PASSED\nDone\n"), 3.21)
    assert findings == ()
    wanted = {"name": "vectorAdd", "kind": "compute", "outcome": "passed", "exit_code": 0, "output": "Test PASSED\nDone\n", "seconds": 3.2}
    assert wanted.items() <= test.to_dict().items()


@pytest.mark.parametrize(
    ("test", "log", "exit_code", "expected", "found"),
    [
        (ADDED, "Test PASSED", 3, "exit code 0", "3 (Error)"),
        (ADDED, "Done", 0, "'Test PASSED' in its output", "no such text"),
        (ADDED, "error, but Test PASSED", 0, "no 'error' in its output", "that text"),
        (BANDWIDTH, NCCOM.replace("42.3239", "39.9"), 0, r"at least 40 by 'Avg bus bandwidth:\s*([0-9.]+)'", "39.9"),
        (BANDWIDTH, "", 0, r"at least 40 by 'Avg bus bandwidth:\s*([0-9.]+)'", "no number"),
        (BANDWIDTH, "Avg bus bandwidth: ...", 0, r"at least 40 by 'Avg bus bandwidth:\s*([0-9.]+)'", "no number"),
    ],
)
def test_each_thing_that_is_wrong_fails_it(test, log, exit_code, expected, found):
    result, (finding,) = judge_compute(test, ended(log, exit_code), 1.0)
    assert result.outcome == "failed"
    assert (finding.check, finding.expected, finding.found) == (f"compute {test.name}", expected, found)


def test_the_last_number_counts():
    assert judge_compute(BANDWIDTH, ended(NCCOM), 1.0)[0].value == 42.3239
    assert judge_compute(BANDWIDTH, ended("Avg bus bandwidth: 99\n" + NCCOM.replace("42.3239", "3")), 1.0)[0].outcome == "failed"


@pytest.mark.parametrize(
    "state", [JobState("running", "Running", pod="p", log="half"), JobState("stopped", "DeadlineExceeded", "too long", pod="p", began=True)]
)
def test_a_test_that_does_not_end_fails(state):
    result, (finding,) = judge_compute(ADDED, state, 600.0)
    assert result.outcome == "failed"
    assert finding.expected == "an end within 600 s"


@pytest.mark.parametrize(
    "state",
    [
        None,
        JobState("stopped", "DeadlineExceeded", "too long"),
        JobState("stuck", "ImagePullBackOff", "no such image"),
        JobState("stopped", "Unschedulable", "0/3 nodes"),
    ],
)
def test_a_test_that_could_not_be_run_is_unknown(state):
    result, (finding,) = judge_compute(ADDED, state, 1.0)
    assert (result.outcome, finding.severity) == ("unknown", "error")


def test_of_a_long_output_the_end_is_kept_and_all_of_it_is_judged():
    result, _findings = judge_compute(ADDED, ended("Test PASSED\n" + "x" * 5000 + "end"), 1.0)
    assert (result.outcome, result.cut, len(result.output), result.output[-3:]) == ("passed", True, 2000, "end")
