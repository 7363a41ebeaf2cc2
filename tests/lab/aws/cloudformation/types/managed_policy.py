"""AWS::IAM::ManagedPolicy: its size limit, its updates as new versions, and deleting it detached."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from moto.iam.models import IAMBackend, ManagedPolicy

from .policy_text import policy_text
from .role import iam

#: Characters without white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
SIZE_LIMIT = 6144
#: Versions that IAM keeps of one policy, same source.
VERSION_LIMIT = 5


#: The roles to which a policy's own definition attached it, by the policy's ARN.
ATTACHED: dict[str, set[str]] = {}


class LabManagedPolicy(ManagedPolicy, CloudFormationModel):
    """Makes and changes moto's managed policies."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> ManagedPolicy:
        properties = cloudformation_json["Properties"]
        backend = iam(account_id, region_name)
        policy = backend.create_policy(
            description=properties.get("Description"),
            path=properties.get("Path"),
            policy_document=_document(properties),
            policy_name=properties.get("ManagedPolicyName", resource_name),
            tags=properties.get("Tags", []),
        )
        _attach(backend, policy, properties, set())
        return policy

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: ManagedPolicy,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> ManagedPolicy:
        properties = cloudformation_json["Properties"]
        backend = iam(account_id, region_name)
        policy = original_resource
        if len(policy.versions) >= VERSION_LIMIT:
            oldest = next(version for version in policy.versions if not version.is_default)
            backend.delete_policy_version(policy.arn, oldest.version_id)
        backend.create_policy_version(policy.arn, _document(properties), True)
        _attach(backend, policy, properties, ATTACHED.get(policy.arn, set()))
        return policy

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        backend = iam(account_id, region_name)
        policy = backend.managed_policies[resource_name]
        _attach(backend, policy, {}, ATTACHED.get(policy.arn, set()))
        if policy.attachment_count:
            raise ServiceException("DeleteConflict", "Cannot delete a policy attached to entities.")
        backend.delete_policy(policy.arn)


def _document(properties: dict[str, Any]) -> str:
    text = policy_text(properties["PolicyDocument"])
    if len("".join(text.split())) > SIZE_LIMIT:
        raise ServiceException("LimitExceeded", f"Cannot exceed quota for PolicySize: {SIZE_LIMIT}")
    return text


def _attach(backend: IAMBackend, policy: Any, properties: dict[str, Any], before: set[str]) -> None:
    wanted = set(properties.get("Roles", []))
    existing = {role.name for role in backend.get_roles()}
    for name in sorted((before - wanted) & existing):
        backend.detach_role_policy(policy.arn, name)
    for name in sorted(wanted - before):
        backend.attach_role_policy(policy.arn, name)
    ATTACHED[policy.arn] = wanted
