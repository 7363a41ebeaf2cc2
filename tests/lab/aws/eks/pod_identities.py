"""Pod identity associations: which role a service account's pods get.

https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster


@dataclass
class PodIdentityAssociation:
    """One association, with the fields of EKS' ``PodIdentityAssociation``."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    association_arn: str
    association_id: str
    tags: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)


class PodIdentities:
    """The associations of one region's clusters.

    Args:
        cluster: gives the cluster of a name, or raises EKS' refusal.
    """

    def __init__(self, cluster: Callable[[str], Cluster]) -> None:
        self._cluster = cluster
        self._associations: dict[str, PodIdentityAssociation] = {}

    def create(
        self, cluster_name: str, namespace: str, service_account: str, role_arn: str, tags: dict[str, str]
    ) -> PodIdentityAssociation:
        """CreatePodIdentityAssociation: one for each service account."""
        cluster = self._cluster(cluster_name)
        for one in self.list(cluster_name, namespace, service_account):
            raise ResourceInUseException(message=f"Association already exists: {one.association_id}")
        association_id = f"a-{uuid4().hex[:17]}"
        association = PodIdentityAssociation(
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=role_arn,
            association_arn=f"{cluster.arn.replace(':cluster/', ':podidentityassociation/')}/{association_id}",
            association_id=association_id,
            tags=dict(tags),
        )
        self._associations[association_id] = association
        return association

    def get(self, cluster_name: str, association_id: str) -> PodIdentityAssociation:
        """DescribePodIdentityAssociation."""
        self._cluster(cluster_name)
        association = self._associations.get(association_id)
        if association is None or association.cluster_name != cluster_name:
            raise ResourceNotFoundException(message=f"No association found with ID: {association_id}")
        return association

    def list(self, cluster_name: str, namespace: str | None = None, service_account: str | None = None) -> list[PodIdentityAssociation]:
        """ListPodIdentityAssociations, of one namespace or service account where given."""
        self._cluster(cluster_name)
        return [
            one
            for one in self._associations.values()
            if one.cluster_name == cluster_name and namespace in (None, one.namespace) and service_account in (None, one.service_account)
        ]

    def update(self, cluster_name: str, association_id: str, role_arn: str) -> PodIdentityAssociation:
        """UpdatePodIdentityAssociation: another role."""
        association = self.get(cluster_name, association_id)
        association.role_arn = role_arn
        association.modified_at = utcnow()
        return association

    def delete(self, cluster_name: str, association_id: str) -> PodIdentityAssociation:
        """DeletePodIdentityAssociation."""
        return self._associations.pop(self.get(cluster_name, association_id).association_id)
