# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Helm says, in the user's words. The messages are Helm 4.3.1's own, for a chart in an OCI registry."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._helm import (
    as_failed,
    locked,
    normal_version,
    objects,
    reason,
    record,
    refusal,
    workloads,
)

OPTIONS = {
    "option": "nvidia",
    "chart_ref_option": "nvidia_chart_ref",
    "chart_ref": "oci://registry.example/nvidia-device-plugin",
    "chart_version": "0.20.0",
    "name": "plugin",
    "namespace": "gpu",
    "kubeconfig": "/home/me/.kube/config",
}


def said(stderr: str) -> str:
    return refusal({"stderr": stderr, "msg": "Failure when executing Helm command. Exited 1."}, OPTIONS)


@pytest.mark.parametrize(
    ("stderr", "subject", "step"),
    [
        ("Error: registry.example/nvidia-device-plugin:0.20.0: not found", "no such chart or version", "nvidia_chart_version"),
        (
            'Error: GET "https://registry.example/v2/": response status code 403: denied: Your authorization token has expired',
            "registry refuses the credentials",
            "helm registry login",
        ),
        (
            'Error: Get "https://registry.example/v2/": http: server gave HTTP response to HTTPS client',
            "cannot be pulled",
            "nvidia_chart_plain_http",
        ),
        (
            'Error: Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
            "registry cannot be reached",
            "mirror",
        ),
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\n"
            "nvidia-device-plugin:\n- at '': additional properties 'tolerance' not allowed",
            "nvidia_values does not fit nvidia_chart_ref 'oci://registry.example/nvidia-device-plugin', version '0.20.0'",
            "helm show values",
        ),
        (
            'Error: Kubernetes cluster unreachable: Get "https://k/version": dial tcp 10.0.0.1:443: connect: connection refused',
            "eks_kubeconfig '/home/me/.kube/config': the cluster cannot be reached",
            "endpoint",
        ),
        (
            "Error: kubernetes cluster unreachable: the server has asked for the client to provide credentials",
            "the cluster refuses the credentials",
            "update-kubeconfig",
        ),
        (
            'Error: query: failed to query with labels: secrets is forbidden: User "me" cannot list resource "secrets"',
            "rights are missing",
            "right that the message names",
        ),
        (
            'Error: clusterroles.rbac.authorization.k8s.io "karpenter" is forbidden: user "ci" (groups=["system:authenticated"]) is attempting to'
            ' grant RBAC permissions not currently held: {APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
            "gives rights that the identity does not hold itself",
            "run the playbook automation_rbac",
        ),
        (
            "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
            "locked by another Helm run",
            "rollback plugin",
        ),
        ("Error: something nobody has seen", "cannot be installed as release 'plugin'", "Correct what the message names"),
    ],
)
def test_refusal_names_the_option_and_the_next_step(stderr: str, subject: str, step: str) -> None:
    sentence = said(stderr)
    assert subject in sentence
    assert step in sentence
    assert "\n" not in sentence


def test_refusal_without_helm_uses_the_modules_message() -> None:
    sentence = refusal({"msg": 'Failed to find required executable "helm" in paths: /usr/bin'}, OPTIONS)
    assert sentence.startswith('helm cannot be run: Failed to find required executable "helm" in paths: /usr/bin. Install Helm')


def test_refusal_without_a_kubeconfig_says_where_it_comes_from() -> None:
    sentence = refusal({"stderr": "Error: Kubernetes cluster unreachable: refused"}, {**OPTIONS, "kubeconfig": None})
    assert sentence.startswith("eks_kubeconfig 'from the environment'")


def test_refusal_never_shows_what_a_kubeconfig_holds() -> None:
    sentence = refusal({"stderr": "Error: Kubernetes cluster unreachable: refused"}, {**OPTIONS, "kubeconfig": {"token": "open-sesame"}})
    assert "open-sesame" not in sentence
    assert sentence.startswith("eks_kubeconfig (given by its content): the cluster cannot be reached")


