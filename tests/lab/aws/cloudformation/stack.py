"""A stack that creates in dependency order, rolls back what failed, and deletes backwards, as AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Event, Stack
from moto.cloudformation.parsing import Output, generate_resource_name, resource_class_from_type, resource_name_property_from_type
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from werkzeug.exceptions import HTTPException

from .changes import ResourceChange, compare
from .document import parse
from .effective import effective, parameter_values, pseudo_parameters
from .intrinsics import NO_VALUE, Known, resolve
from .order import creation_order

Node = Any

#: What moto's services raise for what AWS would refuse.
REFUSALS = (ServiceException, HTTPException)


def reason_of(refusal: Exception) -> str:
    """The sentence in a service's refusal."""
    description = str(getattr(refusal, "description", "") or "")
    if description.startswith("{"):  # EKS' refusals carry theirs as JSON
        return str(json.loads(description)["message"])
    return str(getattr(refusal, "message", "") or description or refusal)


@dataclass
class Resource:
    """One created resource: its definition with everything put in, and moto's object for it."""

    logical_id: str
    kind: str
    properties: dict[str, Node]
    model: Any
    status: str = "CREATE_COMPLETE"

    @property
    def logical_resource_id(self) -> str:
        return self.logical_id

    @property
    def physical_resource_id(self) -> str:
        return str(self.model.physical_resource_id)

    @property
    def cf_resource_type(self) -> str:
        return self.kind


