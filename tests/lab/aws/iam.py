"""The IAM backend: moto's, with service-linked roles that exist once, profiles by path, and the simulation of a role's policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.iam import urls
from moto.iam.exceptions import InvalidInput
from moto.iam.models import IAMBackend, Role
from moto.iam.responses import IamResponse

from .iam_policies import decision

#: Role names that do not follow from the service's name.
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
NAMES = {"spot.amazonaws.com": "AWSServiceRoleForEC2Spot", "spotfleet.amazonaws.com": "AWSServiceRoleForEC2SpotFleet"}


class LabIAMBackend(IAMBackend):
    """The account's IAM."""

    _url_module = urls

    def create_service_linked_role(self, service_name: str, description: str, suffix: str) -> Role:
        """CreateServiceLinkedRole; the second time it is InvalidInput, as AWS answers."""
        known = NAMES.get(service_name)
        if known in {role.name for role in self.roles.values()}:
            raise InvalidInput(f"Service role name {known} has been taken in this account, please try a different suffix.")
        role = super().create_service_linked_role(service_name, description, suffix)
        role.name = known or role.name
        return role

    def policies_of(self, role_arn: str) -> Iterator[dict[str, Any]]:
        """The documents of a role's policies, managed and inline."""
        role = self.get_role_by_arn(role_arn)
        for policy in role.managed_policies.values():
            yield next(json.loads(each.document) for each in policy.versions if each.is_default)
        yield from (json.loads(document) for document in role.policies.values())


class LabIamResponse(IamResponse):
    """moto's requests, SimulatePrincipalPolicy, and the path that ListInstanceProfiles takes."""

    def list_instance_profiles(self) -> ActionResult:
        """moto lists them all: Karpenter would take those of other classes and clusters for its own, and remove them."""
        prefix = self._get_param("PathPrefix", "/")
        return ActionResult({"InstanceProfiles": [each for each in self.backend.get_instance_profiles() if each.path.startswith(prefix)]})

    def simulate_principal_policy(self) -> ActionResult:
        """What a role's own policies say; there are neither boundaries nor organizations here."""
        backend = self.backend
        assert isinstance(backend, LabIAMBackend)
        documents = list(backend.policies_of(self._get_param("PolicySourceArn")))
        given = self._get_param("ContextEntries", [])
        context = {each["ContextKeyName"]: each["ContextKeyValues"] for each in given}
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision(documents, action, resource, context)}
            for action in self._get_param("ActionNames")
            for resource in self._get_param("ResourceArns", ["*"])
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})
