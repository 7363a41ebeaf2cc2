"""What a user's account holds before the collection runs, and how the lab's AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.lab.aws.ec2.images import eks_images
from tests.lab.nodes import faults
from tests.lab.state import REGION
from tests.unit.lab.aws_account import Emulated, account

__all__ = ["account"]

ROLE = "arn:aws:iam::123456789012:role/KarpenterNodeRole-lab"


def test_cluster_is_as_eks_gives_it(account: Emulated) -> None:
    cluster = account.client("eks").describe_cluster(name="lab")["cluster"]
    assert (cluster["version"], cluster["status"]) == ("1.36", "ACTIVE")
    assert cluster["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"
    assert cluster["resourcesVpcConfig"]["clusterSecurityGroupId"] == account.facts["security_group_id"]
    assert cluster["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "10.96.0.0/12"
    subnets = account.client("ec2").describe_subnets(SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"])["Subnets"]
    assert sorted(one["AvailabilityZone"] for one in subnets) == [f"us-west-2{zone}" for zone in "abcd"]
    keys = {tag["Key"] for one in subnets for tag in one.get("Tags", [])}
    assert keys == {"Name"}, "nothing of Karpenter's"


def test_unknown_cluster_is_not_found(account: Emulated) -> None:
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*No cluster found for name: nope\."):
        account.client("eks").describe_cluster(name="nope")


@pytest.mark.parametrize("image", eks_images(), ids=lambda image: image.name)
def test_parameters_name_images_of_their_architecture(account: Emulated, image: Any) -> None:
    for name in image.parameters:
        image_id = account.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        (found,) = account.client("ec2").describe_images(Filters=[{"Name": "image-id", "Values": [image_id]}])["Images"]
        assert (found["Name"], found["Architecture"]) == (image.name, image.architecture)


def test_registered_image_keeps_its_architecture(account: Emulated) -> None:
    ec2 = account.client("ec2")
    image_id = ec2.register_image(Name="own", Architecture="arm64", RootDeviceName="/dev/xvda", VirtualizationType="hvm")["ImageId"]
    (found,) = ec2.describe_images(ImageIds=[image_id])["Images"]
    assert (found["Architecture"], found["RootDeviceName"], found["VirtualizationType"]) == ("arm64", "/dev/xvda", "hvm")


def test_access_entry_lives_and_dies(account: Emulated) -> None:
    eks = account.client("eks")
    eks.create_access_entry(clusterName="lab", principalArn=ROLE, type="EC2_LINUX")
    with pytest.raises(ClientError, match="ResourceInUseException"):
        eks.create_access_entry(clusterName="lab", principalArn=ROLE)
    assert eks.describe_access_entry(clusterName="lab", principalArn=ROLE)["accessEntry"]["kubernetesGroups"] == ["system:nodes"]
    assert eks.list_access_entries(clusterName="lab")["accessEntries"] == [ROLE]
    with pytest.raises(ClientError, match="cannot be set for an access entry of type EC2_LINUX"):
        eks.update_access_entry(clusterName="lab", principalArn=ROLE, kubernetesGroups=["admins"])
    eks.delete_access_entry(clusterName="lab", principalArn=ROLE)
    with pytest.raises(ClientError, match="principalArn could not be found"):
        eks.describe_access_entry(clusterName="lab", principalArn=ROLE)


def test_access_entry_wants_an_api_mode(account: Emulated) -> None:
    eks = account.client("eks")
    eks.update_cluster_config(name="lab", accessConfig={"authenticationMode": "CONFIG_MAP"})
    with pytest.raises(ClientError, match="authentication mode must be set to one of"):
        eks.create_access_entry(clusterName="lab", principalArn=ROLE)
    eks.update_cluster_config(name="lab", accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})


@pytest.fixture
def lab_dir(account: Emulated) -> Iterator[Path]:
    """Where the account's faults are set; none is left."""
    directory = account.emulator.state.directory
    yield directory
    faults.clear_fault(lab_dir=directory)


