#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: nodeclaim_info
short_description: Read Karpenter's NodeClaims with their phase, reason and accelerators
version_added: 0.1.0
description:
  - Returns the NodeClaims of a selection as they are now, without waiting.
  - Says for each how far it has come, what holds it up in Karpenter's own words, and which accelerators its instance type
    promises and its Node has registered.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - accelerated.nodes.options
  - accelerated.nodes.options.selection
options:
  wait_timeout:
    description:
      - Seconds until the read fails when the API server gives no answer, or none that can be used. Passing faults are outlasted.
    type: int
    default: 30
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the right to list nodeclaims (apiGroup karpenter.sh). With the right to list nodes it also returns what they have
    registered.
seealso:
  - module: accelerated.nodes.nodeclaim_wait
"""

EXAMPLES = r"""
- name: Read the NodeClaims of a pool
  accelerated.nodes.nodeclaim_info:
    node_pools: [gpu]
  register: claims

- name: Show what holds them up
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.phase }} {{ item.reason }} {{ item.message }}"
  loop: "{{ claims.nodeclaims }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
nodeclaims:
  description: The selected NodeClaims, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
      sample: gpu-x7k2p
    uid:
      description: UID; a replaced NodeClaim has another.
      type: str
    node_pool:
      description: Name of its NodePool.
      type: str
      sample: gpu
    node_class:
      description: Name of its EC2NodeClass.
      type: str
      sample: gpu
    node:
      description: Name of its Node; empty until it has registered.
      type: str
    instance_type:
      description: EC2 instance type; empty until launched.
      type: str
      sample: g4dn.xlarge
    zone:
      description: Availability zone; empty until launched.
      type: str
      sample: us-west-2a
    capacity_type:
      description: on-demand, spot or reserved; empty until launched.
      type: str
      sample: on-demand
    phase:
      description: How far it has come, one of Pending, Launched, Registered, Initialized, Ready and Terminating.
      type: str
      sample: Registered
    reason:
      description: The reason of the first condition that is not done, as Karpenter gives it; empty when all are.
      type: str
      sample: ResourceNotRegistered
    message:
      description: That condition's message.
      type: str
      sample: Resource "nvidia.com/gpu" was requested but not registered
    conditions:
      description: All conditions, each with type, status, reason, message and since.
      type: list
      elements: dict
    accelerators:
      description: Numbers by resource name, C(promised) by the instance type and C(registered) as the Node's allocatable.
      type: dict
      sample: {promised: {nvidia.com/gpu: 1}, registered: {nvidia.com/gpu: 1}}
    age:
      description: Seconds since it was created.
      type: int
      sample: 74
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, read
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import BEGAN
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import (
    SELECTION_OPTIONS,
    AcceleratorModule,
    positive,
    selection_from,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import NODECLAIMS, NodeClaim, views, without_karpenter
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._offers import offers_of, unreadable

OPTIONS = {**SELECTION_OPTIONS, "wait_timeout": {"type": "int", "default": 30}}


def look(module: AcceleratorModule) -> dict:
    """The selected claims as they are now."""
    selection = selection_from(module.params)
    deadline = Deadline(positive(module.params, "wait_timeout"), start=BEGAN)
    client = module.client()
    try:
        found = read(client, {"claims": Source(NODECLAIMS, selection.query, NodeClaim.from_object)}, deadline)["claims"]
    except ApiError as error:
        raise without_karpenter(error) from error
    claims = sorted((claim for claim in found if selection.matches(claim)), key=lambda claim: claim.name)
    try:
        return {"nodeclaims": views(claims, offers_of(client, [claim for claim in claims if claim.promised], deadline)), "changed": False}
    except ApiError as error:
        return {"nodeclaims": views(claims, {}), "changed": False, "warnings": [unreadable(error)]}


def main() -> None:
    AcceleratorModule(OPTIONS).run(look)


if __name__ == "__main__":
    main()
