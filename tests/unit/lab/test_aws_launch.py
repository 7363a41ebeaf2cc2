"""What Karpenter asks of EC2, against the lab's AWS: dry runs, instant fleets, instances, refusals on demand."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.aws import faults
from tests.lab.nodes import faults as words
from tests.lab.state import LabError, write_whole
from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]

USER_DATA = base64.b64encode(b"MIME-Version: 1.0\nnodeadm").decode()
TAGS = {"karpenter.sh/nodepool": "gpu", "karpenter.k8s.aws/ec2nodeclass": "gpu", "eks:eks-cluster-name": "lab", "Name": "gpu/node"}
NVIDIA = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/nvidia/{}/image_id"


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture(scope="module")
def template(account: Emulated) -> str:
    iam = account.client("iam")
    iam.create_instance_profile(InstanceProfileName="lab_profile")
    image = account.client("ssm").get_parameter(Name=NVIDIA.format("recommended"))["Parameter"]["Value"]
    account.client("ec2").create_launch_template(
        LaunchTemplateName="karpenter.k8s.aws/1",
        LaunchTemplateData={
            "ImageId": image,
            "UserData": USER_DATA,
            "IamInstanceProfile": {"Name": "lab_profile"},
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [account.facts["security_group_id"]]}],
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "DeleteOnTermination": True}}
            ],
        },
    )
    return "karpenter.k8s.aws/1"


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    yield
    for name in faults.active():
        faults.clear_fault(name)


def fleet(account: Emulated, template: str, capacity_type: str = "on-demand", **more: Any) -> dict[str, Any]:
    offers = [("g5.xlarge", 1.0, 1), ("g4dn.xlarge", 0.5, 1), ("g4dn.xlarge", 0.6, 0)]
    zones = "abcd"
    answer: dict[str, Any] = account.client("ec2").create_fleet(
        Type="instant",
        LaunchTemplateConfigs=[
            {
                "LaunchTemplateSpecification": {"LaunchTemplateName": template, "Version": "$Latest"},
                "Overrides": [
                    {
                        "InstanceType": kind,
                        "SubnetId": account.facts["subnet_ids"][zone],
                        "AvailabilityZone": f"us-west-2{zones[zone]}",
                        "Priority": price,
                    }
                    for kind, price, zone in offers
                ],
            }
        ],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": capacity_type},
        TagSpecifications=[{"ResourceType": kind, "Tags": tag_list(TAGS)} for kind in ("instance", "volume", "fleet")],
        **more,
    )
    return answer


def launched(account: Emulated, answer: dict[str, Any]) -> dict[str, Any]:
    (instance_id,) = answer["Instances"][0]["InstanceIds"]
    found = account.client("ec2").describe_instances(InstanceIds=[instance_id])
    return dict(found["Reservations"][0]["Instances"][0])


def test_fleet_launches_the_cheapest_offer_as_the_template_says(account: Emulated, template: str) -> None:
    answer = fleet(account, template)
    assert answer["Errors"] == []
    assert answer["Instances"][0]["LaunchTemplateAndOverrides"]["Overrides"]["AvailabilityZone"] == "us-west-2b"
    instance = launched(account, answer)
    assert (instance["InstanceType"], instance["SubnetId"]) == ("g4dn.xlarge", account.facts["subnet_ids"][1])
    assert instance["Placement"]["AvailabilityZone"] == "us-west-2b"
    assert instance["Placement"]["AvailabilityZoneId"].startswith("usw2-az")
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [account.facts["security_group_id"]]
    assert instance["IamInstanceProfile"]["Arn"].endswith("instance-profile/lab_profile")
    assert instance["Architecture"] == "x86_64"
    assert {tag["Key"]: tag["Value"] for tag in instance["Tags"]}.items() >= TAGS.items()
    assert "SpotInstanceRequestId" not in instance
    data = account.client("ec2").describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
    assert data["UserData"]["Value"] == USER_DATA


def test_fleet_of_spot_instances_says_so(account: Emulated, template: str) -> None:
    instance = launched(account, fleet(account, template, "spot"))
    assert instance["InstanceLifecycle"] == "spot"
    assert instance["SpotInstanceRequestId"].startswith("sir-")


def test_fleet_dry_run_answers_that_it_would_succeed(account: Emulated, template: str) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        fleet(account, template, DryRun=True)


def test_run_instances_dry_run_answers_that_it_would_succeed(account: Emulated, template: str) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        account.client("ec2").run_instances(
            MinCount=1, MaxCount=1, DryRun=True, InstanceType="g4dn.xlarge", LaunchTemplate={"LaunchTemplateName": template}
        )


def test_instances_are_found_by_karpenters_filters_until_terminated(account: Emulated, template: str) -> None:
    ec2 = account.client("ec2")
    instance_id = fleet(account, template)["Instances"][0]["InstanceIds"][0]
    filters = [
        {"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]},
        {"Name": "tag-key", "Values": ["karpenter.k8s.aws/ec2nodeclass"]},
        {"Name": "tag:eks:eks-cluster-name", "Values": ["lab"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
    ]

    def found() -> set[str]:
        pages = ec2.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": 1000})
        return {one["InstanceId"] for page in pages for each in page["Reservations"] for one in each["Instances"]}

    assert instance_id in found()
    ec2.create_tags(Resources=[instance_id], Tags=tag_list({"karpenter.sh/nodeclaim": "gpu-1"}))
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert instance_id not in found()


def test_fault_no_capacity_refuses_every_override(account: Emulated, template: str) -> None:
    faults.set_fault("create_fleet", error_code="InsufficientInstanceCapacity")
    answer = fleet(account, template)
    assert answer["Instances"] == []
    assert [one["ErrorCode"] for one in answer["Errors"]] == ["InsufficientInstanceCapacity"] * 3
    first = answer["Errors"][0]
    assert first["LaunchTemplateAndOverrides"]["Overrides"]["InstanceType"] == "g4dn.xlarge"
    assert "sufficient g4dn.xlarge capacity in the Availability Zone you requested (us-west-2b)" in first["ErrorMessage"]


def test_fault_of_one_zone_leaves_the_others(account: Emulated, template: str) -> None:
    faults.set_fault("create_fleet", error_code="InsufficientInstanceCapacity", zones=["us-west-2b"], instance_types=["g4dn.xlarge"])
    answer = fleet(account, template)
    assert [one["ErrorCode"] for one in answer["Errors"]] == ["InsufficientInstanceCapacity"]
    assert launched(account, answer)["Placement"]["AvailabilityZone"] == "us-west-2a"


def test_fault_command_speaks_of_quota(account: Emulated, template: str) -> None:
    write_whole(faults.path(), '{"quota": {"instance-type": "g4dn.xlarge"}, "gpu-lost": {"node": ""}}')
    answer = fleet(account, template)
    assert [one["ErrorCode"] for one in answer["Errors"]] == ["VcpuLimitExceeded"] * 2
    assert launched(account, answer)["InstanceType"] == "g5.xlarge"


def test_fault_unauthorized_refuses_dry_runs_too(account: Emulated, template: str) -> None:
    faults.set_fault("create_fleet", error_code="UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        fleet(account, template, DryRun=True)


@pytest.mark.parametrize(
    ("fault", "arguments", "code"),
    [
        ("spot-quota", {}, "MaxSpotInstanceCountExceeded"),
        ("no-addresses", {"zone": "us-west-2a,us-west-2b"}, "InsufficientFreeAddressesInSubnet"),
        ("launch-error:a", {"code": "UnauthorizedOperation", "message": "no"}, "UnauthorizedOperation"),
        ("launch-error", {"node-class": "gpu", "code": "InternalError"}, "InternalError"),
    ],
)
def test_fault_command_refuses_each_launch(account: Emulated, template: str, fault: str, arguments: dict[str, str], code: str) -> None:
    words.set_fault(fault, arguments, faults.path().parent)
    assert {one["ErrorCode"] for one in fleet(account, template)["Errors"]} == {code}


def test_fault_of_another_node_class_leaves_this_one(account: Emulated, template: str) -> None:
    words.set_fault("launch-error", {"node-class": "other", "code": "InternalError"}, faults.path().parent)
    words.set_fault("unauthorized", {"node-class": "other"}, faults.path().parent)
    assert fleet(account, template)["Errors"] == []


def test_fault_command_refuses_a_whole_request(account: Emulated, template: str) -> None:
    words.set_fault("unauthorized:x", {"action": "create_fleet", "node-class": "gpu"}, faults.path().parent)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        fleet(account, template, DryRun=True)
    with pytest.raises(ClientError, match="DryRunOperation"):
        account.client("ec2").create_launch_template(LaunchTemplateName="free", LaunchTemplateData={"ImageId": "ami-1"}, DryRun=True)


def test_fault_of_another_action_refuses_it(account: Emulated) -> None:
    faults.set_fault("describe_subnets", error_code="RequestLimitExceeded")
    with pytest.raises(ClientError, match=r"RequestLimitExceeded.*Request limit exceeded"):
        account.session.client("ec2", endpoint_url=account.emulator.url, config=_once()).describe_subnets()


def _once() -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1})


@pytest.mark.parametrize(("name", "setting"), [("create_fleets", {"error_code": "X"}), ("create_fleet", {"code": "X"})])
def test_set_fault_refuses_what_it_does_not_know(account: Emulated, name: str, setting: dict[str, str]) -> None:
    with pytest.raises(LabError, match="no AWS fault"):
        faults.set_fault(name, **setting)


def test_fleet_with_an_unknown_instance_profile_is_refused(account: Emulated) -> None:
    image = account.client("ssm").get_parameter(Name=NVIDIA.format("recommended"))["Parameter"]["Value"]
    data = {"ImageId": image, "IamInstanceProfile": {"Name": "gone"}}
    account.client("ec2").create_launch_template(LaunchTemplateName="astray", LaunchTemplateData=data)
    answer = fleet(account, "astray")
    assert {one["ErrorCode"] for one in answer["Errors"]} == {"InvalidParameterValue"}
    assert "Invalid IAM Instance Profile name" in answer["Errors"][0]["ErrorMessage"]
