"""AWS::EKS::AccessEntry."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel

from ...eks.access_entries import AccessEntry
from ...eks.backend import lab_eks
from .tags import tag_map


class CloudFormationAccessEntry(CloudFormationModel):
    """One access entry that a stack owns.

    Args:
        entry: the EKS access entry.
    """

    def __init__(self, entry: AccessEntry) -> None:
        self.entry = entry

    @property
    def physical_resource_id(self) -> str:
        return f"{self.entry.principal_arn}|{self.entry.cluster_name}"

    def delete(self, account_id: str, region_name: str) -> None:
        """DeleteAccessEntry."""
        lab_eks(account_id, region_name).access_entries.delete(self.entry.cluster_name, self.entry.principal_arn)

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::EKS::AccessEntry"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "AccessEntryArn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """``AccessEntryArn`` is the only one."""
        return self.entry.access_entry_arn

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> CloudFormationAccessEntry:
        properties = cloudformation_json["Properties"]
        entry = lab_eks(account_id, region_name).access_entries.create(
            properties["ClusterName"], properties["PrincipalArn"], _request(properties)
        )
        return cls(entry)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> CloudFormationAccessEntry:
        entry = original_resource.entry
        properties = cloudformation_json["Properties"]
        lab_eks(account_id, region_name).access_entries.update(entry.cluster_name, entry.principal_arn, _request(properties))
        entry.tags = tag_map(properties)
        return original_resource


def _request(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": properties.get("Type"),
        "username": properties.get("Username"),
        "kubernetesGroups": properties.get("KubernetesGroups"),
        "tags": tag_map(properties),
    }
