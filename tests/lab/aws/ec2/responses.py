"""The EC2 requests that the lab answers itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from ..faults import NODE_CLASS_TAG, default_message, fleet_faults, request_refusal


def refusable(action: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    """``action``, refused while a fault of its name is set."""

    def answer(self: LabEC2Response) -> ActionResult:
        code, message = request_refusal(action.__name__, node_class_of(self.params))
        if code:
            raise EC2ClientError(code, message)
        return action(self)

    answer.__name__ = action.__name__
    return answer


def node_class_of(request: dict[str, Any]) -> str:
    """The EC2NodeClass that a request of Karpenter's is for, by its tags; empty when they do not say."""
    tags = [tag for each in request.get("TagSpecifications") or [] for tag in each.get("Tags") or []]
    return next((tag["Value"] for tag in tags if tag["Key"] == NODE_CLASS_TAG), "")


class LabEC2Response(EC2Response):
    """moto's requests, with faults on demand and whole images and fleets."""

    run_instances = refusable(EC2Response.run_instances)
    create_launch_template = refusable(EC2Response.create_launch_template)
    terminate_instances = refusable(EC2Response.terminate_instances)
    describe_images = refusable(EC2Response.describe_images)
    describe_instances = refusable(EC2Response.describe_instances)
    describe_subnets = refusable(EC2Response.describe_subnets)

    def register_image(self) -> ActionResult:
        """RegisterImage, keeping the architecture."""
        answer = super().register_image()
        image: Any = answer.result
        self.ec2_backend.complete_image(image["ImageId"], self.params)
        return answer

    @refusable
    def create_fleet(self) -> ActionResult:
        """CreateFleet; the fault ``create_fleet`` refuses it whole or by override."""
        faults = fleet_faults(node_class_of(self.params))
        for fault in faults:
            if fault.whole:
                raise EC2ClientError(fault.error_code, fault.message or default_message(fault.error_code, {}))
        if self._get_param("Type") != "instant":
            return super().create_fleet()
        self.error_on_dryrun()
        fleet = self.ec2_backend.launch_fleet(self.params, faults)
        return ActionResult({"FleetId": fleet.id, "Instances": fleet.instances, "Errors": fleet.refused})