def test_fault_access_entry_hides_or_changes_the_entry_of_a_role(account: Emulated, lab_dir: Path) -> None:
    eks = account.client("eks")
    eks.create_access_entry(clusterName="lab", principalArn=ROLE, type="EC2_LINUX")
    faults.set_fault("access-entry", {"role": ROLE.rpartition("/")[2], "type": "STANDARD"}, lab_dir)
    assert eks.describe_access_entry(clusterName="lab", principalArn=ROLE)["accessEntry"]["type"] == "STANDARD"
    faults.set_fault("access-entry", {}, lab_dir)
    assert eks.list_access_entries(clusterName="lab")["accessEntries"] == []
    with pytest.raises(ClientError, match="principalArn could not be found"):
        eks.describe_access_entry(clusterName="lab", principalArn=ROLE)
    faults.set_fault("access-entry", {"role": "another"}, lab_dir)
    assert eks.describe_access_entry(clusterName="lab", principalArn=ROLE)["accessEntry"]["type"] == "EC2_LINUX"
    eks.delete_access_entry(clusterName="lab", principalArn=ROLE)


def test_fault_authentication_mode_is_what_the_cluster_says(account: Emulated, lab_dir: Path) -> None:
    eks = account.client("eks")
    faults.set_fault("authentication-mode", {}, lab_dir)
    assert eks.describe_cluster(name="lab")["cluster"]["accessConfig"]["authenticationMode"] == "CONFIG_MAP"
    faults.clear_fault("authentication-mode", lab_dir)
    assert eks.describe_cluster(name="lab")["cluster"]["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"


def test_fault_ami_variant_missing_hides_one_variant_of_one_release(account: Emulated, lab_dir: Path) -> None:
    ssm, path = account.client("ssm"), "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/{0}/{1}/image_id"
    release = "amazon-eks-node-al2023-x86_64-{0}-1.36-v20260910"
    faults.set_fault("ami-variant-missing", {"variant": "nvidia", "release": "v20260910"}, lab_dir)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=path.format("nvidia", release.format("nvidia")))
    for variant, name in (("nvidia", "recommended"), ("standard", release.format("standard"))):
        assert ssm.get_parameter(Name=path.format(variant, name))["Parameter"]["Value"].startswith("ami-")


def test_pod_identity_association_lives_and_dies(account: Emulated) -> None:
    eks = account.client("eks")
    made = eks.create_pod_identity_association(clusterName="lab", namespace="kube-system", serviceAccount="karpenter", roleArn=ROLE)
    one = {"clusterName": "lab", "associationId": made["association"]["associationId"]}
    with pytest.raises(ClientError, match=f"Association already exists: {one['associationId']}"):
        eks.create_pod_identity_association(clusterName="lab", namespace="kube-system", serviceAccount="karpenter", roleArn=ROLE)
    eks.update_pod_identity_association(**one, roleArn=f"{ROLE}-2")
    assert eks.describe_pod_identity_association(**one)["association"]["roleArn"] == f"{ROLE}-2"
    assert eks.list_pod_identity_associations(clusterName="lab", namespace="default")["associations"] == []
    eks.delete_pod_identity_association(**one)
    assert eks.list_pod_identity_associations(clusterName="lab")["associations"] == []


def test_addons_are_described(account: Emulated) -> None:
    eks = account.client("eks")
    assert eks.list_addons(clusterName="lab")["addons"] == ["eks-pod-identity-agent"]
    assert eks.describe_addon(clusterName="lab", addonName="eks-pod-identity-agent")["addon"]["status"] == "ACTIVE"
    with pytest.raises(ClientError, match="No addon: vpc-cni found in cluster: lab"):
        eks.describe_addon(clusterName="lab", addonName="vpc-cni")


def test_service_linked_role_is_made_once(account: Emulated) -> None:
    iam = account.client("iam")
    assert iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]["RoleName"] == "AWSServiceRoleForEC2Spot"
    with pytest.raises(ClientError, match=r"InvalidInput.*has been taken"):
        iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")


def test_caller_identity_is_told(account: Emulated) -> None:
    assert account.client("sts").get_caller_identity()["Account"] == account.facts["account_id"]


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("cloudformation", "list_stacks", "InvalidClientTokenId"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("sqs", "list_queues", "InvalidClientTokenId"),
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("eks", "list_clusters", "UnrecognizedClientException"),
        ("ssm", "describe_parameters", "UnrecognizedClientException"),
    ],
)
def test_refused_credentials_are_refused_by(account: Emulated, service: str, call: str, code: str) -> None:
    session = boto3.Session("AKIAREFUSEDEXAMPLEKEY", "a-secret-access-key-of-nobody", region_name=REGION)
    with pytest.raises(ClientError) as caught:
        getattr(session.client(service, endpoint_url=account.emulator.url), call)()
    assert caught.value.response["Error"]["Code"] == code
