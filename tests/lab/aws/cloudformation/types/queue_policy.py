"""AWS::SQS::QueuePolicy: the policy attribute of the queues it names."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from moto.sqs.models import Queue, sqs_backends

from .policy_text import policy_text


class QueuePolicy(CloudFormationModel):
    """One policy on queues.

    Args:
        name: the physical id.
        urls: of the queues.
        document: the policy as JSON text.
        queues: the region's queues by name.
    """

    def __init__(self, name: str, urls: list[str], document: str, queues: dict[str, Queue]) -> None:
        self.physical_resource_id = name
        self._queues = queues
        self.urls: list[str] = []
        self.put(urls, document)

    def put(self, urls: list[str], document: str) -> None:
        """Set the policy on ``urls`` and take it off the queues that are no longer named."""
        for url in set(self.urls) - set(urls):
            self._take_off(url)
        for url in urls:
            self._queue(url)._set_attributes({"Policy": document})
        self.urls = list(urls)

    def delete(self, account_id: str, region_name: str) -> None:
        """Take the policy off its queues; those that are gone need nothing."""
        for url in self.urls:
            self._take_off(url)

    def _take_off(self, url: str) -> None:
        queue = self._queues.get(url.rsplit("/", 1)[-1])
        if queue is not None:
            queue.policy = None
            queue._policy_json = {}

    def _queue(self, url: str) -> Queue:
        queue = self._queues.get(url.rsplit("/", 1)[-1])
        if queue is None:
            raise ServiceException("AWS.SimpleQueueService.NonExistentQueue", f"The specified queue does not exist: {url}")
        return queue

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SQS::QueuePolicy"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Id"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """``Id`` is the only one."""
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> QueuePolicy:
        properties = cloudformation_json["Properties"]
        queues = sqs_backends[account_id][region_name].queues
        return cls(resource_name, properties["Queues"], policy_text(properties["PolicyDocument"]), queues)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: QueuePolicy, new_resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> QueuePolicy:
        properties = cloudformation_json["Properties"]
        original_resource.put(properties["Queues"], policy_text(properties["PolicyDocument"]))
        return original_resource
