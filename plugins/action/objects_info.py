# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads objects of several kinds in one task.

kubernetes.core.k8s_info in a loop starts Python, loads the kubernetes library and discovers the API for each of them, a second each time.
Here the requests are made as they are; what this process may not ask, or does not get, k8s_info is asked for, and says what is wrong.
"""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.accelerated.nodes.plugins.module_utils.api._objects import brief, found, is_known
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.plugin_utils._at_hand import auth_given, client_at_hand
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

WANTED = {
    "api_version": {"required": True},
    "kind": {"required": True},
    "name": {},
    "namespace": {},
    "label_selectors": {"type": "list", "elements": "str"},
}
SPEC = {
    "objects": {"type": "list", "elements": "dict", "required": True, "options": WANTED},
    "version": {"type": "bool", "default": False},
    **AUTH_ARG_SPEC,
}


class ActionModule(ActionBase):
    """Asks the API server itself where it may, and has k8s_info ask where not."""

    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return ``results``, one for each of ``objects``, each with its ``resources``."""
        result = super().run(tmp, task_vars)
        del tmp
        _dummy, options = self.validate_argument_spec(SPEC)
        self._vars = task_vars
        self._auth = auth_given(options)
        client = client_at_hand(self, options)
        try:
            read = [self._read(client, {key: value for key, value in each.items() if value}) for each in options["objects"]]
            version = {"version": self._version(client)} if options["version"] else {}
        except AnsibleActionFail as refused:
            return {**result, "failed": True, "msg": str(refused)}
        return {**result, "changed": False, "results": [{"resources": [brief(each) for each in objects]} for objects in read], **version}

    def _read(self, client, wanted: dict) -> list[dict]:
        """Return the objects of one kind."""
        if client and is_known(wanted):
            try:
                return found(client, wanted)
            except ApiError:
                pass  # The module meets the same, and says it in its own words.
        return self._asked("k8s_info", wanted).get("resources", [])

    def _version(self, client) -> dict:
        """Return the version of the API server, as it says it."""
        if client:
            try:
                return client.get("/version")
            except ApiError:
                pass
        return self._asked("k8s_cluster_info", {})["version"]["server"]["kubernetes"]

    def _asked(self, module: str, arguments: dict) -> dict:
        """Have a module of kubernetes.core ask; its failure is this task's."""
        outcome = self._execute_module(f"kubernetes.core.{module}", module_args={**arguments, **self._auth}, task_vars=self._vars)
        if outcome.get("failed"):
            raise AnsibleActionFail(outcome.get("msg") or "no reason was given")
        return outcome
