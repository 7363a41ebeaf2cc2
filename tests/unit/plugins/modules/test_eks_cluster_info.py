"""Of modules/eks_cluster_info.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.eks_cluster_info import read_cluster
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
