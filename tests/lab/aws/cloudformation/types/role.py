"""AWS::IAM::Role with its managed policies, its updates, and AWS's refusal to delete a role in use."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.iam.models import IAMBackend, Role, iam_backends
from moto.utilities.utils import get_partition

from .policy_text import policy_text


def iam(account_id: str, region_name: str) -> IAMBackend:
    """The account's IAM."""
    return iam_backends[account_id][get_partition(region_name)]


#: Which managed policies a role's own definition attached, by the role's id; others attached the rest.
ATTACHED: dict[str, set[str]] = {}


class LabRole(Role, CloudFormationModel):
    """Makes and changes moto's roles."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> Role:
        properties = cloudformation_json["Properties"]
        backend = iam(account_id, region_name)
        role = backend.create_role(
            role_name=properties.get("RoleName", resource_name),
            assume_role_policy_document=policy_text(properties["AssumeRolePolicyDocument"]),
            path=properties.get("Path", "/"),
            permissions_boundary=properties.get("PermissionsBoundary", ""),
            description=properties.get("Description", ""),
            tags=properties.get("Tags", []),
            max_session_duration=properties.get("MaxSessionDuration", 3600),
        )
        cls._align_policies(backend, role, properties, set())
        return role

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Role, new_resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> Role:
        properties = cloudformation_json["Properties"]
        backend = iam(account_id, region_name)
        role = original_resource
        role.description = properties.get("Description", "")
        role.max_session_duration = properties.get("MaxSessionDuration", 3600)
        role.permissions_boundary_arn = properties.get("PermissionsBoundary")
        role.tags = properties.get("Tags", [])
        backend.update_assume_role_policy(role.name, policy_text(properties["AssumeRolePolicyDocument"]))
        # What the template's own ManagedPolicy resources attached is theirs; only AWS's and named ones are the role's.
        cls._align_policies(backend, role, properties, ATTACHED.get(role.id, set()))
        return role

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        backend = iam(account_id, region_name)
        role = backend.get_role(resource_name)
        profiles = [profile for profile in backend.get_instance_profiles() if role in profile.roles]
        if not profiles:
            cls._align_policies(backend, role, {}, ATTACHED.get(role.id, set()))
        backend.delete_role(resource_name)

    @staticmethod
    def _align_policies(backend: IAMBackend, role: Role, properties: dict[str, Any], before: set[str]) -> None:
        wanted = set(properties.get("ManagedPolicyArns", []))
        for arn in sorted(before - wanted):
            backend.detach_role_policy(arn, role.name)
        for arn in sorted(wanted - before):
            backend.attach_role_policy(arn, role.name)
        ATTACHED[role.id] = wanted
        role.policies = {one["PolicyName"]: policy_text(one["PolicyDocument"]) for one in properties.get("Policies", [])}
