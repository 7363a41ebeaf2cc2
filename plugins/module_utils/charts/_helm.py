# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Helm says, in the user's words: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import base64
import gzip
import json
import re

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._release_record import WORKLOAD_KINDS, opened
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import shorten

CHART = "{chart_ref_option} '{chart_ref}', version '{chart_version}'"
CLUSTER = "{kubeconfig}"

# What Helm or its registry client writes -> what is wrong, what to do. The first match counts: a cluster's refusal
# stands before a registry's, since both speak of credentials and connections.
REFUSALS = (
    (
        r"Failed to find required executable",
        "helm cannot be run",
        "Install Helm 3.14 or newer on the machine that runs ansible-playbook, and put it on PATH",
    ),
    (
        r"context \"[^\"]*\" does not exist|no context exists|invalid configuration|error loading config",
        CLUSTER + " cannot be used",
        "Give eks_kubeconfig a file that holds the cluster, and eks_context one of its contexts",
    ),
    (
        r"asked for the client to provide credentials|Unauthorized|getting credentials",
        CLUSTER + ": the cluster refuses the credentials",
        "Renew them, for EKS by 'aws eks update-kubeconfig --name <cluster>' with an identity that has an access entry",
    ),
    (
        r"cluster unreachable|couldn't get current server API group list",
        CLUSTER + ": the cluster cannot be reached",
        "Check that eks_kubeconfig names the right cluster and that this machine can reach its endpoint",
    ),
    (
        r"attempting to grant RBAC permissions not currently held",
        CLUSTER + ": release '{name}' in the namespace '{namespace}' gives rights that the identity does not hold itself",
        "Install it as an administrator; or where the identity is an account of the role automation_rbac, have an administrator run the playbook"
        " automation_rbac with this inventory again",
    ),
    (
        r"is forbidden: User|cannot (?:get|list|create|patch|update|delete) resource",
        CLUSTER + ": rights are missing to install the release '{name}' in the namespace '{namespace}'",
        "Give the identity the right that the message names",
    ),
    (
        r"don't meet the specifications of the schema",
        "{option}_values does not fit " + CHART,
        "Correct the keys that the message names; 'helm show values' lists those that the chart takes",
    ),
    (
        r"another operation .* is in progress",
        "release '{name}' in the namespace '{namespace}' is locked by another Helm run",
        "Wait for it, or if it was cut off, 'helm -n {namespace} rollback {name}' or 'helm -n {namespace} uninstall {name}'",
    ),
    (
        r"invalid ownership metadata|cannot be imported into the current release|exists and cannot be",
        "release '{name}' in the namespace '{namespace}' would take over objects that it does not own",
        "Remove them, or give them to the release: label app.kubernetes.io/managed-by=Helm and the annotations that the message names",
    ),
    (
        r"server gave HTTP response to HTTPS client",
        CHART + ", cannot be pulled",
        "The registry speaks plain HTTP: set {option}_chart_plain_http to true if it is meant to",
    ),
    (
        r"\b40[13]\b|unauthorized|[Dd]enied|forbidden|Forbidden|UNAUTHORIZED",
        CHART + ", cannot be pulled: the registry refuses the credentials",
        "Log in by 'helm registry login', or log out where the registry is public: a stale login is refused too",
    ),
    (
        r"\b404\b|[Nn]ot found|NAME_UNKNOWN|MANIFEST_UNKNOWN|no chart version found|no such file|improper constraint",
        CHART + ", cannot be pulled: there is no such chart or version",
        "Correct {chart_ref_option} or {option}_chart_version",
    ),
    (
        r"dial tcp|no such host|timeout|deadline exceeded|connection|x509|EOF|tls:",
        CHART + ", cannot be pulled: its registry cannot be reached",
        "Check the address and that this machine can reach it, or name a mirror in {chart_ref_option}",
    ),
    (
        r"template:|execution error|parse error|YAML",
        "{option}_values makes " + CHART + ", fail to render",
        "Correct the value that the message names",
    ),
)
OTHERWISE = (CHART + ", cannot be installed as release '{name}' in the namespace '{namespace}'", "Correct what the message names")

# Of a release that a Helm run has begun to change and not ended; Helm takes it for one that another run is changing.
PENDING = "pending-"
LOCKED = (
    "release '{name}' in the namespace '{namespace}' is in state {status} since {updated}: a Helm run was cut off in the middle, or is still under"
    " way, and Helm refuses another. If none is under way, {step} and run this again."
)
MEND_BY_OPTION = "set {mend_option} to true, which notes the unfinished revision {revision} as failed,"
MEND_BY_HAND = "take back the unfinished revision {revision} by 'kubectl -n {namespace} delete secret {record}'"
FAILED = "failed"


