# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Jobs that check a node, or ask for one: their manifests. Pure.

This file is internal to the collection and may change in any release. The pods meet the Pod Security Standard
"restricted": a check needs no privilege, since the container runtime injects the devices that it requests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import Accelerator

MANAGED_BY = "accelerated.nodes"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
RUN_LABEL = "accelerated.nodes/run"
ROLE_LABEL = "accelerated.nodes/role"
NUMBER_LABEL = "accelerated.nodes/pass"
CHECK, DEMAND = "check", "demand"
POOL_LABEL = "accelerated.nodes/node-pool"
NODE_ANNOTATION = "accelerated.nodes/node"
CONTAINER = "check"

HOSTNAME_LABEL = "kubernetes.io/hostname"
NODEPOOL_LABEL = "karpenter.sh/nodepool"

# Any number but 0 will do; this is the one that distroless images call "nonroot".
_USER = 65532

# Deadlines lie within each other, so that what is nearest to the cause speaks first: the tool's own, the pod's (which keeps the
# log), the module's for one check, the Job's. Should the module be killed, the cluster cleans up by the last.
TOOL_SECONDS = 10
MODULE_SECONDS = 30
GRACE_SECONDS = 60
KEEP_SECONDS = 600

# What holds a node until the Job is deleted. A shell that is the container's first process heeds a signal only if it traps it.
_HOLD = "trap 'exit 0' TERM; sleep {seconds} & wait"

_CORDON = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}

# Taints that say "this node is not in order", which a check must not overlook.
_LIFECYCLE_TAINTS = ("node.kubernetes.io/", "karpenter.sh/", "node.cloudprovider.kubernetes.io/")


def check_job(
    *,
    run: str,
    node: str,
    hostname: str,
    accelerator: Accelerator,
    count: int,
    namespace: str,
    image: Optional[str] = None,
    taints: Iterable[Mapping[str, Any]] = (),
    timeout: int = 600,
    number: int = 1,
    cordoned: bool = False,
) -> dict[str, Any]:
    """Return the Job that lists the accelerators of one node.

    Args:
        run: Identifier of this run, 8 hexadecimal digits.
        node, hostname: Name of the Node, and its label kubernetes.io/hostname.
        accelerator: What the node has.
        count: How many of the resource to request: all that the node offers, so that the check sees all of them.
        namespace: Where the Job goes.
        image: Image with the tool, or one that the runtime injects it into; the accelerator's own by default.
        taints: The Node's taints.
        timeout: Seconds for the check, from its pod's start; the tool has a little less.
        number: Which pass over the nodes this is, from 1; in the Job's name.
        cordoned: Whether the Node is cordoned, and to be checked all the same.
    """
    pod = _pod(accelerator=accelerator, image=image, count=count, node_selector={HOSTNAME_LABEL: hostname}, taints=taints)
    pod["activeDeadlineSeconds"] = timeout
    pod["containers"][0]["command"] = bounded(accelerator, image, tool_seconds(timeout))
    pod["tolerations"] += [_CORDON] * cordoned
    return _job(
        name=job_name(CHECK if number == 1 else f"{CHECK}{number}", run, node),
        namespace=namespace,
        labels=_labels(run, CHECK, number),
        pod=pod,
        timeout=timeout,
        annotations={NODE_ANNOTATION: node},
    )


