# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import View
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import selection_from
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._placements import Placements
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._selection import Owner, Placement, Selection, placements_of

from tests.unit.plugins.nodeclaims import READY, claim

JOB = Owner("job", "training", "llama")


def pod(name: str, node: str = "", phase: str = "Pending") -> dict:
    return {"metadata": {"name": name, "uid": f"uid-{name}"}, "spec": {"nodeName": node}, "status": {"phase": phase}}


def nominated(name: str, to: str, when: str) -> dict:
    return {"involvedObject": {"uid": f"uid-{name}"}, "message": f"Pod should schedule on: nodeclaim/{to}", "lastTimestamp": when}


def test_selection_asks_the_server_for_pools_and_labels():
    selection = Selection(("gpu", "trn"), ("intent=gpu",), ("a",))
    assert selection.query == {"labelSelector": "karpenter.sh/nodepool in (gpu,trn),intent=gpu"}
    assert not selection.matches(claim("b"))
    assert str(selection) == "node_pools gpu, trn and label_selectors intent=gpu and names a"
    assert Selection().query == {}


def test_owner_selects_a_pod_by_name_and_a_jobs_pods_by_label():
    assert Owner("pod", "ml", "a").query == {"fieldSelector": "metadata.name=a"}
    assert JOB.query == {"labelSelector": "batch.kubernetes.io/job-name=llama"}
    assert JOB.path == "/api/v1/namespaces/training/pods"


def test_placements_of_takes_the_node_or_karpenters_last_word():
    pods = [(JOB, pod("a", node="node-x", phase="Running")), (JOB, pod("b")), (JOB, pod("c")), (JOB, pod("d", "n", "Succeeded"))]
    events = [nominated("b", "gpu-2", "2026-11-22T10:00:05Z"), nominated("b", "gpu-1", "2026-11-22T10:00:01Z")]
    assert placements_of(pods, events) == [
        Placement("a", JOB, "node-x"),
        Placement("b", JOB, "", "gpu-2"),
        Placement("c", JOB),
    ]


def test_matches_by_placement():
    selection = Selection(owners=(JOB,))
    ready = claim("gpu-1", **READY)
    assert selection.matches(ready, [Placement("a", JOB, "node-gpu-1")])
    assert selection.matches(ready, [Placement("a", JOB, "", "gpu-1")])
    assert not selection.matches(ready, [Placement("a", JOB, "another", "gpu-1")])
    assert not selection.matches(ready, [])


def seen(*pods: dict) -> View:
    return View({str(JOB): {each["metadata"]["uid"]: each for each in pods}, "events of training": {}}, set())


def test_placements_are_settled_once_each_pod_has_its_claim():
    placements = Placements(Selection(owners=(JOB,)))
    assert set(placements.sources) == {str(JOB), "events of training"}
    placements.note(seen(pod("a", node="node-gpu-1"), pod("b")))
    placements.settle([claim("gpu-1", **READY)])
    assert not placements.settled
    placements.note(seen(pod("a", node="node-gpu-1")))
    placements.settle([claim("gpu-1", **READY)])
    assert placements.settled


def test_placements_have_ended_once_each_pod_that_there_was_has():
    placements = Placements(Selection(owners=(JOB,)))
    assert not placements.ended
    placements.note(seen(pod("a", phase="Succeeded"), pod("b")))
    assert not placements.ended
    placements.note(seen(pod("a", phase="Succeeded"), pod("b", phase="Failed")))
    assert placements.ended
    placements.note(seen())
    assert not placements.ended


def test_placements_name_a_pod_that_runs_where_no_claim_is():
    placements = Placements(Selection(owners=(JOB,)))
    placements.note(seen(pod("a", node="static-node")))
    placements.settle([claim("gpu-1", **READY)])
    assert placements.notes == ["Pod training/a runs on node static-node, which is not of a selected NodeClaim."]


def test_selection_from_reads_owners_with_and_without_a_namespace():
    selection = selection_from({"pods": ["a"], "jobs": ["training/llama"]})
    assert selection.owners == (Owner("pod", "default", "a"), JOB)


@pytest.mark.parametrize("option", ["node_pools", "label_selectors", "names", "pods", "jobs"])
@pytest.mark.parametrize("empty", [[], [""], ["  "]])
def test_selection_from_refuses_an_option_that_selects_nothing(option, empty):
    with pytest.raises(CollectionError, match=f"{option} is empty"):
        selection_from({option: empty})
