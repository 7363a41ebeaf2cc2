"""What a cluster has left in the emulated account, looked for without the collection: so that its own proof is held against another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3

from tests.lab.state import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, CLUSTER_NAME, REGION, State

LIVE = ("pending", "running", "stopping", "stopped")
OWNED = {"Key": f"kubernetes.io/cluster/{CLUSTER_NAME}", "Value": "owned"}
OF_CLUSTER = {"Key": "eks:eks-cluster-name", "Value": CLUSTER_NAME}


def client(service: str) -> Any:
    """boto3's client of the lab's account."""
    session = boto3.Session(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, region_name=REGION)
    return session.client(service, endpoint_url=State.load().aws_endpoint)


def profiles() -> list[str]:
    """Names of the instance profiles that Karpenter made for the cluster: all are listed, and told by their paths here."""
    path = f"/karpenter/{REGION}/{CLUSTER_NAME}/"
    return [
        each["InstanceProfileName"] for each in client("iam").list_instance_profiles()["InstanceProfiles"] if each["Path"].startswith(path)
    ]


def left() -> list[str]:
    """Everything of the cluster's: instances, volumes, launch templates, profiles, its queue, rules with targets there, its stack and roles."""
    return list(_left())


def _left() -> Iterator[str]:
    ec2 = client("ec2")
    for reservation in ec2.describe_instances()["Reservations"]:
        instances = reservation["Instances"]
        yield from (each["InstanceId"] for each in instances if each["State"]["Name"] in LIVE and OWNED in each.get("Tags", ()))
    yield from (each["VolumeId"] for each in ec2.describe_volumes()["Volumes"] if OWNED in each.get("Tags", ()))
    templates = ec2.describe_launch_templates()["LaunchTemplates"]
    yield from (each["LaunchTemplateName"] for each in templates if OF_CLUSTER in each.get("Tags", ()))
    yield from profiles()
    yield from client("sqs").list_queues(QueueNamePrefix=CLUSTER_NAME).get("QueueUrls", ())
    events = client("events")
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        yield from (rule["Name"] for target in targets if target["Arn"].endswith(f":{CLUSTER_NAME}"))
    for stack in client("cloudformation").describe_stacks()["Stacks"]:
        if CLUSTER_NAME in stack["StackName"] and stack["StackStatus"] != "DELETE_COMPLETE":
            yield stack["StackName"]
    for role in client("iam").list_roles()["Roles"]:
        if role["RoleName"] in (f"KarpenterNodeRole-{CLUSTER_NAME}", f"KarpenterController-{CLUSTER_NAME}"):
            yield role["RoleName"]
