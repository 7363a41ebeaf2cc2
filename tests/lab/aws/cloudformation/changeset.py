"""A change set that says what the update would really do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow

from .changes import ResourceChange, compare
from .document import parse
from .effective import parameter_values
from .stack import LabStack

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class LabChangeSet:
    """What moto's response serializes for DescribeChangeSet.

    Args:
        change_set_id: the ARN.
        name: of the change set.
        stack: that it would change.
        body: the proposed template as text.
        parameters: the proposed values.
        tags: the proposed tags, None to keep the stack's.
        description: the user's words.
    """

    def __init__(
        self,
        change_set_id: str,
        name: str,
        stack: LabStack,
        body: str,
        parameters: Mapping[str, str],
        tags: Mapping[str, str] | None,
        description: str | None,
    ) -> None:
        plan = stack.planned(body, parameters)
        self.change_set_id, self.change_set_name, self.description = change_set_id, name, description
        self.stack, self.stack_id, self.stack_name = stack, stack.stack_id, stack.name
        self.template, self.parameters, self.tags = body, parameter_values(parse(body), parameters), tags
        self.creation_time = utcnow()
        self.proposed = compare(stack.plan["Resources"], plan["Resources"])
        same = plan == stack.plan and (tags is None or dict(tags) == stack.tags)
        self.status = "FAILED" if same else "CREATE_COMPLETE"
        self.execution_status = "UNAVAILABLE" if same else "AVAILABLE"
        self.status_reason = NO_CHANGES if same else None

    def as_response(self) -> dict[str, Any]:
        """The fields of DescribeChangeSet's answer."""
        return {
            "ChangeSetId": self.change_set_id,
            "ChangeSetName": self.change_set_name,
            "StackId": self.stack_id,
            "StackName": self.stack_name,
            "Description": self.description,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()],
            "Tags": [{"Key": key, "Value": value} for key, value in (self.tags or {}).items()],
            "CreationTime": self.creation_time,
            "Status": self.status,
            "StatusReason": self.status_reason,
            "ExecutionStatus": self.execution_status,
            "Changes": [{"Type": "Resource", "ResourceChange": self._change(one)} for one in self.proposed],
        }

    def _change(self, change: ResourceChange) -> dict[str, Any]:
        line: dict[str, Any] = {
            "Action": change.action,
            "LogicalResourceId": change.logical_id,
            "ResourceType": change.kind,
            "Scope": ["Properties"] if change.properties else [],
            "Details": [_detail(name, change) for name in change.properties],
        }
        existing = self.stack.resources.get(change.logical_id)
        if existing is not None:
            line["PhysicalResourceId"] = existing.physical_resource_id
        if change.action == "Modify":
            line["Replacement"] = "True" if change.replaces else "False"
        return line


def _detail(name: str, change: ResourceChange) -> dict[str, Any]:
    recreation = "Always" if ResourceChange("Modify", change.logical_id, change.kind, (name,)).replaces else "Never"
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
