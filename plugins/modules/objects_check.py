#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which runs on the controller and does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: objects_check
short_description: Have the API server check manifests, and say which of them would change anything
version_added: 0.1.0
author:
  - accelerated.nodes contributors (@accelerated-nodes)
description:
  - Has the API server try a server-side apply of each manifest, with its schemas, rules and admission, and keep nothing of it. Fails where it
    refuses one of them.
  - Does what M(kubernetes.core.k8s) does in check mode. Where the task runs on the controller, no module is started for it, unless the API server
    refuses something, which M(kubernetes.core.k8s) then says; elsewhere M(kubernetes.core.k8s) is run.
  - Made for the roles of this collection.
options:
  definitions:
    description: The manifests.
    type: list
    elements: dict
    required: true
  field_manager:
    description: Who applies them, as server-side apply has it.
    type: str
    required: true
  force:
    description: Whether fields that another field manager has are taken over.
    type: bool
    default: false
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would happen, without changing anything.
    support: full
requirements:
  - kubernetes >= 24.2.0
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: See which of the pools differ from what is wanted
  accelerated.nodes.objects_check:
    definitions: "{{ manifests }}"
    field_manager: accelerated.nodes
  register: checked

- name: Name them
  ansible.builtin.debug:
    msg: "{{ checked.differing | map(attribute='metadata.name') }}"
"""

RETURN = r"""
differing:
  description: Those of O(definitions) that an apply would make or change, in their order.
  returned: success
  type: list
  elements: dict
"""
