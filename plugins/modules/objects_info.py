#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which runs on the controller and does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: objects_info
short_description: Read objects of several kinds at once
version_added: 0.1.0
author:
  - accelerated.nodes contributors (@accelerated-nodes)
description:
  - Reads what M(kubernetes.core.k8s_info) does in a loop, in one task. Where the task runs on the controller, the API server is asked without
    starting a module, which takes hundredths of a second for each kind; elsewhere, and where it refuses, M(kubernetes.core.k8s_info) is run.
  - Made for the roles of this collection.
options:
  objects:
    description: What to read, each a kind of objects or one of them.
    type: list
    elements: dict
    required: true
    suboptions:
      api_version:
        description: API version.
        type: str
        required: true
      kind:
        description: Kind. Of one that the server does not know there are no objects.
        type: str
        required: true
      name:
        description: Name of one object.
        type: str
      namespace:
        description: Namespace. All of them if it is left out.
        type: str
      label_selectors:
        description: Labels that the objects have.
        type: list
        elements: str
  version:
    description: Whether to ask for the version of the API server, too.
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
  - module: kubernetes.core.k8s_info
"""

EXAMPLES = r"""
- name: Read pools and classes
  accelerated.nodes.objects_info:
    objects:
      - {api_version: karpenter.sh/v1, kind: NodePool}
      - {api_version: karpenter.k8s.aws/v1, kind: EC2NodeClass}
  register: found

- name: Show the pools
  ansible.builtin.debug:
    msg: "{{ found.results[0].resources | map(attribute='metadata.name') }}"
"""

RETURN = r"""
results:
  description: For each of O(objects), in their order, what was found.
  returned: success
  type: list
  elements: dict
  contains:
    resources:
      description: The objects, definitions without their schemas. Without C(metadata.managedFields) where the API server was asked directly.
      type: list
      elements: dict
version:
  description: What the API server says of its version.
  returned: when O(version=true)
  type: dict
  sample: {major: "1", minor: "36", gitVersion: v1.36.3}
"""
