# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an action plugin may do itself what it would have a module do.

A module that is started for one question takes a second: Ansible packs it, Python starts, the kubernetes library loads and discovers the
API. Where tasks run on the controller anyway, the action plugin can ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import yaml
from ansible.plugins.action import ActionBase
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import IMPORT_ERROR, plain_connection
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC


def runs_here(action: ActionBase) -> bool:
    """Whether a module of this task would run as this process does: on this machine, as this user, with these environment variables."""
    return action._connection.transport == "local" and not action._play_context.become and not any(action._task.environment or [])


def client_at_hand(action: ActionBase, auth: Mapping[str, Any]) -> Optional[Client]:
    """A client for kubernetes.core's options of authentication, or None where a module is to ask: it then says what is wrong with them."""
    if not runs_here(action) or IMPORT_ERROR is not None:
        return None
    try:
        connection = plain_connection(auth)
    except (CollectionError, yaml.YAMLError, OSError, KeyError, TypeError, ValueError):
        return None
    return Client(connection) if connection else None


def auth_given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of kubernetes.core's options of authentication that are given, for a module of its."""
    return {name: options[name] for name in AUTH_ARG_SPEC if options.get(name) is not None}


def plain(value: Any) -> Any:
    """The value of plain types only: neither YAML's safe dumper nor a comparison of types knows Ansible's tagged ones."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
