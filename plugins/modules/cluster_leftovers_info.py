#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_leftovers_info
version_added: 0.1.0
short_description: Find what is left of a cluster's Karpenter in an AWS account
description:
  - Looks for instances and volumes that Karpenter launched for a cluster, for its launch templates and instance profiles, and for the stack,
    the queue and the EventBridge rules that the role P(accelerated.nodes.eks_prerequisites#role) made; by tags, paths and names, so that it finds
    them without a cluster, without Karpenter and without the stack.
  - Says of each what it is, where, whether it is billed, and the command that removes it. Removes nothing.
  - Needs the rights C(ec2:DescribeInstances), C(ec2:DescribeVolumes), C(ec2:DescribeLaunchTemplates), C(iam:ListInstanceProfiles),
    C(iam:ListInstanceProfilesForRole), C(sqs:GetQueueUrl), C(events:ListRuleNamesByTarget), C(sts:GetCallerIdentity) and
    C(cloudformation:DescribeStacks).
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  cluster_name:
    description: Name of the cluster, which may be gone.
    type: str
    required: true
  node_role_name:
    description: Name of the nodes' IAM role. A profile of somebody else that holds it keeps it from being deleted.
    type: str
    required: true
  queue_name:
    description: Name of the interruption queue.
    type: str
    required: true
  stack_name:
    description: Name of the CloudFormation stack.
    type: str
    required: true
  wait_timeout:
    description:
      - Seconds in which to look again while all that is left may be on its way out. A queue is still named for a minute after it was deleted.
      - It does not wait for what blocks, RV(leftovers[].blocks), as nothing removes that by itself.
    type: int
    default: 0
extends_documentation_fragment:
  - accelerated.nodes.options.looks_at_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: accelerated.nodes.eks_cluster_info
"""

EXAMPLES = r"""
- name: Look for what a cluster has left behind
  accelerated.nodes.cluster_leftovers_info:
    cluster_name: production
    node_role_name: KarpenterNodeRole-production
    queue_name: production
    stack_name: accelerated-nodes-production
    region: us-west-2
  register: left

- name: Fail while anything is left
  ansible.builtin.assert:
    that: left.leftovers | length == 0
    fail_msg: "{{ left.summary }}"
"""

RETURN = r"""
leftovers:
  description: What is left; instances first.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: >-
        C(instance), C(volume), C(launch template), C(instance profile), C(instance profile of somebody else), C(queue), C(rule) or C(stack).
      type: str
      sample: instance
    id:
      description: Its ID, name or URL.
      type: str
      sample: i-0a1b2c3d4e5f67890
    detail:
      description: What helps to know it again.
      type: str
      sample: g5.xlarge, running, node pool gpu
    where:
      description: Its region, or C(IAM).
      type: str
      sample: us-west-2
    billed:
      description: Whether it costs money as long as it is there.
      type: bool
      sample: true
    blocks:
      description: Whether the role P(accelerated.nodes.eks_prerequisites#role) leaves its removal to Karpenter or to a person.
      type: bool
      sample: true
    next_step:
      description: The command that removes it.
      type: str
      sample: aws ec2 terminate-instances --region us-west-2 --instance-ids i-0a1b2c3d4e5f67890
counts:
  description: How many there are of each kind.
  returned: success
  type: dict
  sample: {"instance": 1, "launch template": 0}
summary:
  description: All of it in one sentence.
  returned: success
  type: str
  sample: Nothing is left of cluster 'production' in us-west-2.
"""

import time

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import fetch, fetch_or_none
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._leftovers import (
    LIVE,
    VOLUMES,
    Scope,
    instance_profiles,
    instances,
    launch_templates,
    leftover,
    report,
    volumes,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

NAMES = ("cluster_name", "node_role_name", "queue_name", "stack_name")
ARGUMENTS = {**{option: {"type": "str", "required": True} for option in NAMES}, "wait_timeout": {"type": "int", "default": 0}}
PAUSE = 5
SERVICES = ("ec2", "iam", "sqs", "events", "sts", "cloudformation")
# What services call a thing that is not there.
NO_QUEUE = frozenset(("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"))
NO_ROLE = frozenset(("NoSuchEntity",))
NO_STACK = frozenset(("ValidationError",))


def look_until(clients: dict, scope: Scope, seconds: float) -> dict:
    """The result once nothing is left, or only what stays, or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        result = look(clients, scope)
        goes = result["leftovers"] and not any(each["blocks"] for each in result["leftovers"])
        if not goes or time.monotonic() + PAUSE > deadline:
            return result
        time.sleep(PAUSE)


def look(clients: dict, scope: Scope) -> dict:
    """The module's result.

    :param clients: a boto3 client for each of ``SERVICES``.
    :raises CollectionError: AWS refuses or gives no answer; nothing that could not be looked for counts as gone.
    """
    return report([*launched(clients["ec2"], scope), *profiles(clients["iam"], scope), *prerequisites(clients, scope)], scope)


def launched(ec2, scope: Scope):
    """What Karpenter made in EC2."""
    live = {"Name": "instance-state-name", "Values": list(LIVE)}
    yield from instances(fetch(ec2, "describe_instances", Filters=[*scope.launched, live]).get("Reservations", []), scope)
    there = {"Name": "status", "Values": list(VOLUMES)}
    yield from volumes(fetch(ec2, "describe_volumes", Filters=[*scope.launched, there]).get("Volumes", []), scope)
    yield from launch_templates(fetch(ec2, "describe_launch_templates", Filters=scope.templates).get("LaunchTemplates", []), scope)


def profiles(iam, scope: Scope):
    """Instance profiles: Karpenter's for the cluster, and those of others that hold its node role."""
    own = fetch(iam, "list_instance_profiles", PathPrefix=scope.profile_path).get("InstanceProfiles", [])
    of_role = (fetch_or_none(iam, "list_instance_profiles_for_role", NO_ROLE, RoleName=scope.node_role) or {}).get("InstanceProfiles", [])
    yield from instance_profiles(own, of_role, scope)


def prerequisites(clients: dict, scope: Scope):
    """What the stack made; looked for without it, as a stack may be deleted and leave things behind."""
    queue = fetch_or_none(clients["sqs"], "get_queue_url", NO_QUEUE, QueueName=scope.queue)
    if queue:
        yield leftover("queue", queue["QueueUrl"], scope)
    rules = fetch(clients["events"], "list_rule_names_by_target", TargetArn=queue_arn(clients["sts"], scope)).get("RuleNames", [])
    for rule in rules:
        yield leftover("rule", rule, scope, f"sends to queue {scope.queue}")
    stacks = (fetch_or_none(clients["cloudformation"], "describe_stacks", NO_STACK, StackName=scope.stack) or {}).get("Stacks", [])
    for stack in stacks:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield leftover("stack", stack["StackName"], scope, stack["StackStatus"])


def queue_arn(sts, scope: Scope) -> str:
    """The ARN that the queue has, or had."""
    caller = fetch(sts, "get_caller_identity")
    return f"arn:{caller['Arn'].split(':')[1]}:sqs:{scope.region}:{caller['Account']}:{scope.queue}"


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        clients = {service: module.client(service) for service in SERVICES}
        region = clients["ec2"].meta.region_name
        scope = Scope(params["cluster_name"], region, params["node_role_name"], params["queue_name"], params["stack_name"])
        outcome = look_until(clients, scope, params["wait_timeout"])
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(changed=False, **outcome)


if __name__ == "__main__":
    main()
