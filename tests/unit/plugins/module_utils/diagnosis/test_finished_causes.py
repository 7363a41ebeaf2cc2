# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._diagnosis import diagnose
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._finished_causes import jobs_to_read, of_finished
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import asked, condition, pod

A, B, LLAMA = Owner("pod", "ml", "a"), Owner("pod", "ml", "b"), Owner("job", "ml", "llama")
SPENT = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")


def ended(name: str, phase: str = "Succeeded", job: str = "", owner: str = "", **status: str) -> dict:
    found = pod(name)
    found["metadata"]["labels"] = {"batch.kubernetes.io/job-name": job} if job else {}
    found["metadata"]["ownerReferences"] = [{"kind": owner, "name": "any", "controller": True}] if owner else []
    return {**found, "status": {"phase": phase, **status}}


def of(pods: list[dict], *owners: Owner, **jobs: dict):
    return of_finished(asked(pods=pods, owners=owners), Evidence(jobs={f"ml/{name}": job for name, job in jobs.items()}))


def job(*conditions: dict) -> dict:
    return {"metadata": {"name": "llama"}, "status": {"conditions": list(conditions)}}


def test_of_finished_names_each_pod_and_how_it_ended():
    evicted = ended("b", "Failed", reason="Evicted", message="The node was low on memory.")
    found = of([ended("a"), evicted], A, B)
    assert (found.object, found.reason, found.hopeless) == ("Pod ml/a", "PodsFinished", True)
    assert found.message == "pod ml/a Succeeded, pod ml/b Failed (Evicted: The node was low on memory.)"
    assert "none of them has a node" in found.explanation


@pytest.mark.parametrize(
    ("pods", "owners"),
    [
        ([], ()),
        # A pod that is asked for may still come, as may one beside those that have ended.
        ([], (A,)),
        ([ended("a")], (A, B)),
        ([ended("a", "Running")], (A,)),
        ([ended("a"), ended("b", "Pending")], (A, B)),
        ([ended("b")], (A,)),
        # Nothing of the Job is there, and it was not read.
        ([], (LLAMA,)),
        ([ended("llama-1", job="llama"), ended("llama-2", "Running", job="llama")], (LLAMA,)),
    ],
)
def test_of_finished_has_nothing_to_say_while_a_pod_may_want_a_node(pods, owners):
    assert of(pods, *owners) is None


@pytest.mark.parametrize(
    ("owner", "final"),
    [("", True), ("Job", True), ("ReplicaSet", True), ("StatefulSet", False), ("PyTorchJob", False)],
)
def test_of_finished_does_not_end_a_wait_for_a_pod_that_may_come_again_under_its_name(owner, final):
    assert of([ended("a", "Failed", owner=owner)], A).hopeless == final


@pytest.mark.parametrize(
    ("jobs", "final", "words"),
    [
        ({"llama": job(condition("Complete"))}, True, "Job ml/llama Complete"),
        ({"llama": job(condition("Failed", "True", *SPENT))}, True, "Job ml/llama Failed (BackoffLimitExceeded: Job has reached"),
        ({"llama": {}}, True, "pod ml/llama-1 Failed"),
        # It makes another pod, now or after its back-off.
        ({"llama": job()}, False, "pod ml/llama-1 Failed"),
        ({"llama": job(condition("Failed", "False"))}, False, "pod ml/llama-1 Failed"),
        ({"llama": job(condition("Suspended"))}, False, "pod ml/llama-1 Failed"),
        # It could not be read.
        ({}, False, "pod ml/llama-1 Failed"),
    ],
)
def test_of_finished_believes_the_job_that_there_are_no_further_pods(jobs, final, words):
    found = of([ended("llama-1", "Failed", job="llama")], LLAMA, **jobs)
    assert (found.object, found.hopeless) == ("Job ml/llama", final)
    assert found.message.startswith(words)


def test_of_finished_knows_a_job_that_has_ended_and_whose_pods_are_gone():
    found = of([], LLAMA, llama=job(condition("Complete", "True", "CompletionsReached")))
    assert (found.message, found.hopeless) == ("Job ml/llama Complete (CompletionsReached)", True)
    assert of([], LLAMA, llama={}) is None
    assert of([], LLAMA, llama=job()) is None


def test_of_finished_is_of_the_namespace_that_was_asked_for():
    assert of([ended("a")], Owner("pod", "other", "a")) is None
    assert of([ended("llama-1", job="llama")], Owner("job", "other", "llama"), llama=job(condition("Complete"))) is None


def test_diagnose_tells_it_before_what_is_wrong_with_the_pools():
    """Whatever else is wrong: no pod is there that would want a node of them."""
    question = asked(pods=[ended("a")], owners=(A,))
    assert diagnose(question, Evidence(controllers=[])).reason == "PodsFinished"


def test_jobs_to_read_are_those_without_a_pod_that_goes_on():
    busy = [ended("llama-1", job="llama"), ended("llama-2", "Pending", job="llama")]
    assert jobs_to_read(asked(pods=busy, owners=(A, LLAMA))) == []
    assert jobs_to_read(asked(pods=busy[:1], owners=(A, LLAMA))) == [LLAMA]
