"""CreateFleet of type ``instant``, as Karpenter uses it.

moto's fleet forgets security groups, zones and the instance profile of the launch template.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.ec2.models.fleets import Fleet
from moto.ec2.models.instances import Instance
from moto.ec2.utils import convert_tag_spec, random_fleet_id
from werkzeug.exceptions import HTTPException

from ..faults import FleetFault

Json = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """One thing that a fleet may launch: a launch template with one override.

    Attributes:
        template: the resolved launch template specification, as the answer repeats it.
        override: the request's override.
        data: the template's data with the override on top.
    """

    template: Json
    override: Json
    data: Json

    @property
    def echo(self) -> Json:
        """``LaunchTemplateAndOverrides`` of the answer."""
        return {"LaunchTemplateSpecification": self.template, "Overrides": self.override}


class InstantFleet(Fleet):
    """A fleet that launched, or did not, at once; moto's ``terminate`` knows it by its base class.

    Args:
        backend: the region's EC2.
        request: CreateFleet's parameters.
        faults: what refuses offers.
    """

    def __init__(self, backend: Any, request: Json, faults: Iterable[FleetFault] = ()) -> None:
        self.ec2_backend = backend
        self.id = random_fleet_id()
        self.fleet_type, self.state = "instant", "active"
        target = request["TargetCapacitySpecification"]
        self.target_capacity_specification = target
        self.target_capacity = int(target["TotalTargetCapacity"])
        self.lifecycle = target.get("DefaultTargetCapacityType") or "on-demand"
        self.launch_template_configs = request.get("LaunchTemplateConfigs", [])
        self.spot_options, self.on_demand_options = request.get("SpotOptions", {}), request.get("OnDemandOptions", {})
        self.excess_capacity_termination_policy = "termination"
        self.replace_unhealthy_instances = self.terminate_instances_with_expiration = False
        self.valid_from, self.valid_until = utcnow(), None
        self.fulfilled_capacity = 0.0
        self.launch_specs, self.spot_requests, self.on_demand_instances = [], [], []
        self.request_tags = convert_tag_spec(request.get("TagSpecifications", []))
        self.add_tags(self.request_tags.get("fleet", {}))
        self.tags = self.get_tags()
        self.launched: list[tuple[Offer, list[Instance]]] = []
        self.refused: list[Json] = []
        self._fulfil(list(faults))

    def _fulfil(self, faults: list[FleetFault]) -> None:
        for offer in sorted(self._offers(), key=lambda offer: offer.override.get("Priority") or 0.0):
            refusals = (fault.refusal(offer.data, self.lifecycle) for fault in faults)
            code, message = next(filter(any, refusals), None) or self._launch(offer)
            if not code:
                return
            self.refused.append(
                {"ErrorCode": code, "ErrorMessage": message, "Lifecycle": self.lifecycle, "LaunchTemplateAndOverrides": offer.echo}
            )

    def _offers(self) -> Iterator[Offer]:
        for config in self.launch_template_configs:
            spec = config["LaunchTemplateSpecification"]
            template = _template(self.ec2_backend, spec)
            version = template.get_version(spec.get("Version", "$Default"))
            resolved = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": str(version.number)}
            for override in config.get("Overrides") or [{}]:
                yield Offer(resolved, override, {**version.data, **override})

    def _launch(self, offer: Offer) -> tuple[str, str]:
        """Launch ``offer``; the error code and message where EC2 refuses."""
        tags = convert_tag_spec(offer.data.get("TagSpecifications", []))
        for resource in ("instance", "volume"):
            tags[resource] = {**tags.get(resource, {}), **self.request_tags.get(resource, {})}
        tags["instance"] |= {
            "aws:ec2:fleet-id": self.id,
            "aws:ec2launchtemplate:id": offer.template["LaunchTemplateId"],
            "aws:ec2launchtemplate:version": offer.template["Version"],
        }
        try:
            instances = launch(self.ec2_backend, offer.data, tags, self.target_capacity, self.lifecycle, self.id)
        except (ServiceException, HTTPException) as refusal:
            return str(getattr(refusal, "code", "InternalError")), str(getattr(refusal, "message", refusal))
        self.launched.append((offer, instances))
        self.fulfilled_capacity = float(self.target_capacity)
        return "", ""

    @property
    def instances(self) -> list[Json]:
        """``Instances`` of the answer."""
        return [
            {
                "LaunchTemplateAndOverrides": offer.echo,
                "Lifecycle": self.lifecycle,
                "InstanceIds": [instance.id for instance in instances],
                "InstanceType": offer.data["InstanceType"],
            }
            for offer, instances in self.launched
        ]


def _template(backend: Any, spec: Json) -> Any:
    if spec.get("LaunchTemplateId"):
        return backend.get_launch_template(spec["LaunchTemplateId"])
    return backend.get_launch_template_by_name(spec["LaunchTemplateName"])


def launch(backend: Any, data: Json, tags: Mapping[str, Mapping[str, str]], count: int, lifecycle: str, fleet_id: str) -> list[Instance]:
    """Run ``count`` instances as the launch template data says, with everything that it says."""
    profile = data.get("IamInstanceProfile") or {}
    groups = list(dict.fromkeys([*data.get("SecurityGroupIds", []), *_groups(data.get("NetworkInterfaces", []))]))
    if profile:
        backend.require_instance_profile(profile)
    reservation = backend.run_instances(
        image_id=data["ImageId"],
        count=count,
        user_data=data.get("UserData"),
        security_group_names=[],
        security_group_ids=groups,
        instance_type=data["InstanceType"],
        is_instance_type_default=False,
        region_name=backend.region_name,
        subnet_id=data.get("SubnetId"),
        key_name=data.get("KeyName"),
        metadata_options=data.get("MetadataOptions") or {},
        ebs_optimized=bool(data.get("EbsOptimized")),
        associate_public_ip=False,
        fleet_id=fleet_id,
        tags=tags,
    )
    for instance in reservation.instances:
        _complete(backend, instance, profile, lifecycle)
    return list(reservation.instances)


def _groups(interfaces: list[Json]) -> Iterator[str]:
    for interface in interfaces:
        yield from interface.get("Groups", [])


def _complete(backend: Any, instance: Instance, profile: Json, lifecycle: str) -> None:
    """What moto's instance lacks; its serializer reads the attributes of the objects."""
    if profile:
        backend.associate_iam_instance_profile(
            instance_id=instance.id, iam_instance_profile_name=profile.get("Name"), iam_instance_profile_arn=profile.get("Arn")
        )
    if lifecycle == "spot":
        instance.lifecycle = "spot"
        vars(instance)["spot_instance_request_id"] = f"sir-{uuid.uuid4().hex[:8]}"
    if instance.subnet_id:
        vars(instance.placement)["availability_zone_id"] = backend.get_subnet(instance.subnet_id).availability_zone_id
