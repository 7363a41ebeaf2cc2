# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import gather
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Question
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import Goal
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner

from tests.unit.plugins.module_utils.diagnosis.diagnosis_objects import NODE, asked, claim, event, pod, pool, stuck, unregistered, workload

UNREACHABLE = ApiError("The API server https://api could not be reached.")
FORBIDDEN = ApiError("The API server refuses to list events.", status=403, reason="Forbidden")


class FakeClient:
    """Answers lists by path, or raises; keeps what was asked, with its timeouts."""

    host = "https://api"

    def __init__(self, answers: Mapping[str, object]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, str]] = []
        self.timeouts: list[float] = []

    def get(self, path, query=None, timeout=30.0):
        self.asked.append((path.rpartition("/")[2], (query or {}).get("fieldSelector") or (query or {}).get("labelSelector") or ""))
        self.timeouts.append(timeout)
        answer = self._answers.get(path.rpartition("/")[2], [])
        if isinstance(answer, ApiError):
            raise answer
        items = [
            {**item, "metadata": {"name": "", "uid": f"uid-{number}", **item.get("metadata", {})}} for number, item in enumerate(answer)
        ]
        return {"kind": "List", "metadata": {"resourceVersion": "1"}, "items": items}


def paths(client: FakeClient) -> list[str]:
    return [path for path, _selector in client.asked]


def test_gather_around_an_unregistered_resource_reads_its_node_and_the_plugins():
    client = FakeClient({"nodepools": [pool()], "daemonsets": [workload()]})
    found = gather(client, asked(unregistered()))
    assert client.asked == [
        ("nodepools", ""),
        ("ec2nodeclasses", ""),
        ("nodes", f"metadata.name={NODE}"),
        ("pods", f"spec.nodeName={NODE}"),
        ("daemonsets", ""),
        ("events", "involvedObject.uid=uid-gpu-x7k2p"),
    ]
    assert [item["metadata"]["name"] for item in found.daemon_sets] == ["nvidia-device-plugin"]
    assert found.controllers is None


@pytest.mark.parametrize(
    ("held", "more"),
    [
        (stuck("Launched", "Unauthorized"), []),
        (stuck("Launched", "AwaitingReconciliation"), ["deployments"]),
        (stuck("Registered", "NodeNotFound"), ["deployments"]),
        (stuck("Initialized", "StartupTaintsExist"), ["nodes", "daemonsets", "deployments"]),
        (stuck("Initialized", "NodeNotReady"), ["nodes"]),
    ],
)
def test_gather_reads_no_more_than_the_step_needs(held, more):
    client = FakeClient({})
    gather(client, asked(held))
    assert sorted(paths(client)) == sorted(["nodepools", "ec2nodeclasses", "events", *more])


def test_gather_without_claims_reads_events_controller_and_the_pods_that_were_refused():
    refused = [event("FailedScheduling", "Failed to schedule pod, ...", name, "Pod") for name in ("train", "train", "other")]
    client = FakeClient({"events": refused, "pods": [pod(), pod("not-refused")]})
    found = gather(client, asked())
    assert [each["metadata"]["name"] for each in found.pods] == ["train"]
    assert client.asked == [
        ("nodepools", ""),
        ("ec2nodeclasses", ""),
        ("events", "involvedObject.kind=NodeClaim"),
        ("events", "reason=FailedScheduling"),
        ("events", "involvedObject.kind=NodePool"),
        ("pods", "status.phase=Pending"),
        ("deployments", "app.kubernetes.io/name=karpenter"),
    ]
    assert found.controllers == []


def test_gather_for_pods_that_are_given_reads_no_others():
    client = FakeClient({"events": [event("FailedScheduling", "Failed to schedule pod, ...", "train", "Pod")]})
    gather(client, asked(pods=[pod()]))
    assert "pods" not in paths(client)


@pytest.mark.parametrize(
    ("answer", "found"),
    [([{"metadata": {"name": "llama"}}], {"ml/llama": "llama"}), ([], {"ml/llama": ""}), (FORBIDDEN, {})],
)
def test_gather_reads_a_job_whose_pods_have_all_ended(answer, found):
    client = FakeClient({"jobs": answer})
    jobs = gather(client, asked(owners=(Owner("pod", "ml", "a"), Owner("job", "ml", "llama")))).jobs
    assert {name: job.get("metadata", {}).get("name", "") for name, job in jobs.items()} == found
    assert [item for item in client.asked if item[0] == "jobs"] == [("jobs", "metadata.name=llama")]


def test_gather_reads_the_nodes_of_claims_that_promise_accelerators():
    client = FakeClient({})
    gather(client, asked(claim(promised=8), goal=Goal("ready", count=2)))
    assert ("nodes", f"metadata.name={NODE}") in client.asked


def test_gather_in_auto_mode_looks_for_no_controller():
    auto = pool()
    auto["spec"]["template"]["spec"]["nodeClassRef"]["group"] = "eks.amazonaws.com"
    client = FakeClient({"nodepools": [auto]})
    assert gather(client, asked()).controllers is None
    assert "deployments" not in paths(client)


def test_gather_lists_many_nodes_at_once():
    claims = [claim(name=f"gpu-{number}") for number in range(3)]
    many = [stuck("Initialized", "NodeNotReady") for _each in claims]
    client = FakeClient({})
    gather(client, Question(many, Goal("ready")))
    assert [item for item in client.asked if item[0] == "nodes"] == [("nodes", f"metadata.name={NODE}")]


def test_gather_names_what_may_not_be_read_and_reads_the_rest():
    client = FakeClient({"nodepools": [pool()], "events": FORBIDDEN})
    found = gather(client, asked())
    assert list(found.node_pools) == ["gpu"]
    assert found.unreadable == ["The cause may be incomplete: The API server refuses to list events."]
    assert "deployments" in paths(client)


def test_gather_asks_nothing_more_of_a_server_that_does_not_answer():
    client = FakeClient({"nodepools": UNREACHABLE})
    found = gather(client, asked())
    assert paths(client) == ["nodepools"]
    assert found.unreadable == ["The cause may be incomplete: The API server https://api could not be reached."]


def test_gather_gives_each_request_what_is_left_of_its_time():
    now = [0.0]
    client = FakeClient({})
    original = client.get

    def slow(*arguments, **more):
        now[0] += 2
        return original(*arguments, **more)

    client.get = slow
    found = gather(client, asked(), Deadline(5, clock=lambda: now[0]))
    assert client.timeouts == [5, 3, 1]
    assert found.unreadable == ["The cause may be incomplete: there was no time to read all of the evidence."]


def test_gather_leaves_aws_alone_without_a_cluster_name(monkeypatch):
    monkeypatch.setattr(
        "ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence.read_access",
        lambda *_arguments: pytest.fail("AWS was asked"),
    )
    assert gather(FakeClient({}), asked(stuck("Registered", "NodeNotFound"))).access is None
    assert gather(FakeClient({}), asked(unregistered(), cluster_name="lab")).access is None
