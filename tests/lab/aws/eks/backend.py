"""The EKS backend: moto's, with what a cluster has in the API mode of authentication."""

from __future__ import annotations

from typing import Any

from moto.eks.exceptions import ResourceNotFoundException
from moto.eks.models import CLUSTER_NOT_FOUND_MSG, Cluster, EKSBackend, eks_backends

from ..faults import named
from . import urls
from .access_entries import AccessEntries
from .addons import Addons
from .pod_identities import PodIdentities

#: What CreateCluster sets where the request does not say. https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html
DEFAULT_ACCESS = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}


class LabEKSBackend(EKSBackend):
    """One region's clusters."""

    _url_module = urls

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.access_configs: dict[str, dict[str, Any]] = {}
        self.access_entries = AccessEntries(self.cluster, self._mode)
        self.pod_identities = PodIdentities(self.cluster)
        self.addons = Addons(self.cluster)

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name, or EKS' refusal."""
        if name not in self.clusters:
            raise ResourceNotFoundException(clusterName=name, message=CLUSTER_NOT_FOUND_MSG.format(clusterName=name))
        return self.clusters[name]

    def access_config(self, name: str) -> dict[str, Any]:
        """How a cluster authenticates; the fault ``authentication-mode`` says otherwise."""
        config = self.access_configs.get(name, DEFAULT_ACCESS)
        mode = next((fault["mode"] for fault in named("authentication-mode")), config["authenticationMode"])
        return {**config, "authenticationMode": mode}

    def _mode(self, name: str) -> str:
        return str(self.access_config(name)["authenticationMode"])

    def configure(self, name: str, *, access: dict[str, Any] | None, security_group: str | None = None) -> Cluster:
        """Give a cluster what moto's CreateCluster leaves out.

        Args:
            name: of the cluster.
            access: the request's ``accessConfig``.
            security_group: the id that EKS made for the cluster.
        """
        cluster = self.cluster(name)
        self.access_configs[name] = {**self.access_configs.get(name, DEFAULT_ACCESS), **(access or {})}
        vars(cluster)["access_config"] = self.access_configs[name]  # moto's serializer reads the cluster's attributes
        if security_group:
            cluster.resources_vpc_config["clusterSecurityGroupId"] = security_group
        return cluster


def lab_eks(account_id: str, region_name: str) -> LabEKSBackend:
    """EKS of an account in a region."""
    backend = eks_backends[account_id][region_name]
    assert isinstance(backend, LabEKSBackend)
    return backend
