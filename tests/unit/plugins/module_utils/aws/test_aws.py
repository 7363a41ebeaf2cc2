"""Of module_utils/aws/_aws.py, with boto3's own clients and botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, explain, fetch
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError, UnauthorizedSSOTokenError
from botocore.stub import Stubber


@pytest.fixture
def eks():
    client = boto3.client("eks", region_name="us-west-2", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    with Stubber(client) as stubber:
        client.stubber = stubber
        yield client


def refusal(code, message="words of AWS"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "ListAddons")


def test_fetch_returns_every_page(eks):
    eks.stubber.add_response("list_addons", {"addons": ["a"], "nextToken": "more"}, {"clusterName": "demo"})
    eks.stubber.add_response("list_addons", {"addons": ["b"]}, {"clusterName": "demo", "nextToken": "more"})
    assert fetch(eks, "list_addons", clusterName="demo")["addons"] == ["a", "b"]


def test_fetch_names_action_and_region_of_a_refusal(eks):
    eks.stubber.add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found for name: demo.")
    with pytest.raises(AwsError) as caught:
        fetch(eks, "describe_cluster", name="demo")
    assert caught.value.code == "ResourceNotFoundException"
    assert caught.value.message == (
        "AWS refused eks:DescribeCluster in region 'us-west-2' (ResourceNotFoundException): No cluster found for name: demo. Correct what it names,"
        " and run this again."
    )


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "AuthFailure"])
def test_explain_refused_credentials_says_how_to_choose_others(code):
    message = explain(refusal(code), "eks:ListAddons", "us-west-2").message
    assert message.startswith(f"AWS refused the credentials in region 'us-west-2' ({code}) for eks:ListAddons: words of AWS.")
    assert "AWS_PROFILE" in message


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_explain_a_missing_right_names_the_action(code):
    message = explain(refusal(code), "eks:ListAddons", "us-west-2").message
    assert message == f"The AWS credentials lack the right to eks:ListAddons ({code}): words of AWS. Allow that action to them."


def test_explain_missing_credentials():
    error = explain(NoCredentialsError(), "iam:ListRoles", "us-west-2")
    assert error.message.startswith("There are no usable AWS credentials for iam:ListRoles: Unable to locate credentials.")
    assert error.code == ""


def test_explain_no_answer_names_what_to_check():
    error = explain(EndpointConnectionError(endpoint_url="https://eks.nowhere.amazonaws.com"), "eks:DescribeCluster", "nowhere")
    assert error.message.startswith("AWS gave no answer to eks:DescribeCluster in region 'nowhere': Could not connect")
    assert "eks_region" in error.message


def test_explain_anything_else_keeps_its_reason_on_one_line():
    error = explain(ParamValidationError(report="first\nsecond"), "eks:DescribeCluster", "us-west-2")
    assert error.message == (
        "eks:DescribeCluster in region 'us-west-2' could not be asked of AWS: Parameter validation failed: first second. Check AWS_ENDPOINT_URL"
        " and the proxies on the way, and run this again."
    )


def test_explain_credentials_of_a_single_sign_on_that_has_ended():
    error = explain(UnauthorizedSSOTokenError(), "eks:ListAddons", "us-west-2")
    assert error.message.startswith("There are no usable AWS credentials for eks:ListAddons: The SSO session")


def test_explain_what_boto3_asks_by_itself():
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized to perform sts:AssumeRole"}}, "AssumeRole")
    assert explain(denied, "eks:ListAddons", "us-west-2").message.startswith(
        "The AWS credentials lack the right to AssumeRole (needed before eks:ListAddons) (AccessDenied): not authorized"
    )
