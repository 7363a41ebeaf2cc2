"""EKS addons, as far as they are described: the lab runs no addon's software."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster


@dataclass
class Addon:
    """One addon, with the fields of EKS' ``Addon``."""

    addon_name: str
    cluster_name: str
    addon_version: str
    addon_arn: str
    status: str = "ACTIVE"
    health: dict[str, Any] = field(default_factory=lambda: {"issues": []})
    tags: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)


class Addons:
    """The addons of one region's clusters.

    Args:
        cluster: gives the cluster of a name, or raises EKS' refusal.
    """

    def __init__(self, cluster: Callable[[str], Cluster]) -> None:
        self._cluster = cluster
        self._addons: dict[tuple[str, str], Addon] = {}

    def create(self, cluster_name: str, addon_name: str, version: str, tags: dict[str, str]) -> Addon:
        """CreateAddon, active at once."""
        cluster = self._cluster(cluster_name)
        if (cluster_name, addon_name) in self._addons:
            raise ResourceInUseException(clusterName=cluster_name, addonName=addon_name, message="Addon already exists.")
        arn = f"{cluster.arn.replace(':cluster/', ':addon/')}/{addon_name}/{uuid4()}"
        addon = Addon(addon_name, cluster_name, version, arn, tags=dict(tags))
        self._addons[(cluster_name, addon_name)] = addon
        return addon

    def get(self, cluster_name: str, addon_name: str) -> Addon:
        """DescribeAddon."""
        self._cluster(cluster_name)
        addon = self._addons.get((cluster_name, addon_name))
        if addon is None:
            raise ResourceNotFoundException(
                clusterName=cluster_name, addonName=addon_name, message=f"No addon: {addon_name} found in cluster: {cluster_name}"
            )
        return addon

    def list(self, cluster_name: str) -> list[str]:
        """ListAddons: their names."""
        self._cluster(cluster_name)
        return sorted(name for cluster, name in self._addons if cluster == cluster_name)

    def delete(self, cluster_name: str, addon_name: str) -> Addon:
        """DeleteAddon."""
        addon = self.get(cluster_name, addon_name)
        del self._addons[(cluster_name, addon_name)]
        return addon
