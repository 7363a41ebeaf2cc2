"""Of modules/ec2_discovery_tags.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._discovery_tags import MARK
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.ec2_discovery_tags import ensure_tags
from botocore.stub import Stubber

KEY = "karpenter.sh/discovery"
PAIR = [{"Key": KEY, "Value": "demo"}, {"Key": MARK, "Value": "stack"}]


@pytest.fixture
def ec2():
    client = boto3.client("ec2", region_name="us-west-2", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    with Stubber(client) as stubber:
        client.stubber = stubber
        yield client
        stubber.assert_no_pending_responses()


def described(ec2, marked, tags):
    """``marked``: IDs with the mark; ``tags``: ID, key and value of every tag."""
    ec2.stubber.add_response("describe_tags", {"Tags": [{"ResourceId": each, "Key": MARK, "Value": "stack"} for each in marked]})
    ec2.stubber.add_response("describe_tags", {"Tags": [{"ResourceId": i, "Key": k, "Value": v} for i, k, v in tags]})


def parameters(*wanted):
    return {"resources": list(wanted), "key": KEY, "value": "demo", "owner": "stack"}


def test_ensure_tags_tags_all_at_once(ec2):
    described(ec2, [], [])
    ec2.stubber.add_response("create_tags", {}, {"Resources": ["subnet-1", "sg-1"], "Tags": PAIR})
    outcome = ensure_tags(ec2, parameters("subnet-1", "sg-1"), check_mode=False)
    assert (outcome["changed"], outcome["tagged"], outcome["untagged"]) == (True, ["subnet-1", "sg-1"], [])
    assert outcome["diff"] == {"before": {KEY: []}, "after": {KEY: ["sg-1", "subnet-1"]}}


def test_ensure_tags_takes_back_its_own(ec2):
    described(ec2, ["subnet-1"], [("subnet-1", KEY, "demo"), ("subnet-1", MARK, "stack")])
    ec2.stubber.add_response("delete_tags", {}, {"Resources": ["subnet-1"], "Tags": PAIR})
    assert ensure_tags(ec2, parameters(), check_mode=False)["untagged"] == ["subnet-1"]


def test_ensure_tags_in_check_mode_changes_nothing(ec2):
    described(ec2, [], [])
    assert ensure_tags(ec2, parameters("subnet-1"), check_mode=True)["changed"]


def test_ensure_tags_with_nothing_to_do(ec2):
    described(ec2, ["subnet-1"], [("subnet-1", KEY, "demo"), ("subnet-1", MARK, "stack")])
    assert not ensure_tags(ec2, parameters("subnet-1"), check_mode=False)["changed"]


def test_ensure_tags_of_another_cluster_is_refused_before_any_change(ec2):
    described(ec2, [], [("subnet-1", KEY, "other")])
    with pytest.raises(CollectionError, match=r"another cluster.*subnet-1 \(tagged for 'other'\).*eks_prerequisites_subnet_ids"):
        ensure_tags(ec2, parameters("subnet-1", "subnet-2"), check_mode=False)