def refusal(result: dict, options: dict) -> str:
    """Return one sentence for a Helm module's failed result: option and value, Helm's reason, next step.

    ``options`` are those of the release: option (prefix of the user's variables), chart_ref_option, chart_ref, chart_version, name,
    namespace, kubeconfig.
    """
    said = reason(result)
    subject, step = next(((subject, step) for pattern, subject, step in REFUSALS if re.search(pattern, said)), OTHERWISE)
    fields = {**options, "kubeconfig": _kubeconfig(options.get("kubeconfig"))}
    return f"{subject.format(**fields)}: {said.rstrip('.')}. {step.format(**fields)}."


def _kubeconfig(given: str | dict | None) -> str:
    """Return how to call the kubeconfig; its content holds credentials and is never shown."""
    if isinstance(given, dict):
        return "eks_kubeconfig (given by its content)"
    return f"eks_kubeconfig '{given or 'from the environment'}'"


def reason(result: dict) -> str:
    """Return what Helm wrote after its last ``Error:``, on one line; the module's own message when Helm wrote nothing."""
    text = (result.get("stderr") or result.get("module_stderr") or result.get("msg") or "no reason was given").strip()
    return shorten(text.rpartition("Error: ")[2] or text, limit=500)


def record(release: dict) -> str:
    """Return the name of the Secret in which Helm keeps this revision of the release."""
    return f"sh.helm.release.v1.{release['name']}.v{release['revision']}"


def as_failed(secret: dict) -> dict:
    """Return what to lay over the Secret of a revision, so that Helm takes it for one that has failed, and changes the release again."""
    revision = opened(secret)
    revision["info"] = {**revision["info"], "status": FAILED, "description": "A Helm run was cut off"}
    kept = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(revision).encode()))).decode()
    metadata = {"name": secret["metadata"]["name"], "namespace": secret["metadata"]["namespace"], "labels": {"status": FAILED}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"release": kept}}


def locked(release: dict | None, options: dict) -> str:
    """Return why Helm would refuse any change of the release, and the way out; nothing if it would not.

    ``options`` are those of the release; its mend_option names the variable by which the user has it mended, if there is one.
    """
    if not release or not str(release.get("status", "")).startswith(PENDING):
        return ""
    fields = {**options, "status": release["status"], "updated": release.get("updated", "?"), "revision": release["revision"]}
    step = MEND_BY_OPTION if options.get("mend_option") else MEND_BY_HAND
    return LOCKED.format(**fields, step=step.format(**fields, record=record(release)))


def normal_version(version: str) -> str:
    """Return a chart version without the leading ``v`` that tags carry and chart registries do not."""
    return re.sub(r"^v(?=\d)", "", version.strip())


def workloads(manifest: list[dict], namespace: str) -> list[dict]:
    """Return kind, name and namespace of what a release's manifest rolls out."""
    return [
        {
            "kind": each["kind"],
            "name": each["metadata"]["name"],
            "namespace": each["metadata"].get("namespace", namespace),
        }
        for each in manifest
        if each and each.get("kind") in WORKLOAD_KINDS
    ]


def objects(documents: list[dict | None]) -> list[dict]:
    """Return what a rendered chart makes, as far as it decides which rights its installation takes.

    Each apiVersion, kind, metadata (name, namespace), with ``rules`` and ``roleRef`` where there are, and whether it is a ``hook``.
    """
    flat = [each for document in documents if document for each in (document["items"] if document.get("kind") == "List" else [document])]
    return [_essence(each) for each in flat if each.get("kind")]


def _essence(each: dict) -> dict:
    meta = each.get("metadata") or {}
    place = {"namespace": meta["namespace"]} if meta.get("namespace") else {}
    return {
        "apiVersion": each["apiVersion"],
        "kind": each["kind"],
        "metadata": {"name": meta.get("name", ""), **place},
        **{key: each[key] for key in ("rules", "roleRef") if each.get(key)},
        "hook": "helm.sh/hook" in (meta.get("annotations") or {}),
    }


def diff(before: dict | None, after: dict | None) -> dict:
    """Return Ansible's diff of a release: its chart and the values given to it, empty for a release that is not there."""
    return {"before": before or "", "after": after or ""}
