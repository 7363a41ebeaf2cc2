"""The IAM backend: moto's, with service-linked roles that exist once."""

from __future__ import annotations

from moto.iam import urls
from moto.iam.exceptions import InvalidInput
from moto.iam.models import IAMBackend, Role

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
