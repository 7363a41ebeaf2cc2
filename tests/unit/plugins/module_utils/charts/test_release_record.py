# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import gzip
import json

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._release_record import is_wanted, latest, opened, rolled_out, rolling

MANIFEST = """\
---
# Source: a/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: a
---
# Source: a/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  namespace: there
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: "says kind: DaemonSet"
data:
  text: |
    kind: DaemonSet
    : no YAML: [
---
kind: "DaemonSet"
metadata: {name: b}
"""


def secret(version: int, **given) -> dict:
    """A revision's Secret, packed as Helm does it."""
    revision = {
        "name": "a",
        "namespace": "here",
        "version": version,
        "info": {"status": "deployed", "last_deployed": "2026-11-29T18:00:00Z"},
        "chart": {"metadata": {"name": "chart", "version": "1.2.3"}},
        "config": {"replicas": 2},
        "manifest": MANIFEST,
        **given,
    }
    text = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(revision).encode()))).decode()
    return {"metadata": {"labels": {"version": str(version)}}, "data": {"release": text}}


def test_the_last_revision_counts_by_number_and_not_by_name() -> None:
    release = latest([secret(9), secret(10, config={"replicas": 3}), secret(2)])
    assert (release["revision"], release["release_values"], release["chart"]) == (10, {"replicas": 3}, "chart-1.2.3")
    assert (release["name"], release["namespace"], release["status"]) == ("a", "here", "deployed")


def test_without_a_record_there_is_no_release() -> None:
    assert latest([]) is None


@pytest.mark.parametrize(
    ("status", "there"), [("failed", True), ("pending-upgrade", True), ("uninstalling", False), ("uninstalled", False)]
)
def test_it_is_there_in_the_states_that_helm_lists(status: str, there: bool) -> None:
    assert (latest([secret(1, info={"status": status})]) is not None) == there


def test_no_values_are_an_empty_mapping() -> None:
    assert latest([secret(1, config=None)])["release_values"] == {}


@pytest.mark.parametrize("broken", [{}, {"release": "AAAA"}, {"release": base64.b64encode(b"no base64").decode()}, {"release": None}])
def test_a_record_that_is_none_is_told(broken: dict) -> None:
    with pytest.raises(ValueError, match="record of a release cannot be read"):
        opened({"data": broken})


def test_a_record_that_lacks_something_is_told() -> None:
    with pytest.raises(ValueError, match="lacks 'metadata'"):
        latest([secret(1, chart={})])


def test_of_a_manifest_what_rolls_out_is_kept() -> None:
    assert [(each["kind"], each["metadata"]["name"]) for each in rolling(MANIFEST)] == [("Deployment", "a"), ("DaemonSet", "b")]


def test_a_workload_that_is_no_yaml_is_told() -> None:
    with pytest.raises(ValueError, match="manifest of a release"):
        rolling("kind: Deployment\n: [")


OPTIONS = {"chart_ref": "oci://registry.example/charts/chart", "chart_repo_url": None, "chart_version": "1.2.3"}
VALUES = {"replicas": 2}


def test_a_release_of_this_chart_version_and_values_is_wanted() -> None:
    assert is_wanted(latest([secret(1)]), OPTIONS, VALUES)
    assert is_wanted(latest([secret(1)]), {**OPTIONS, "chart_ref": "chart", "chart_repo_url": "https://charts.example"}, VALUES)


@pytest.mark.parametrize(
    "other",
    [
        {"chart_version": "1.2.4"},
        {"chart_version": "1.2"},
        {"chart_version": None},
        {"chart_ref": "oci://registry.example/charts/another"},
        # What is in a folder or an archive, its name does not say.
        {"chart_ref": "./chart"},
        {"chart_ref": "https://charts.example/chart-1.2.3.tgz"},
    ],
)
def test_another_chart_or_one_that_is_not_named_is_not(other: dict) -> None:
    assert not is_wanted(latest([secret(1)]), {**OPTIONS, **other}, VALUES)


def test_other_values_another_state_and_no_release_are_not() -> None:
    assert not is_wanted(latest([secret(1)]), OPTIONS, {"replicas": 3})
    assert not is_wanted(latest([secret(1, info={"status": "failed"})]), OPTIONS, VALUES)
    assert not is_wanted(None, OPTIONS, VALUES)


def deployment(generation: int = 1, **status) -> dict:
    seen = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, **status}
    return {"kind": "Deployment", "metadata": {"generation": generation}, "spec": {"replicas": 2}, "status": seen}


def daemon_set(**status) -> dict:
    numbers = dict.fromkeys(("desiredNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable"), 3)
    return {"kind": "DaemonSet", "metadata": {"generation": 1}, "spec": {}, "status": {"observedGeneration": 1, **numbers, **status}}


def test_what_is_complete_is_rolled_out() -> None:
    assert rolled_out(deployment())
    assert rolled_out(daemon_set())
    none = {"desiredNumberScheduled": 0, "updatedNumberScheduled": None, "numberReady": 0, "numberAvailable": None}
    assert rolled_out(daemon_set(**none)), "there are no such nodes"


@pytest.mark.parametrize(
    "workload",
    [
        deployment(generation=2),
        deployment(availableReplicas=1),
        deployment(updatedReplicas=1),
        deployment(replicas=3),
        deployment(unavailableReplicas=1),
        daemon_set(numberReady=2),
        daemon_set(updatedNumberScheduled=2),
        daemon_set(numberUnavailable=1),
        daemon_set(observedGeneration=0),
        {"kind": "DaemonSet", "metadata": {"generation": 1}},
    ],
)
def test_what_is_under_way_is_not(workload: dict) -> None:
    assert not rolled_out(workload)