class LabStack(Stack):
    """Same face as moto's stack, other engine.

    Args:
        stack_id: the ARN.
        name: the stack's name.
        body: the template as text; empty while a change set waits to create the stack.
        parameters: given values by name.
        account_id: of the account.
        region_name: of the region.
        tags: the stack's.
        token: the ``ClientRequestToken`` of the request, which its events carry.
    """

    def __init__(  # moto's own constructor creates through its engine
        self,
        stack_id: str,
        name: str,
        body: str,
        parameters: Mapping[str, str],
        account_id: str,
        region_name: str,
        tags: Mapping[str, str],
        token: str | None = None,
    ) -> None:
        self.stack_id = stack_id
        self.name = name
        self.account_id = account_id
        self.region_name = region_name
        self.tags = dict(tags)
        self.token = token
        self.role_arn: str | None = None
        self.notification_arns: list[str] = []
        self.enable_termination_protection = False
        self.disable_rollback = False
        self.timeout_in_minutes: int | None = None
        self.policy = ""
        self.events: list[Event] = []
        self.creation_time = utcnow()
        self.status = "REVIEW_IN_PROGRESS"
        self.resources: dict[str, Resource] = {}
        self.template: str = ""
        self.template_dict: dict[str, Node] = {}
        self.parameters: dict[str, str] = {}
        self.plan: dict[str, Node] = {"Resources": {}, "Outputs": {}}
        if body:
            self.adopt(body, parameters)

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    def is_created(self) -> bool:
        return True

    # -- what the stack is to be -------------------------------------------------------------------------------------

    def planned(self, body: str, given: Mapping[str, str]) -> dict[str, Node]:
        """The effective template of ``body``; ValidationError says what is wrong with it."""
        try:
            template = parse(body)
            plan = effective(template, parameter_values(template, given), self._pseudo())
            creation_order(plan["Resources"])
        except ValueError as error:
            raise ValidationError(message=str(error)) from error
        return plan

    def adopt(self, body: str, given: Mapping[str, str]) -> None:
        """Make ``body`` with the parameters ``given`` what the stack says it is."""
        self.plan = self.planned(body, given)
        self.template, self.template_dict = body, parse(body)
        self.parameters = parameter_values(self.template_dict, given)
        self.description = self.template_dict.get("Description")

    def _pseudo(self) -> dict[str, Node]:
        return pseudo_parameters(account=self.account_id, region=self.region_name, stack_id=self.stack_id, stack_name=self.name)

    # -- what moto's responses read ----------------------------------------------------------------------------------

    @property
    def stack_parameters(self) -> dict[str, str]:
        return self.parameters

    @property
    def parameter_list(self) -> list[dict[str, str]]:
        hidden = {name for name, slot in (self.template_dict.get("Parameters") or {}).items() if slot.get("NoEcho")}
        return [{"ParameterKey": k, "ParameterValue": "****" if k in hidden else v} for k, v in self.parameters.items()]

    @property
    def stack_resources(self) -> Iterable[Any]:
        return list(self.resources.values())

    @property
    def exports(self) -> list[Any]:
        return []

    @property
    def outputs(self) -> list[dict[str, Node]] | None:
        if set(self.plan["Resources"]) - set(self.resources):
            return None
        known = self._known()
        outputs = [Output(name, resolve(body["Value"], known), body.get("Description")) for name, body in self.plan["Outputs"].items()]
        return [{"OutputKey": one.key, "OutputValue": one.value, "Description": one.description} for one in outputs] or None

    # -- what happens ------------------------------------------------------------------------------------------------

    def create_resources(self) -> None:
        """Create everything, or roll back to nothing and keep the stack as ``ROLLBACK_COMPLETE``."""
        self._stack_status("CREATE_IN_PROGRESS", "User Initiated")
        try:
            for name in creation_order(self.plan["Resources"]):
                self._create(name, self.plan["Resources"][name])
        except REFUSALS as refusal:
            self._after_failed_creation(refusal)
            return
        self._stack_status("CREATE_COMPLETE")

    def _after_failed_creation(self, refusal: Exception) -> None:
        if self.disable_rollback:
            self._stack_status("CREATE_FAILED", reason_of(refusal))
            return
        self._stack_status("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create. Rollback requested by user.")
        self._delete_all()
        self._stack_status("ROLLBACK_COMPLETE")

    def update_to(self, body: str, given: Mapping[str, str], tags: Mapping[str, str] | None) -> None:
        """Become ``body`` with ``given``, or go back to what it was (``UPDATE_ROLLBACK_COMPLETE``)."""
        before = (str(self.template), dict(self.parameters))
        self.adopt(body, given)
        self.tags = dict(tags) if tags is not None else self.tags
        self._stack_status("UPDATE_IN_PROGRESS", "User Initiated")
        try:
            self._apply()
        except REFUSALS as refusal:
            self._stack_status("UPDATE_ROLLBACK_IN_PROGRESS", reason_of(refusal))
            self.adopt(*before)
            self._apply()
            self._stack_status("UPDATE_ROLLBACK_COMPLETE")
            return
        self._stack_status("UPDATE_COMPLETE")

    def delete(self) -> None:
        """Delete backwards; a resource that AWS would not delete leaves the stack ``DELETE_FAILED``."""
        self._stack_status("DELETE_IN_PROGRESS", "User Initiated")
        failed = self._delete_all()
        if failed:
            self._stack_status("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
            return
        self._stack_status("DELETE_COMPLETE")

    def _apply(self) -> None:
        """Lead the resources that are to those that the plan wants."""
        wanted = self.plan["Resources"]
        for name in creation_order(wanted):
            if name in self.resources:
                self._modify(name, wanted[name])
            else:
                self._create(name, wanted[name])
        for name in reversed([one for one in self.resources if one not in wanted]):
            self._remove(name)

    # -- one resource ------------------------------------------------------------------------------------------------

    def _create(self, name: str, definition: Node) -> None:
        kind, properties = self._definition(definition)
        self._event(name, kind, "CREATE_IN_PROGRESS")
        model = self._attempt(name, kind, "CREATE_FAILED", lambda: self._build(name, kind, properties))
        self.resources[name] = Resource(name, kind, properties, model)
        self._event(name, kind, "CREATE_COMPLETE")

    def _build(self, name: str, kind: str, properties: dict[str, Node]) -> Any:
        known_as = resource_name_property_from_type(kind)
        physical = properties.get(known_as) if known_as else None
        physical = physical or generate_resource_name(kind, self.name, name)
        return self._model(kind).create_from_cloudformation_json(
            physical,
            {"Type": kind, "Properties": dict(properties)},
            self.account_id,
            self.region_name,
            LogicalId=name,
            StackId=self.stack_id,
            ResourceType=kind,
        )

    def _modify(self, name: str, definition: Node) -> None:
        resource = self.resources[name]
        kind, properties = self._definition(definition)
        is_now, is_to_be = ({name: {"Type": kind, "Properties": each}} for each in (resource.properties, properties))
        for change in compare(is_now, is_to_be):
            self._event(name, kind, "UPDATE_IN_PROGRESS")
            resource.model = self._attempt(name, kind, "UPDATE_FAILED", partial(self._changed, change, resource, properties))
            resource.properties, resource.status = properties, "UPDATE_COMPLETE"
            self._event(name, kind, "UPDATE_COMPLETE")

    def _changed(self, change: ResourceChange, resource: Resource, properties: dict[str, Node]) -> Any:
        if change.replaces:
            model = self._build(change.logical_id, change.kind, properties)
            self._destroy(resource)
            return model
        return self._model(change.kind).update_from_cloudformation_json(
            original_resource=resource.model,
            new_resource_name=resource.physical_resource_id,
            cloudformation_json={"Type": change.kind, "Properties": dict(properties)},
            account_id=self.account_id,
            region_name=self.region_name,
        )

    def _remove(self, name: str) -> None:
        resource = self.resources[name]
        self._event(name, resource.kind, "DELETE_IN_PROGRESS")
        self._attempt(name, resource.kind, "DELETE_FAILED", lambda: self._destroy(resource))
        self._event(name, resource.kind, "DELETE_COMPLETE")
        del self.resources[name]

    def _destroy(self, resource: Resource) -> None:
        delete = getattr(resource.model, "delete", None)
        if delete is not None:
            delete(self.account_id, self.region_name)
            return
        definition = {"Type": resource.kind, "Properties": dict(resource.properties)}
        self._model(resource.kind).delete_from_cloudformation_json(
            resource.physical_resource_id, definition, self.account_id, self.region_name
        )

    def _delete_all(self) -> list[str]:
        order = creation_order(self.plan["Resources"])
        failed = []
        for name in reversed([one for one in order if one in self.resources]):
            try:
                self._remove(name)
            except REFUSALS:
                self.resources[name].status = "DELETE_FAILED"
                failed.append(name)
        return failed

    def _attempt(self, name: str, kind: str, failure: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except REFUSALS as refusal:
            self._event(name, kind, failure, reason_of(refusal))
            raise

    def _model(self, kind: str) -> Any:
        model = resource_class_from_type(kind)
        if model is None:
            raise ValidationError(message=f"Template format error: Unrecognized resource types: [{kind}]")
        return model

    def _definition(self, definition: Node) -> tuple[str, dict[str, Node]]:
        return definition["Type"], resolve(definition.get("Properties") or {}, self._known())

    def _known(self) -> Known:
        ids = {name: resource.physical_resource_id for name, resource in self.resources.items()}
        return Known(values={**ids, "AWS::NoValue": NO_VALUE}, attributes=self._attribute)

    def _attribute(self, name: str, attribute: str) -> Node:
        return self.resources[name].model.get_cfn_attribute(attribute)

    # -- what is told ------------------------------------------------------------------------------------------------

    def _stack_status(self, status: str, reason: str | None = None) -> None:
        self.status = status
        self._event(self.name, "AWS::CloudFormation::Stack", status, reason, self.stack_id)

    def _event(self, name: str, kind: str, status: str, reason: str | None = None, physical: str | None = None) -> None:
        created = self.resources.get(name)
        event = Event(
            stack_id=self.stack_id,
            stack_name=self.name,
            logical_resource_id=name,
            physical_resource_id=physical or (created.physical_resource_id if created else ""),
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
        event.client_request_token = self.token  # type: ignore[assignment]
        self.events.append(event)
