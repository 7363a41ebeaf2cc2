# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of modules/cluster_leftovers_info.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._leftovers import Scope
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules import cluster_leftovers_info
from ansible_collections.accelerated.nodes.plugins.modules.cluster_leftovers_info import SERVICES, look, look_until, prerequisites
from botocore.stub import ANY, Stubber

SCOPE = Scope("demo", "cn-north-1", "KarpenterNodeRole-demo", "demo", "accelerated-nodes-demo")
CALLER = {"Arn": "arn:aws-cn:sts::123456789012:assumed-role/ops/me", "Account": "123456789012"}
QUEUE_ARN = "arn:aws-cn:sqs:cn-north-1:123456789012:demo"
NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture
def clients():
    keys = {"region_name": "cn-north-1", "aws_access_key_id": "key-of-a-test", "aws_secret_access_key": "secret-of-a-test"}
    found = {service: boto3.client(service, **keys) for service in SERVICES}
    with contextlib.ExitStack() as stack:
        for client in found.values():
            client.stubber = stack.enter_context(Stubber(client))
        yield found
        for client in found.values():
            client.stubber.assert_no_pending_responses()


def answer(clients, reservations=(), queue=False, rules=(), stack=""):
    """What an account answers once."""
    clients["ec2"].stubber.add_response("describe_instances", {"Reservations": list(reservations)}, {"Filters": ANY})
    clients["ec2"].stubber.add_response("describe_volumes", {"Volumes": []}, {"Filters": ANY})
    clients["ec2"].stubber.add_response("describe_launch_templates", {"LaunchTemplates": []}, {"Filters": ANY})
    path = {"PathPrefix": "/karpenter/cn-north-1/demo/"}
    clients["iam"].stubber.add_response("list_instance_profiles", {"InstanceProfiles": [], "IsTruncated": False}, path)
    clients["iam"].stubber.add_client_error("list_instance_profiles_for_role", "NoSuchEntity", "no such role")
    if queue:
        clients["sqs"].stubber.add_response("get_queue_url", {"QueueUrl": "https://sqs/demo"}, {"QueueName": "demo"})
    else:
        clients["sqs"].stubber.add_client_error("get_queue_url", NO_QUEUE, "no such queue")
    clients["sts"].stubber.add_response("get_caller_identity", CALLER)
    clients["events"].stubber.add_response("list_rule_names_by_target", {"RuleNames": list(rules)}, {"TargetArn": QUEUE_ARN})
    if stack:
        described = {"Stacks": [{"StackName": SCOPE.stack, "StackStatus": stack, "CreationTime": "2026-01-01T00:00:00Z"}]}
        clients["cloudformation"].stubber.add_response("describe_stacks", described, {"StackName": SCOPE.stack})
    else:
        clients["cloudformation"].stubber.add_client_error("describe_stacks", "ValidationError", "does not exist")


def kinds(result):
    return [each["kind"] for each in result["leftovers"]]


def test_nothing_is_left(clients):
    answer(clients)
    assert look(clients, SCOPE)["summary"] == "Nothing is left of cluster 'demo' in cn-north-1."


def test_queue_rules_and_stack_are_found_without_each_other(clients):
    answer(clients, queue=True, rules=["demo-spot"], stack="DELETE_FAILED")
    result = look(clients, SCOPE)
    assert kinds(result) == ["queue", "rule", "stack"]
    assert "stack accelerated-nodes-demo (DELETE_FAILED)" in result["summary"]


def test_a_stack_that_was_deleted_is_not_left(clients):
    answer(clients, stack="DELETE_COMPLETE")
    assert kinds(look(clients, SCOPE)) == []


def test_what_may_not_be_looked_for_does_not_count_as_gone(clients):
    clients["ec2"].stubber.add_client_error("describe_instances", "UnauthorizedOperation", "no")
    with pytest.raises(CollectionError, match="lack the right to ec2:DescribeInstances"):
        look(clients, SCOPE)


@pytest.mark.parametrize("code", ["AccessDenied", "RequestThrottled"])
def test_a_queue_that_may_not_be_asked_for_does_not_count_as_gone(clients, code):
    clients["sqs"].stubber.add_client_error("get_queue_url", code, "no")
    with pytest.raises(CollectionError, match="sqs:GetQueueUrl"):
        list(prerequisites(clients, SCOPE))


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    # In place of the module's own reference: threads of other tests live by the real one.
    stand_in = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(cluster_leftovers_info, "time", stand_in)
    return now


def test_what_is_on_its_way_out_is_waited_for(clients, clock):
    answer(clients, queue=True)
    answer(clients)
    assert kinds(look_until(clients, SCOPE, 90)) == []
    assert clock == [cluster_leftovers_info.PAUSE]


def test_what_blocks_is_not_waited_for(clients, clock):
    answer(clients, reservations=[{"Instances": [{"InstanceId": "i-1"}]}], queue=True)
    assert kinds(look_until(clients, SCOPE, 90)) == ["instance", "queue"]
    assert clock == [0.0]


def test_the_wait_ends_with_its_time(clients, clock):
    for _again in range(2):
        answer(clients, queue=True)
    assert kinds(look_until(clients, SCOPE, 1.5 * cluster_leftovers_info.PAUSE)) == ["queue"]
