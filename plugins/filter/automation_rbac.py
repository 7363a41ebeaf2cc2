# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter automation_rbac: the account that runs the collection, as Kubernetes objects."""

from __future__ import annotations

DOCUMENTATION = r"""
name: automation_rbac
short_description: The account that runs this collection, as Kubernetes objects
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Makes a ServiceAccount, and a role with its binding for the cluster and for each namespace, of what the wanted parts of the collection need.
  - It only reads what it is given; the role P(accelerated.nodes.automation_rbac#role) renders the charts for it.
positional: charts
options:
  _input:
    description: The parts of the collection that the account is to run, as O(accelerated.nodes.automation_rbac#role:main:automation_rbac_parts).
    type: list
    elements: str
    required: true
  charts:
    description: The charts of these parts. Each C(option) (the part), C(namespace), and C(objects) as M(accelerated.nodes.helm_release) returns them.
    type: list
    elements: dict
    required: true
  name:
    description: Name of the ServiceAccount and of its roles.
    type: str
    required: true
  namespace:
    description: Namespace of the ServiceAccount.
    type: str
    required: true
  verify_namespace:
    description: Namespace of the Jobs that verify accelerators.
    type: str
    required: true
  subjects:
    description: Who has the same rights beside the ServiceAccount, as a binding has it.
    type: list
    elements: dict
    default: []
  extra_rules:
    description: Further rules for the whole cluster, as a ClusterRole has them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show what an account that only verifies may do
  ansible.builtin.debug:
    msg: "{{ ['verify'] | accelerated.nodes.automation_rbac([], name='ci', namespace='ci', verify_namespace='accelerated-nodes-verify') }}"
"""

RETURN = r"""
_value:
  description: The objects, and the namespaces that have to be there before.
  type: dict
  contains:
    objects:
      description: The ServiceAccount, the roles and their bindings.
      type: list
      elements: dict
    namespaces:
      description: The namespaces that they are in.
      type: list
      elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.access._automation import (
    Account,
    Wants,
    account_namespaces,
    account_objects,
)


def automation_rbac(parts: list[str], charts: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Return the account's objects and namespaces."""
    account = Account(options["name"], options["namespace"], tuple(options.get("subjects") or ()))
    wants = Wants(tuple(parts), tuple(charts), options["verify_namespace"], tuple(options.get("extra_rules") or ()))
    return {"objects": account_objects(account, wants), "namespaces": account_namespaces(account, wants)}


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"automation_rbac": automation_rbac}
