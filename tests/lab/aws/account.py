"""What a user's account holds before this collection runs: a VPC, an EKS cluster, and the AMIs that AWS publishes."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.ssm.models import Parameter, ssm_backends

from tests.lab import cluster
from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION, State

from .ec2.backend import lab_ec2
from .ec2.images import KUBERNETES_VERSION, eks_images
from .eks.backend import lab_eks

ZONES = "abcd"
NETWORK = "10.20.0.0/16"
SUBNET = "10.20.{}.0/20"
PUBLIC_SUBNET = "10.20.240.0/24"
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "eks.amazonaws.com"}}]}'
)
POD_IDENTITY_ADDON = ("eks-pod-identity-agent", "v1.3.10-eksbuild.1")


@dataclass(frozen=True)
class ClusterRequest:
    """The cluster to have.

    Attributes:
        name: of the cluster.
        endpoint: the API server's URL.
        certificate_authority: base64 of the cluster's CA certificate.
        service_cidr: of the services.
        authentication_mode: ``API``, ``API_AND_CONFIG_MAP`` or ``CONFIG_MAP``.
        version: of Kubernetes, ``major.minor``.
    """

    name: str = "lab"
    endpoint: str = "https://127.0.0.1:6443"
    certificate_authority: str = ""
    service_cidr: str = "10.96.0.0/12"
    authentication_mode: str = "API_AND_CONFIG_MAP"
    version: str = KUBERNETES_VERSION


def prepare(state: State, authentication_mode: str = "API_AND_CONFIG_MAP") -> dict[str, Any]:
    """Make the account around the control plane of ``state``; the facts about it, by name."""
    request = ClusterRequest(
        name=CLUSTER_NAME,
        endpoint=cluster.endpoint(state),
        certificate_authority=base64.b64encode(cluster.ca_file(state).read_bytes()).decode(),
        authentication_mode=authentication_mode,
    )
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    return make_account(session, state.aws_endpoint, request)


def make_account(session: boto3.Session, endpoint_url: str, request: ClusterRequest) -> dict[str, Any]:
    """Make the account of a user with an EKS cluster; once, in a fresh emulator of this process.

    Args:
        session: with the lab's credentials and region.
        endpoint_url: of the emulator.
        request: the cluster.

    Returns:
        account_id, region, cluster_name, cluster_arn, vpc_id, subnet_ids, security_group_id.
    """
    publish_images(session.region_name)
    ec2 = session.client("ec2", endpoint_url=endpoint_url)
    vpc_id = ec2.create_vpc(CidrBlock=NETWORK, TagSpecifications=_named("vpc", f"{request.name}-vpc"))["Vpc"]["VpcId"]
    subnet_ids = [_subnet(ec2, vpc_id, request.name, session.region_name, index) for index in range(len(ZONES))]
    _way_out(ec2, vpc_id, request.name, session.region_name)
    group_id = _cluster_security_group(ec2, vpc_id, request.name)
    return {
        "account_id": DEFAULT_ACCOUNT_ID,
        "region": session.region_name,
        "cluster_name": request.name,
        "cluster_arn": _cluster(session, endpoint_url, request, subnet_ids, group_id),
        "vpc_id": vpc_id,
        "subnet_ids": subnet_ids,
        "security_group_id": group_id,
    }


class PublicParameter(Parameter):
    """A parameter that AWS itself publishes."""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return False

    def is_created(self) -> bool:
        return True


def publish_images(region: str) -> None:
    """Have EKS' AMIs and the SSM parameters that name them; only Amazon can put either, so moto's objects are used."""
    parameters = ssm_backends[DEFAULT_ACCOUNT_ID][region]._parameters
    for image in eks_images():
        lab_ec2(DEFAULT_ACCOUNT_ID, region).publish(image)
        for name in image.parameters:
            parameters[name].append(
                PublicParameter(DEFAULT_ACCOUNT_ID, name, image.image_id, "String", None, None, None, utcnow(), 1, "text")
            )


def _subnet(ec2: Any, vpc_id: str, cluster: str, region: str, index: int) -> str:
    zone = f"{region}{ZONES[index]}"
    subnet = ec2.create_subnet(
        VpcId=vpc_id,
        CidrBlock=SUBNET.format(index * 16),
        AvailabilityZone=zone,
        TagSpecifications=_named("subnet", f"{cluster}-private-{zone}"),
    )
    return str(subnet["Subnet"]["SubnetId"])


def _way_out(ec2: Any, vpc_id: str, cluster: str, region: str) -> None:
    """A NAT gateway in a public subnet, where the routes of the private ones lead."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    name = _named("subnet", f"{cluster}-public-{region}a")
    public = ec2.create_subnet(VpcId=vpc_id, CidrBlock=PUBLIC_SUBNET, AvailabilityZone=f"{region}a", TagSpecifications=name)
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=public["Subnet"]["SubnetId"])
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public["Subnet"]["SubnetId"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
    (main,) = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)


def _cluster_security_group(ec2: Any, vpc_id: str, cluster: str) -> str:
    """The group that EKS makes for a cluster, with the tags that EKS gives it."""
    tags = {"Name": f"eks-cluster-sg-{cluster}-1", f"kubernetes.io/cluster/{cluster}": "owned", "aws:eks:cluster-name": cluster}
    group_id = ec2.create_security_group(
        GroupName=f"eks-cluster-sg-{cluster}-1",
        Description="EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
        VpcId=vpc_id,
    )["GroupId"]
    group = lab_ec2(DEFAULT_ACCOUNT_ID, ec2.meta.region_name).get_security_group_from_id(group_id)
    assert group is not None
    group.add_tags(tags)  # CreateTags refuses the prefix aws: from a user, as AWS does
    return str(group_id)


def _cluster(session: boto3.Session, endpoint_url: str, request: ClusterRequest, subnet_ids: list[str], group_id: str) -> str:
    iam, eks = (session.client(service, endpoint_url=endpoint_url) for service in ("iam", "eks"))
    role = iam.create_role(RoleName=f"{request.name}-cluster", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    made = eks.create_cluster(
        name=request.name,
        version=request.version,
        roleArn=role,
        resourcesVpcConfig={"subnetIds": subnet_ids},
        kubernetesNetworkConfig={"serviceIpv4Cidr": request.service_cidr, "ipFamily": "ipv4"},
        accessConfig={"authenticationMode": request.authentication_mode},
    )["cluster"]
    eks_cluster = lab_eks(DEFAULT_ACCOUNT_ID, session.region_name).configure(request.name, access=None, security_group=group_id)
    eks_cluster.endpoint = request.endpoint
    eks_cluster.certificate_authority = {"data": request.certificate_authority}
    eks.create_addon(clusterName=request.name, addonName=POD_IDENTITY_ADDON[0], addonVersion=POD_IDENTITY_ADDON[1])
    return str(made["arn"])


def _named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]
