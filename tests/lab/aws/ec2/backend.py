"""The EC2 backend: moto's, with images that keep what was registered and fleets of type ``instant``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import Ami
from moto.iam.models import iam_backends

from ..faults import FleetFault
from . import urls
from .fleet import InstantFleet, Json
from .images import OWNER, BottlerocketImage, EksImage


class LabEC2Backend(EC2Backend):
    """One region's EC2."""

    _url_module = urls

    def publish(self, image: EksImage | BottlerocketImage) -> None:
        """Have ``image``, as Amazon publishes it."""
        self.amis[image.image_id] = Ami(
            self,
            image.image_id,
            name=image.name,
            description=image.description,
            owner_id=OWNER,
            owner_alias="amazon",
            public=True,
            virtualization_type="hvm",
            architecture=image.architecture,
            creation_date=image.created,
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name="/dev/xvda",
        )

    def complete_image(self, image_id: str, request: Json) -> None:
        """Give a registered image what moto's RegisterImage drops."""
        image = self.amis[image_id]
        image.architecture = request.get("Architecture") or "i386"
        image.virtualization_type = request.get("VirtualizationType") or "paravirtual"
        image.root_device_name = request.get("RootDeviceName") or image.root_device_name

    def launch_fleet(self, request: Json, faults: Iterable[FleetFault]) -> InstantFleet:
        """CreateFleet of type ``instant``."""
        fleet = InstantFleet(self, request, faults)
        self.fleets[fleet.id] = fleet
        return fleet

    def require_instance_profile(self, profile: dict[str, Any]) -> None:
        """EC2's refusal of an instance profile that IAM does not have."""
        profiles = iam_backends[self.account_id][self.partition].instance_profiles.values()
        if any(profile.get("Name") == one.name or profile.get("Arn") == one.arn for one in profiles):
            return
        key, value = ("name", profile["Name"]) if profile.get("Name") else ("arn", profile.get("Arn"))
        raise ServiceException(
            "InvalidParameterValue",
            f"Value ({value}) for parameter iamInstanceProfile.{key} is invalid. Invalid IAM Instance Profile {key}",
        )


def lab_ec2(account_id: str, region_name: str) -> LabEC2Backend:
    """EC2 of an account in a region."""
    backend = ec2_backends[account_id][region_name]
    assert isinstance(backend, LabEC2Backend)
    return backend
