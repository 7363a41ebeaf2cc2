"""AWS::SQS::Queue whose updates reach every attribute."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.sqs.models import Queue, sqs_backends

NOT_ATTRIBUTES = ("QueueName", "Tags", "FifoQueue")


class LabQueue(Queue, CloudFormationModel):
    """Changes moto's queues."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Queue:
        properties = {key: value for key, value in cloudformation_json["Properties"].items() if key != "QueueName"}
        return Queue.create_from_cloudformation_json(resource_name, {"Properties": properties}, account_id, region_name, **kwargs)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Queue, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Queue:
        properties = cloudformation_json["Properties"]
        attributes = {key: str(value) for key, value in properties.items() if key not in NOT_ATTRIBUTES}
        backend = sqs_backends[account_id][region_name]
        backend.set_queue_attributes(original_resource.name, attributes)
        original_resource.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return original_resource
