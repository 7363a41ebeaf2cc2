"""What the node side asks of AWS: instances, their user data, their types, and who may join the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.lab.aws import interruption
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, REGION

from .facts import accelerators
from .node import Hardware

#: What a caller may meet when AWS is away or says no.
ERRORS = (BotoCoreError, ClientError)

_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}

#: The root volume (GiB) when the instance does not say: Karpenter's own default for AL2023.
DEFAULT_DISK = 20


class Cloud:
    """AWS at an endpoint, with the lab's credentials."""

    def __init__(self, endpoint: str) -> None:
        session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
        options = Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30)
        self._ec2, self._iam, self._eks, self._events = (
            session.client(service, endpoint_url=endpoint, config=options) for service in ("ec2", "iam", "eks", "events")
        )
        self._hardware: dict[str, Hardware] = {}
        self._roles: dict[str, str] = {}
        self._images: dict[str, str] = {}

    def instances(self) -> list[dict[str, Any]]:
        """Karpenter's instances, in any state; the tag karpenter.sh/nodeclaim comes only after their nodes registered."""
        pages = self._ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]}])
        return [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]

    def user_data(self, instance_id: str) -> str:
        """The user data that the instance was started with, as EC2 keeps it (base64)."""
        answer = self._ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        return (answer.get("UserData") or {}).get("Value") or ""

    def hardware(self, instance_type: str) -> Hardware:
        """What EC2 says of an instance type."""
        if instance_type not in self._hardware:
            info = self._ec2.describe_instance_types(InstanceTypes=[instance_type])["InstanceTypes"][0]
            self._hardware[instance_type] = Hardware(
                instance_type=instance_type,
                arch=_ARCHITECTURES[info["ProcessorInfo"]["SupportedArchitectures"][-1]],
                vcpus=info["VCpuInfo"]["DefaultVCpus"],
                memory_mib=info["MemoryInfo"]["SizeInMiB"],
                accelerators=accelerators(instance_type),
            )
        return self._hardware[instance_type]

    def disk(self, instance: Mapping[str, Any]) -> int:
        """The size of the instance's root volume in GiB, as its launch template asked for it.

        Not from the volumes: the lab's EC2 gives every instance that of its image.
        """
        tags = {each["Key"]: each["Value"] for each in instance.get("Tags") or []}
        template = tags.get("aws:ec2launchtemplate:id")
        if not template:
            return DEFAULT_DISK
        try:
            found = self._ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[tags["aws:ec2launchtemplate:version"]])
        except ClientError as error:
            # Karpenter deletes a template soon after the launch.
            if error.response["Error"]["Code"] == "InvalidLaunchTemplateId.NotFound":
                return DEFAULT_DISK
            raise
        mappings = found["LaunchTemplateVersions"][0]["LaunchTemplateData"].get("BlockDeviceMappings") or []
        return max((each["Ebs"]["VolumeSize"] for each in mappings if "VolumeSize" in each.get("Ebs", {})), default=DEFAULT_DISK)

    def warn_of_interruption(self, instance: Mapping[str, Any]) -> None:
        """EC2's warning that it is about to take a Spot instance back."""
        interruption.warn(self._events, instance["InstanceId"], instance["Placement"]["AvailabilityZone"])

    def image(self, instance: Mapping[str, Any]) -> str:
        """The name of the AMI that the instance booted; empty for one that is not there any more."""
        image_id = instance["ImageId"]
        if image_id not in self._images:
            found = self._ec2.describe_images(Filters=[{"Name": "image-id", "Values": [image_id]}])["Images"]
            self._images[image_id] = found[0]["Name"] if found else ""
        return self._images[image_id]

    def role(self, instance: Mapping[str, Any]) -> str | None:
        """The ARN of the role in the instance's profile; None when it has no profile, or the profile no role."""
        profile = (instance.get("IamInstanceProfile") or {}).get("Arn", "").rsplit("/", 1)[-1]
        if not profile:
            return None
        if profile not in self._roles:
            found = self._iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
            if not found:
                return None
            self._roles[profile] = found[0]["Arn"]
        return self._roles[profile]

    def authentication_mode(self, cluster: str) -> str:
        """How the cluster authenticates: ``API``, ``API_AND_CONFIG_MAP`` or ``CONFIG_MAP``."""
        found = self._eks.describe_cluster(name=cluster)["cluster"]
        return (found.get("accessConfig") or {}).get("authenticationMode") or "CONFIG_MAP"

    def access_entry_type(self, cluster: str, role_arn: str) -> str | None:
        """The type of the role's access entry; None when it has none."""
        try:
            return self._eks.describe_access_entry(clusterName=cluster, principalArn=role_arn)["accessEntry"]["type"]
        except self._eks.exceptions.ResourceNotFoundException:
            return None
