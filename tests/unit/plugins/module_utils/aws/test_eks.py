"""Of module_utils/aws/_eks.py. Shapes as in the API references of EKS DescribeCluster and EC2 DescribeRouteTables."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._eks import cluster_facts, is_public, subnet_facts

SUBNETS = [
    {
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "AvailabilityZone": "us-west-2a",
        "Tags": [{"Key": "kubernetes.io/role/internal-elb", "Value": "1"}],
    }
]
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
INTERNET = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}


def table(*routes, subnet=None, main=False):
    association = {"SubnetId": subnet} if subnet else {"Main": main}
    return {"Associations": [association], "Routes": list(routes)}


def test_is_public_by_its_own_route_to_an_internet_gateway():
    assert is_public("subnet-1", [table(LOCAL, INTERNET, subnet="subnet-1")])


def test_is_public_not_by_a_nat_gateway():
    assert not is_public("subnet-1", [table(LOCAL, NAT, subnet="subnet-1")])


def test_is_public_by_the_main_table_without_one_of_its_own():
    assert is_public("subnet-1", [table(LOCAL, INTERNET, main=True)])


def test_is_public_not_by_the_main_table_where_it_has_its_own():
    assert not is_public("subnet-1", [table(LOCAL, INTERNET, main=True), table(LOCAL, NAT, subnet="subnet-1")])


def test_is_public_not_by_another_subnets_table():
    assert not is_public("subnet-1", [table(LOCAL, INTERNET, subnet="subnet-2")])


def test_subnet_facts_without_tags():
    assert subnet_facts({"SubnetId": "subnet-1"}, []) == {"subnet_id": "subnet-1", "availability_zone": None, "public": False, "tags": {}}


def test_cluster_facts_of_a_whole_answer():
    cluster = {
        "name": "demo",
        "arn": "arn:aws:eks:us-west-2:123456789012:cluster/demo",
        "status": "ACTIVE",
        "version": "1.36",
        "endpoint": "https://example",
        "accessConfig": {"authenticationMode": "API"},
        "identity": {"oidc": {"issuer": "https://issuer"}},
        "resourcesVpcConfig": {"securityGroupIds": ["sg-2"], "clusterSecurityGroupId": "sg-1"},
    }
    facts = cluster_facts(cluster, ["vpc-cni", "eks-pod-identity-agent"], SUBNETS, [])
    assert facts == {
        "name": "demo",
        "arn": "arn:aws:eks:us-west-2:123456789012:cluster/demo",
        "status": "ACTIVE",
        "version": "1.36",
        "endpoint": "https://example",
        "authentication_mode": "API",
        "oidc_issuer": "https://issuer",
        "auto_mode": False,
        "vpc_id": "vpc-1",
        "subnets": [
            {
                "subnet_id": "subnet-1",
                "availability_zone": "us-west-2a",
                "public": False,
                "tags": {"kubernetes.io/role/internal-elb": "1"},
            }
        ],
        "security_group_ids": ["sg-2"],
        "cluster_security_group_id": "sg-1",
        "addons": ["eks-pod-identity-agent", "vpc-cni"],
        "pod_identity_agent": True,
    }


def test_cluster_facts_of_a_cluster_older_than_access_entries():
    assert cluster_facts({"name": "old"}, [], SUBNETS, [])["authentication_mode"] == "CONFIG_MAP"


def test_cluster_facts_without_the_agent():
    assert not cluster_facts({"name": "demo"}, ["vpc-cni"], SUBNETS, [])["pod_identity_agent"]


def test_cluster_facts_of_auto_mode_has_the_agent_built_in():
    facts = cluster_facts({"name": "auto", "computeConfig": {"enabled": True}}, [], SUBNETS, [])
    assert (facts["auto_mode"], facts["pod_identity_agent"]) == (True, True)