def tool_seconds(timeout: int) -> int:
    """Return the tool's share of the seconds of a check."""
    return max(1, timeout // 2, timeout - TOOL_SECONDS)


def bounded(accelerator: Accelerator, image: Optional[str], seconds: int) -> list[str]:
    """Return the command that lists the devices, ended after so many seconds where the image has ``timeout``.

    An image of the user's need not have a shell, so it is not asked for where the command itself does without.
    """
    plain = list(accelerator.command)
    if plain[0] != "sh" and not _is_own(accelerator, image):
        return plain
    # Tried first, as it is not everywhere, and not everywhere called alike.
    return ["sh", "-c", 'timeout 1 true 2>/dev/null && exec timeout "$0" "$@"; exec "$@"', str(seconds), *plain]


def _is_own(accelerator: Accelerator, image: Optional[str]) -> bool:
    """Whether it is the accelerator's default image, or what a registry that mirrors it has under the same path."""
    return image is None or image == accelerator.image or image.endswith("/" + accelerator.image.partition("/")[2])


def demand_job(
    *,
    run: str,
    node_pool: str,
    number: int,
    accelerator: Accelerator,
    namespace: str,
    image: Optional[str] = None,
    taints: Iterable[Mapping[str, Any]] = (),
    timeout: int = 600,
) -> dict[str, Any]:
    """Return the Job whose pod makes Karpenter provision a node of a pool.

    It requests one device of the image that the check takes, so it also brings the image to the node. Pods of one run and pool keep
    away from each other's nodes, and stay until they are deleted, so that an idle node takes one of them only: number of pods =
    number of nodes.

    Args:
        run: Identifier of this run, 8 hexadecimal digits.
        node_pool: Name of the NodePool.
        number: Which of the pool's nodes, from 0.
        accelerator: What the pool's nodes have.
        namespace: Where the Job goes.
        image: See check_job.
        taints: The NodePool's taints.
        timeout: Seconds that the module waits at most.
    """
    labels = {**_labels(run, DEMAND), POOL_LABEL: label_value(node_pool)}
    pod = _pod(accelerator=accelerator, image=image, count=1, node_selector={NODEPOOL_LABEL: node_pool}, taints=taints)
    pod["containers"][0]["command"] = ["sh", "-c", _HOLD.format(seconds=timeout + GRACE_SECONDS)]
    pod["affinity"] = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": labels}, "topologyKey": HOSTNAME_LABEL}]
        }
    }
    name = job_name(DEMAND, run, f"{node_pool}-{number}")
    return _job(name=name, namespace=namespace, labels=labels, pod=pod, timeout=timeout)


def set_devices(container: Mapping[str, Any], accelerator: Accelerator, count: int) -> None:
    """Have a check's container request so many of the devices that it requests, or none of them."""
    for amounts in container["resources"].values():
        for name in [name for name in amounts if accelerator.owns(name)]:
            amounts[name] = str(count)
            if not count:
                del amounts[name]


def namespace_manifest(name: str) -> dict[str, Any]:
    """Return the namespace of the checks: it admits only pods of the Pod Security Standard "restricted"."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "pod-security.kubernetes.io/enforce": "restricted"},
        },
    }


def job_name(prefix: str, run: str, subject: str) -> str:
    """Return a name that is a DNS label, says what it is for, and differs for any two subjects and runs."""
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:30].strip("-")
    digest = hashlib.sha256(subject.encode()).hexdigest()[:6]
    return "-".join(part for part in (prefix, run, slug, digest) if part)


def label_value(text: str) -> str:
    """Return a text as a label's value: object names may be longer than the 63 characters that a label may have."""
    if len(text) <= 63:
        return text
    return text[:56].rstrip("-._") + "-" + hashlib.sha256(text.encode()).hexdigest()[:6]


def tolerations(accelerator: Accelerator, taints: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what a pod must tolerate to run on a node or pool with these taints, and nothing more."""
    found = [{"key": accelerator.taint, "operator": "Exists", "effect": "NoSchedule"}]
    for taint in taints:
        if not str(taint.get("key", "")).startswith(_LIFECYCLE_TAINTS):
            toleration = {"key": taint["key"], "operator": "Exists", "effect": taint["effect"]}
            if toleration not in found:
                found.append(toleration)
    return found


def _labels(run: str, role: str, number: int = 1) -> dict[str, str]:
    return {MANAGED_BY_LABEL: MANAGED_BY, RUN_LABEL: run, ROLE_LABEL: role, NUMBER_LABEL: str(number)}


def _job(
    *,
    name: str,
    namespace: str,
    labels: dict[str, str],
    pod: dict[str, Any],
    timeout: int,
    annotations: Optional[dict[str, str]] = None,
) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations or {}},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": timeout + GRACE_SECONDS,
            "ttlSecondsAfterFinished": KEEP_SECONDS,
            "template": {
                # Karpenter must not take the node away under the check.
                "metadata": {"labels": labels, "annotations": {"karpenter.sh/do-not-disrupt": "true"}},
                "spec": pod,
            },
        },
    }


def _pod(
    *,
    accelerator: Accelerator,
    image: Optional[str],
    count: int,
    node_selector: dict[str, str],
    taints: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "nodeSelector": node_selector,
        "tolerations": tolerations(accelerator, taints),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": CONTAINER,
                "image": image or accelerator.image,
                "command": list(accelerator.command),
                "env": [{"name": name, "value": value} for name, value in accelerator.environment],
                "resources": {
                    "requests": {"cpu": "50m", "memory": "64Mi", accelerator.resource: str(count)},
                    "limits": {"memory": "512Mi", accelerator.resource: str(count)},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            }
        ],
    }
