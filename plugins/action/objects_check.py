# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has the API server check manifests, and says which of them an apply would change.

As kubernetes.core.k8s does in check mode, which is run where this process may not ask, and where the server refuses: it says why.
"""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.accelerated.nodes.plugins.module_utils.api._objects import is_known, place_of, would_change
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.plugin_utils._at_hand import auth_given, client_at_hand, plain
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

SPEC = {
    "definitions": {"type": "list", "elements": "dict", "required": True},
    "field_manager": {"required": True},
    "force": {"type": "bool", "default": False},
    **AUTH_ARG_SPEC,
}


class ActionModule(ActionBase):
    """Asks the API server itself where it may, and has kubernetes.core.k8s ask where not."""

    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return ``differing``, those of ``definitions`` that an apply would change."""
        result = super().run(tmp, task_vars)
        del tmp
        _dummy, options = self.validate_argument_spec(SPEC)
        self._vars = task_vars
        definitions = [plain(each) for each in options["definitions"]]
        differ = self._here(client_at_hand(self, options), definitions, options)
        if differ is None:
            outcome = self._by_module(definitions, options)
            if outcome.get("failed"):
                return {**result, **outcome}
            differ = changes(outcome, len(definitions))
        return {**result, "changed": False, "differing": [each for each, differs in zip(definitions, differ) if differs]}

    def _here(self, client, definitions: list[dict], options: dict) -> list[bool] | None:
        """Return of each whether it would change, None where that cannot be found out here."""
        if not client or not all(is_known(place_of(each)) for each in definitions):
            return None
        try:
            return [would_change(client, each, options["field_manager"], options["force"]) for each in definitions]
        except ApiError:
            return None

    def _by_module(self, definitions: list[dict], options: dict) -> dict:
        """Run kubernetes.core.k8s in check mode, whatever the task's own mode."""
        applied = {"apply": True, "server_side_apply": {"field_manager": options["field_manager"], "force_conflicts": options["force"]}}
        checking, self._task.check_mode = self._task.check_mode, True
        try:
            arguments = {"definition": definitions, **applied, **auth_given(options)}
            return self._execute_module("kubernetes.core.k8s", module_args=arguments, task_vars=self._vars)
        finally:
            self._task.check_mode = checking


def changes(outcome: dict, number: int) -> list[bool]:
    """Return of each of that many definitions whether kubernetes.core.k8s would change it; of one alone it answers without a list."""
    results = outcome["result"].get("results") if number != 1 else None
    return [each["changed"] for each in results] if results is not None else [outcome["changed"]] * number
