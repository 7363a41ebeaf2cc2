# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import ComputeTest
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._node_tests import Round, _Tally, with_test
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_jobs import bystander_job, compute_job, holder_jobs
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._test_results import TestResult
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import expectation
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import check_job
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

NEURON = ACCELERATORS["neuron"]
BASE = check_job(run="0a1b2c3d", node="n", hostname="n", accelerator=NEURON, count=16, namespace="verify")
COMPUTE = ComputeTest("allr", "r/nccom:1", ("nccom-test", "allr"), timeout=90)


def made():
    """One of each Job, by what it is."""
    one, other = holder_jobs(BASE, "0a1b2c3d", 2, "n", NEURON, 8)
    return {
        "bystander": bystander_job(BASE, "0a1b2c3d", 1, "n", NEURON),
        "one": one,
        "other": other,
        "compute": compute_job(BASE, "0a1b2c3d", 3, "n", COMPUTE),
    }


def container(job):
    return job["spec"]["template"]["spec"]["containers"][0]


def test_the_jobs_request_what_they_are_to_show():
    amounts = {name: container(job)["resources"]["limits"].get(NEURON.resource) for name, job in made().items()}
    assert amounts == {"bystander": None, "one": "8", "other": "8", "compute": "16"}
    assert NEURON.resource not in container(made()["bystander"])["resources"]["requests"]


def test_the_jobs_have_names_and_labels_of_their_own_and_leave_the_listings_job_as_it_is():
    jobs = [BASE, *made().values()]
    assert len({job["metadata"]["name"] for job in jobs}) == 5
    assert [job["spec"]["template"]["metadata"]["labels"]["accelerated.nodes/role"] for job in jobs] == ["check", *["test"] * 4]
    assert all(job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"] for job in jobs)
    assert container(BASE)["resources"]["limits"][NEURON.resource] == "16"


def test_the_jobs_meet_the_restricted_standard():
    for job in made().values():
        pod = job["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container(job)["securityContext"]["allowPrivilegeEscalation"] is False
        assert container(job)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not any("hostPath" in each for each in pod.get("volumes", ()))


def test_a_computation_has_the_users_image_and_memory():
    job = made()["compute"]
    assert (container(job)["image"], container(job)["command"]) == ("r/nccom:1", ["nccom-test", "allr"])
    assert "memory" not in container(job)["resources"]["limits"]
    assert not any(each["name"] == "PATH" for each in container(job)["env"])


def subject(name):
    return Subject(name, {"metadata": {"name": name}}, None, expectation("g5.12xlarge", {}))


def judge(subject, states, seconds):
    logs = [state.log if state else "none" for state in states]
    return TestResult(subject.name, "isolation", "passed", reason=" ".join(logs), seconds=seconds), ()


def test_a_tally_judges_a_node_once_all_of_its_jobs_are_over_in_their_order():
    jobs = {name: [{"metadata": {"name": f"{name}-{which}"}} for which in "ab"] for name in ("m", "n")}
    tally = _Tally(Round("pair", None, judge), [subject("m"), subject("n")], jobs)
    tally.end("m-b", JobState("ended", log="second"), 3.0)
    assert tally.judged == {}
    tally.end("m-a", JobState("ended", log="first"), 2.0)
    assert (tally.judged["m"][0].reason, tally.judged["m"][0].seconds) == ("first second", 3.0)
    tally.end("n-a", JobState("ended", log="only"), 1.0)
    assert tally.all()["n"][0].reason == "only none"


ERROR = Finding("isolation", "a", "b", remedies.ISOLATION)


@pytest.mark.parametrize(
    ("before", "outcome", "verdict"),
    [
        ("passed", "passed", "passed"),
        ("passed", "skipped", "passed"),
        ("passed", "failed", "failed"),
        ("passed", "unknown", "unknown"),
        ("failed", "unknown", "failed"),
        ("unknown", "failed", "failed"),
        ("unknown", "passed", "unknown"),
    ],
)
def test_with_test_never_makes_a_verdict_better(before, outcome, verdict):
    found = with_test(NodeResult(subject("n"), before), (TestResult("t", "compute", outcome), (ERROR,)))
    assert (found.verdict, found.findings, [each.name for each in found.tests]) == (verdict, (ERROR,), ["t"])
