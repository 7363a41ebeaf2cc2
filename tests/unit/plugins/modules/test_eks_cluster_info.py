"""Of modules/eks_cluster_info.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.eks_cluster_info import (
    read_access_entry,
    read_cluster,
    read_oidc_provider,
)
from botocore.stub import Stubber

NOT_FOUND = ("describe_cluster", "ResourceNotFoundException", "No cluster found for name: nowhere.")


@pytest.fixture
def eks():
    client = boto3.client("eks", region_name="us-west-2", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    with Stubber(client) as stubber:
        client.stubber = stubber
        yield client


def test_read_cluster_unknown_names_those_that_there_are(eks):
    eks.stubber.add_client_error(*NOT_FOUND)
    eks.stubber.add_response("list_clusters", {"clusters": ["production", "demo"]})
    with pytest.raises(CollectionError) as caught:
        read_cluster(eks, None, "nowhere", must_exist=True)
    assert caught.value.message == (
        "There is no EKS cluster 'nowhere' (option name) in region 'us-west-2' (option region). The clusters there: demo, production."
        " Correct eks_cluster_name or eks_region, or use the credentials of the account that has it."
    )


def test_read_cluster_unknown_without_the_right_to_list(eks):
    eks.stubber.add_client_error(*NOT_FOUND)
    eks.stubber.add_client_error("list_clusters", "AccessDeniedException", "no")
    with pytest.raises(CollectionError, match="No cluster could be seen there"):
        read_cluster(eks, None, "nowhere", must_exist=True)


def test_read_cluster_unknown_that_need_not_exist(eks):
    eks.stubber.add_client_error(*NOT_FOUND)
    assert read_cluster(eks, None, "nowhere", must_exist=False) is None


def test_read_cluster_refused_is_no_unknown_cluster(eks):
    eks.stubber.add_client_error("describe_cluster", "AccessDeniedException", "User is not authorized")
    with pytest.raises(CollectionError, match="lack the right to eks:DescribeCluster"):
        read_cluster(eks, None, "demo", must_exist=False)


CLUSTER = {
    "name": "demo",
    "arn": "arn:aws-cn:eks:cn-north-1:111122223333:cluster/demo",
    "authentication_mode": "API",
    "oidc_issuer": "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLE",
}
ROLE = {"clusterName": "demo", "principalArn": "arn:aws-cn:iam::111122223333:role/nodes"}
PROVIDER = "arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLE"


@pytest.fixture
def iam():
    client = boto3.client("iam", region_name="cn-north-1", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    with Stubber(client) as stubber:
        client.stubber = stubber
        yield client


def test_access_entry_of_the_node_role(eks):
    entry = {"type": "STANDARD", "username": "somebody", "kubernetesGroups": ["viewers"]}
    eks.stubber.add_response("describe_access_entry", {"accessEntry": entry}, ROLE)
    assert read_access_entry(eks, CLUSTER, "nodes") == {"type": "STANDARD", "username": "somebody", "kubernetes_groups": ["viewers"]}


def test_access_entry_that_is_not_there(eks):
    eks.stubber.add_client_error("describe_access_entry", "ResourceNotFoundException", "The specified principalArn could not be found.")
    assert read_access_entry(eks, CLUSTER, "nodes") is None


def test_access_entry_that_may_not_be_read_is_not_one_that_is_not_there(eks):
    eks.stubber.add_client_error("describe_access_entry", "AccessDeniedException", "no")
    with pytest.raises(CollectionError, match="lack the right to eks:DescribeAccessEntry"):
        read_access_entry(eks, CLUSTER, "nodes")


@pytest.mark.parametrize(("mode", "role"), [("CONFIG_MAP", "nodes"), ("API", None)])
def test_access_entry_is_not_asked_for_where_there_can_be_none(eks, mode, role):
    """EKS refuses the question in mode CONFIG_MAP; the stub refuses every request."""
    assert read_access_entry(eks, {**CLUSTER, "authentication_mode": mode}, role) is None


def test_oidc_provider_is_named_without_https(iam):
    iam.stubber.add_response(
        "get_open_id_connect_provider", {"ClientIDList": ["sts.amazonaws.com"]}, {"OpenIDConnectProviderArn": PROVIDER}
    )
    assert read_oidc_provider(iam, CLUSTER) == {"arn": PROVIDER, "audiences": ["sts.amazonaws.com"]}


def test_oidc_provider_that_iam_does_not_have(iam):
    iam.stubber.add_client_error("get_open_id_connect_provider", "NoSuchEntity", "OpenIDConnect Provider not found")
    assert read_oidc_provider(iam, CLUSTER) is None


def test_oidc_provider_of_a_cluster_without_issuer_is_not_asked_for(iam):
    assert read_oidc_provider(iam, {**CLUSTER, "oidc_issuer": None}) is None
