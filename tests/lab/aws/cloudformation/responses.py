"""The CloudFormation requests that the lab answers itself."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from .backend import LabCloudFormationBackend


class LabCloudFormationResponse(CloudFormationResponse):
    """moto's requests, with those about stacks and change sets led to the lab's backend."""

    # moto turns its own change sets' fields around; the lab's come ready.
    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012  moto declares it on the instance
        path: transform
        for path, transform in CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
        if not path.startswith("DescribeChangeSetOutput")
    }

    @property
    def _lab(self) -> LabCloudFormationBackend:
        backend = cloudformation_backends[self.current_account][self.region]
        assert isinstance(backend, LabCloudFormationBackend)
        return backend

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        options = {
            "token": self._get_param("ClientRequestToken"),
            "disable_rollback": self._get_param("DisableRollback") or self._get_param("OnFailure") == "DO_NOTHING",
            "protected": self._get_param("EnableTerminationProtection"),
        }
        stack = self._lab.launch_stack(self._get_param("StackName"), self._body(None), self._given({}), self._tags() or {}, **options)
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        name = self._get_param("StackName")
        old = self._lab.describe_stacks(name)[0]
        token = self._get_param("ClientRequestToken")
        stack = self._lab.change_stack(name, self._body(old.template), self._given(old.stack_parameters), self._tags(), token)
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack."""
        self._lab.delete_stack(self._get_param("StackName"), self._get_param("ClientRequestToken"))
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        stack = self._lab.describe_stacks(self._get_param("StackName"))[0]
        stack.enable_termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet; of type UPDATE unless the request says otherwise, as AWS has it."""
        name, creates = self._get_param("StackName"), self._get_param("ChangeSetType", "UPDATE") == "CREATE"
        old = None if creates else self._lab.describe_stacks(name)[0]
        change_set = self._lab.propose(
            name,
            self._get_param("ChangeSetName"),
            self._body(old.template if old else None),
            self._given(old.stack_parameters if old else {}),
            creates=creates,
            tags=self._tags(),
            description=self._get_param("Description"),
        )
        return ActionResult({"Id": change_set.change_set_id, "StackId": change_set.stack_id})

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        change_set = self._lab.describe_change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        return ActionResult(change_set.as_response())

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet."""
        self._lab.delete_change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        return EmptyResult()

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets of one stack."""
        stack = self._lab.get_stack(self._get_param("StackName"))
        return ActionResult({"Summaries": [one.as_response() for one in self._lab.change_sets.values() if one.stack is stack]})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        stack, resource = self._lab.describe_stack_resource(self._get_param("StackName"), self._get_param("LogicalResourceId"))
        return ActionResult({"StackResourceDetail": _resource(stack, resource)})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources."""
        stack, resources = self._lab.describe_stack_resources(self._get_param("StackName"), self._get_param("LogicalResourceId"))
        return ActionResult({"StackResources": [_resource(stack, resource) for resource in resources]})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack, resources = self._lab.list_stack_resources(self._get_param("StackName"))
        return ActionResult({"StackResourceSummaries": [_resource(stack, resource) for resource in resources]})

    def _body(self, previous: Any) -> str:
        if self._get_param("UsePreviousTemplate") and previous:
            return str(previous)
        url = self._get_param("TemplateURL")
        body = self._get_stack_from_s3_url(url) if url else self._get_param("TemplateBody")
        if not body:
            raise ValidationError(message="Either Template URL or Template Body must be specified.")
        return str(body)

    def _given(self, previous: dict[str, Any]) -> dict[str, str]:
        given = self._get_param("Parameters", [])
        return {
            one["ParameterKey"]: previous[one["ParameterKey"]] if one.get("UsePreviousValue") else one["ParameterValue"] for one in given
        }

    def _tags(self) -> dict[str, str] | None:
        tags = self._get_param("Tags", [])
        return {tag["Key"]: tag["Value"] for tag in tags} if tags else None


def _resource(stack: Any, resource: Any) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": resource.kind,
        "ResourceStatus": resource.status,
        "Timestamp": stack.creation_time,
        "LastUpdatedTimestamp": stack.creation_time,
    }
