"""The CloudFormation backend: stacks and change sets on the lab's engine, everything else moto's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation import urls
from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id

from .changeset import LabChangeSet
from .stack import LabStack

UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
NOTHING_TO_DO = "No updates are to be performed."


class LabCloudFormationBackend(CloudFormationBackend):
    """One region's stacks."""

    _url_module = urls

    stacks: dict[str, LabStack]  # type: ignore[assignment]
    deleted_stacks: dict[str, LabStack]  # type: ignore[assignment]
    change_sets: dict[str, LabChangeSet]  # type: ignore[assignment]

    def launch_stack(self, name: str, body: str, parameters: Mapping[str, str], tags: Mapping[str, str], **options: Any) -> LabStack:
        """CreateStack.

        Args:
            name: of the stack.
            body: the template as text.
            parameters: given values.
            tags: of the stack.
            options: ``token``, ``disable_rollback``, ``protected``.
        """
        if any(stack.name == name for stack in self.stacks.values()):
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack = self._stack(name, body, parameters, tags, options.get("token"))
        stack.disable_rollback = bool(options.get("disable_rollback"))
        stack.enable_termination_protection = bool(options.get("protected"))
        self.stacks[stack.stack_id] = stack
        stack.create_resources()
        return stack

    def change_stack(
        self, name: str, body: str, parameters: Mapping[str, str], tags: Mapping[str, str] | None, token: str | None
    ) -> LabStack:
        """UpdateStack; refuses what would change nothing, as AWS does."""
        stack = self._updatable(name)
        unchanged = stack.planned(body, parameters) == stack.plan
        if unchanged and (tags is None or dict(tags) == stack.tags):
            raise ValidationError(message=NOTHING_TO_DO)
        stack.token = token
        stack.update_to(body, parameters, tags)
        return stack

    def delete_stack(self, name_or_stack_id: str, token: str | None = None) -> None:
        """DeleteStack; a stack that is not there is no error."""
        stack = self._find(name_or_stack_id)
        if stack is None:
            return
        if stack.enable_termination_protection:
            raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        stack.token = token
        stack.delete()
        if stack.status == "DELETE_COMPLETE":
            self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)

    def propose(self, stack_name: str, change_set_name: str, body: str, parameters: Mapping[str, str], **options: Any) -> LabChangeSet:
        """CreateChangeSet.

        Args:
            stack_name: of the stack, existing for an update.
            change_set_name: of the change set.
            body: the template as text.
            parameters: given values.
            options: ``creates`` (a new stack), ``tags``, ``description``.
        """
        tags = options.get("tags")
        stack = self._proposed_stack(stack_name, tags) if options.get("creates") else self._updatable(stack_name)
        change_set_id = generate_changeset_id(change_set_name, self.region_name, self.account_id)
        change_set = LabChangeSet(change_set_id, change_set_name, stack, body, parameters, tags, options.get("description"))
        self.change_sets[change_set_id] = change_set
        return change_set

    def describe_change_set(self, change_set_name: str, stack_name: str | None = None) -> LabChangeSet:  # type: ignore[override]
        """One change set, by its ARN or by its name and its stack's."""
        for change_set in self.change_sets.values():
            named = change_set_name == change_set.change_set_name and stack_name in (None, change_set.stack_name, change_set.stack_id)
            if named or change_set_name == change_set.change_set_id:
                return change_set
        raise ValidationError(message=f"ChangeSet [{change_set_name}] does not exist")

    def delete_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        """DeleteChangeSet."""
        del self.change_sets[self.describe_change_set(change_set_name, stack_name).change_set_id]

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        """ExecuteChangeSet: create or update the stack as proposed."""
        change_set = self.describe_change_set(change_set_name, stack_name)
        if change_set.execution_status != "AVAILABLE":
            raise ValidationError(message=f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status")
        change_set.execution_status = "EXECUTE_COMPLETE"
        stack = change_set.stack
        if stack.status == "REVIEW_IN_PROGRESS":
            stack.adopt(change_set.template, change_set.parameters)
            stack.create_resources()
        else:
            stack.update_to(change_set.template, change_set.parameters, change_set.tags)

    def _stack(self, name: str, body: str, parameters: Mapping[str, str], tags: Mapping[str, str], token: str | None = None) -> LabStack:
        stack_id = generate_stack_id(name, self.region_name, self.account_id)
        return LabStack(stack_id, name, body, parameters, self.account_id, self.region_name, tags, token)

    def _proposed_stack(self, name: str, tags: Mapping[str, str] | None) -> LabStack:
        found = self._find(name)
        if found is not None and found.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(message=f"Stack [{name}] already exists and cannot be created again with the changeSet [CREATE].")
        stack = found or self._stack(name, "", {}, tags or {})
        self.stacks[stack.stack_id] = stack
        return stack

    def _find(self, name_or_stack_id: str) -> LabStack | None:
        return next((one for one in self.stacks.values() if name_or_stack_id in (one.name, one.stack_id)), None)

    def _updatable(self, name: str) -> LabStack:
        stack = self._find(name)
        if stack is None:
            raise ValidationError(message=f"Stack [{name}] does not exist")
        if stack.status not in UPDATABLE:
            raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
        return stack