def test_refusal_keeps_braces_of_the_cluster_as_they_are() -> None:
    assert "{{ secret }} {0}" in said("Error: {{ secret }} {0}")


def test_reason_takes_the_last_error_and_no_progress() -> None:
    assert reason({"stderr": "Pulled: x\nlevel=WARN\nError: first\nError: the cause\nof it"}) == "the cause of it"


@pytest.mark.parametrize(("given", "wanted"), [("v1.14.3", "1.14.3"), ("1.14.3", "1.14.3"), (" v0.20.0 ", "0.20.0"), ("vnext", "vnext")])
def test_normal_version(given: str, wanted: str) -> None:
    assert normal_version(given) == wanted


def test_workloads_are_what_rolls_out() -> None:
    manifest = [
        None,
        {"kind": "ServiceAccount", "metadata": {"name": "a"}},
        {"kind": "DaemonSet", "metadata": {"name": "plugin", "namespace": "kube-system"}},
        {"kind": "Deployment", "metadata": {"name": "controller"}},
    ]
    assert workloads(manifest, "own") == [
        {"kind": "DaemonSet", "name": "plugin", "namespace": "kube-system"},
        {"kind": "Deployment", "name": "controller", "namespace": "own"},
    ]


# As `helm list --output yaml` has it.
RELEASE = {"name": "plugin", "namespace": "gpu", "revision": "3", "updated": "2026-11-29 14:00:00.5 +0000 UTC", "status": "pending-upgrade"}


def kept(status: str) -> str:
    """A revision as Helm writes it, and the API server shows it."""
    revision = {"name": "plugin", "version": 3, "info": {"status": status, "notes": "Hi"}, "manifest": "---"}
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(revision).encode()))).decode()


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback"])
def test_locked_says_since_when_and_how_to_mend_it_by_hand(status: str) -> None:
    assert locked({**RELEASE, "status": status}, OPTIONS) == (
        f"release 'plugin' in the namespace 'gpu' is in state {status} since 2026-11-29 14:00:00.5 +0000 UTC: a Helm run was cut off in the middle, or"
        " is still under way, and Helm refuses another. If none is under way, take back the unfinished revision 3 by 'kubectl -n gpu delete secret"
        " sh.helm.release.v1.plugin.v3' and run this again."
    )


def test_locked_names_the_option_that_mends_it() -> None:
    assert "set nvidia_mend to true, which notes the unfinished revision 3 as failed, and run this again." in locked(
        RELEASE, {**OPTIONS, "mend_option": "nvidia_mend"}
    )


@pytest.mark.parametrize("release", [None, {**RELEASE, "status": "deployed"}, {**RELEASE, "status": "failed"}])
def test_locked_is_nothing_where_helm_goes_on(release: dict | None) -> None:
    assert locked(release, OPTIONS) == ""


def test_as_failed_changes_the_state_of_the_revision_and_nothing_else() -> None:
    secret = {"metadata": {"name": record(RELEASE), "namespace": "gpu", "uid": "1"}, "data": {"release": kept("pending-upgrade")}}
    patch = as_failed(secret)
    revision = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(patch["data"]["release"]))))
    assert patch["metadata"] == {"name": "sh.helm.release.v1.plugin.v3", "namespace": "gpu", "labels": {"status": "failed"}}
    assert revision == {
        "name": "plugin",
        "version": 3,
        "info": {"status": "failed", "notes": "Hi", "description": "A Helm run was cut off"},
        "manifest": "---",
    }


def test_objects_keeps_what_decides_about_rights() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r", "labels": {}},
        "rules": [{"a": 1}],
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "n", "annotations": {"helm.sh/hook": "pre-delete"}},
    }
    assert objects([None, {"kind": "List", "items": [role]}, job]) == [
        {"apiVersion": role["apiVersion"], "kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [{"a": 1}], "hook": False},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "n"}, "hook": True},
    ]
