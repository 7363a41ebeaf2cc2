"""Access entries: which principals a cluster lets in.

https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from moto.core.utils import utcnow
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException, ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster

from ..faults import named

MODES = ("API", "API_AND_CONFIG_MAP")

#: What EKS sets itself for entries of nodes, so that the request may not: username and groups by type.
NODE_TYPES: dict[str, tuple[str, list[str]]] = {
    "EC2": ("system:node:{{EC2PrivateDNSName}}", ["system:nodes"]),
    "EC2_LINUX": ("system:node:{{EC2PrivateDNSName}}", ["system:nodes"]),
    "EC2_WINDOWS": ("system:node:{{EC2PrivateDNSName}}", ["eks:kube-proxy-windows", "system:nodes"]),
    "FARGATE_LINUX": ("system:node:{{SessionName}}", ["system:node-proxier", "system:nodes"]),
}
TYPES = ("STANDARD", *NODE_TYPES)


@dataclass
class AccessEntry:
    """One entry, with the fields of EKS' ``AccessEntry``."""

    cluster_name: str
    principal_arn: str
    access_entry_arn: str
    type: str
    username: str
    kubernetes_groups: list[str]
    tags: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)


class AccessEntries:
    """The access entries of one region's clusters.

    Args:
        cluster: gives the cluster of a name, or raises EKS' refusal.
        mode: gives a cluster's authentication mode.
    """

    def __init__(self, cluster: Callable[[str], Cluster], mode: Callable[[str], str]) -> None:
        self._cluster = cluster
        self._mode = mode
        self._entries: dict[tuple[str, str], AccessEntry] = {}

    def create(self, cluster_name: str, principal_arn: str, request: dict[str, Any]) -> AccessEntry:
        """CreateAccessEntry; ``request`` holds type, username, kubernetesGroups and tags."""
        cluster = self._ready(cluster_name)
        if (cluster_name, principal_arn) in self._entries:
            raise ResourceInUseException(message="The specified access entry resource is already in use on this cluster.")
        kind = request.get("type") or "STANDARD"
        username, groups = _identity(kind, principal_arn, request)
        entry = AccessEntry(
            cluster_name=cluster_name,
            principal_arn=principal_arn,
            access_entry_arn=_arn(cluster.arn, principal_arn),
            type=kind,
            username=username,
            kubernetes_groups=groups,
            tags=dict(request.get("tags") or {}),
        )
        self._entries[(cluster_name, principal_arn)] = entry
        return entry

    def get(self, cluster_name: str, principal_arn: str) -> AccessEntry:
        """DescribeAccessEntry; the fault ``access-entry`` hides it, or shows another type."""
        self._ready(cluster_name)
        return self._found(_faulty(self._entries.get((cluster_name, principal_arn))))

    @staticmethod
    def _found(entry: AccessEntry | None) -> AccessEntry:
        if entry is None:
            raise ResourceNotFoundException(
                message="The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'."
            )
        return entry

    def list(self, cluster_name: str) -> list[str]:
        """ListAccessEntries: the principals."""
        self._ready(cluster_name)
        return sorted(principal for (cluster, principal), entry in self._entries.items() if cluster == cluster_name and _faulty(entry))

    def update(self, cluster_name: str, principal_arn: str, request: dict[str, Any]) -> AccessEntry:
        """UpdateAccessEntry: username and groups of a STANDARD entry."""
        self._ready(cluster_name)
        entry = self._found(self._entries.get((cluster_name, principal_arn)))
        entry.username, entry.kubernetes_groups = _identity(entry.type, principal_arn, request)
        entry.modified_at = utcnow()
        return entry

    def delete(self, cluster_name: str, principal_arn: str) -> None:
        """DeleteAccessEntry."""
        self._ready(cluster_name)
        self._found(self._entries.get((cluster_name, principal_arn)))
        del self._entries[(cluster_name, principal_arn)]

    def _ready(self, cluster_name: str) -> Cluster:
        cluster = self._cluster(cluster_name)
        if self._mode(cluster_name) not in MODES:
            raise InvalidRequestException(
                message=f"The cluster's authentication mode must be set to one of [{', '.join(MODES)}] to perform this operation."
            )
        return cluster


def _faulty(entry: AccessEntry | None) -> AccessEntry | None:
    """The entry as the fault ``access-entry`` shows it."""
    for fault in named("access-entry") if entry else ():
        if entry and entry.principal_arn.endswith(f"/{fault['role']}" if fault["role"] else ""):
            entry = None if fault["type"] == "missing" else replace(entry, type=fault["type"])
    return entry


def _identity(kind: str, principal_arn: str, request: dict[str, Any]) -> tuple[str, list[str]]:
    username, groups = request.get("username"), request.get("kubernetesGroups")
    if kind not in TYPES:
        raise InvalidParameterException(message=f"The type parameter must be one of [{', '.join(TYPES)}]")
    if kind in NODE_TYPES:
        if username or groups:
            raise InvalidParameterException(message=f"The username and kubernetesGroups cannot be set for an access entry of type {kind}.")
        return NODE_TYPES[kind]
    return username or principal_arn, list(groups or [])


def _arn(cluster_arn: str, principal_arn: str) -> str:
    account, resource = principal_arn.split(":")[4:6]
    return f"{cluster_arn.replace(':cluster/', ':access-entry/')}/{resource.split('/')[0]}/{account}/{resource.split('/')[-1]}/{uuid4()}"
