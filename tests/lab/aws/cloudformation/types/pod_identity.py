"""AWS::EKS::PodIdentityAssociation."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel

from ...eks.backend import lab_eks
from ...eks.pod_identities import PodIdentityAssociation
from .tags import tag_map


class CloudFormationPodIdentityAssociation(CloudFormationModel):
    """One association that a stack owns.

    Args:
        association: the EKS pod identity association.
    """

    def __init__(self, association: PodIdentityAssociation) -> None:
        self.association = association

    @property
    def physical_resource_id(self) -> str:
        return self.association.association_arn

    def delete(self, account_id: str, region_name: str) -> None:
        """DeletePodIdentityAssociation."""
        one = self.association
        lab_eks(account_id, region_name).pod_identities.delete(one.cluster_name, one.association_id)

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::EKS::PodIdentityAssociation"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in ("AssociationArn", "AssociationId")

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """``AssociationArn`` or ``AssociationId``."""
        one = self.association
        return {"AssociationArn": one.association_arn, "AssociationId": one.association_id}[attribute_name]

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> CloudFormationPodIdentityAssociation:
        properties = cloudformation_json["Properties"]
        backend = lab_eks(account_id, region_name)
        return cls(
            backend.pod_identities.create(
                properties["ClusterName"], properties["Namespace"], properties["ServiceAccount"], properties["RoleArn"], tag_map(properties)
            )
        )

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> CloudFormationPodIdentityAssociation:
        properties = cloudformation_json["Properties"]
        one = original_resource.association
        lab_eks(account_id, region_name).pod_identities.update(one.cluster_name, one.association_id, properties["RoleArn"])
        one.tags = tag_map(properties)
        return original_resource
