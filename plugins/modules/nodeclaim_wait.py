#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: nodeclaim_wait
short_description: Wait until Karpenter's NodeClaims are ready or gone, and say why when they are not
version_added: 0.1.0
description:
  - Waits until the selected NodeClaims have reached a state, or none is left.
  - Follows the selection by list and watch, not single names, as Karpenter deletes NodeClaims that cannot launch or register and
    replaces them under new names. RV(ledger) lists every NodeClaim that was seen, with its end.
  - When the deadline passes, or when waiting cannot help, it fails with a verdict that names the object, the reason that the
    system gave, what that means, and what to do.
  - Shows a line at each change while it waits.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - accelerated.nodes.options
  - accelerated.nodes.options.selection
  - accelerated.nodes.options.owners
  - accelerated.nodes.options.progress
options:
  state:
    description:
      - The state to wait for. All but V(absent) are met when every selected NodeClaim that is not being deleted is in that state, and
        at least O(count) are.
      - V(ready) is Karpenter's Ready, and beyond it that the Node has registered every accelerator that its instance type promises, as
        Karpenter is content with one of eight. A Node that is gone or being deleted has registered none.
        Accelerators that are offered in parts (MIG, renamed shares) count as registered.
      - V(not_drifted) is met by launched NodeClaims that Karpenter does not call drifted, such as after the change of an image.
      - V(absent) is met when no selected NodeClaim is left.
    type: str
    choices: [launched, registered, initialized, ready, not_drifted, absent]
    default: ready
  count:
    description: How many NodeClaims must be in the state, at least. Not used with O(state=absent).
    type: int
    default: 1
  exact:
    description: Whether it must be exactly O(count) NodeClaims, so that one too many keeps the wait waiting.
    type: bool
    default: false
  wait_timeout:
    description: Seconds until the wait fails.
    type: int
    default: 900
  fail_fast:
    description: End the wait early when its cause is one that waiting cannot mend, such as a quota that is used up.
    type: bool
    default: true
  cluster_name:
    description:
      - EKS name of the cluster. When a node does not join, its role's access to the cluster is then read from AWS for the verdict.
      - Needs boto3, AWS credentials from the environment, and the rights C(eks:DescribeCluster), C(eks:ListAccessEntries),
        C(eks:DescribeAccessEntry) and C(iam:GetInstanceProfile).
    type: str
  region:
    description: AWS region of O(cluster_name). By default that of the environment.
    type: str
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the rights to list and watch nodeclaims (apiGroup karpenter.sh). Without watch it lists them every 5 seconds, and says so.
  - For the cause it also lists nodes, pods, jobs, events, daemonsets, deployments, nodepools and ec2nodeclasses, and with O(cluster_name) gets
    the ConfigMap aws-auth in kube-system; what it may not read, it names with the rule that is missing.
  - Progress lines need a local connection, which is how the collection's playbooks run; over another connection the wait is quiet.
seealso:
  - module: accelerated.nodes.nodeclaim_info
  - module: accelerated.nodes.accelerator_verify
"""

EXAMPLES = r"""
- name: Wait until two GPU nodes are ready
  accelerated.nodes.nodeclaim_wait:
    node_pools: [gpu]
    count: 2
    wait_timeout: 900

- name: Wait until the nodes of a Job are ready
  accelerated.nodes.nodeclaim_wait:
    jobs: [training/llama]

- name: Wait until no node is on the old image
  accelerated.nodes.nodeclaim_wait:
    node_pools: [gpu]
    state: not_drifted
    wait_timeout: 3600

- name: Wait until a pool's NodeClaims are gone
  accelerated.nodes.nodeclaim_wait:
    node_pools: [gpu]
    state: absent
"""

RETURN = r"""
nodeclaims:
  description: The selected NodeClaims at the end, as M(accelerated.nodes.nodeclaim_info) returns them.
  returned: always
  type: list
  elements: dict
ledger:
  description:
    - Every NodeClaim seen during the wait, with name, uid, node_pool, node, instance_type, zone, capacity_type, phase, C(transitions)
      (each condition's changes with their times) and C(end) (reason and message), null for one that is still there.
  returned: always
  type: list
  elements: dict
elapsed:
  description: Seconds waited.
  returned: always
  type: float
  sample: 41.2
verdict:
  description: What is wrong.
  returned: on failure
  type: dict
  contains:
    object:
      description: The object that is wrong.
      type: str
      sample: NodeClaim gpu-x7k2p (node ip-10-0-3-7.us-west-2.compute.internal)
    reason:
      description: One word for what is wrong.
      type: str
      sample: DevicePluginMissing
    message:
      description: The system's own words.
      type: str
      sample: 'not initialized: Resource "nvidia.com/gpu" was requested but not registered'
    explanation:
      description: What that means.
      type: str
    next_step:
      description: What to do.
      type: str
    documentation:
      description: Address of the reason's entry in the documentation.
      type: str
      sample: https://github.com/ansible-collections/accelerated.nodes/tree/main/docs/diagnosis.md#devicepluginmissing
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import BEGAN
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import (
    OWNER_OPTIONS,
    PROGRESS_OPTIONS,
    SELECTION_OPTIONS,
    AcceleratorModule,
    positive,
    selection_from,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import ABSENT, STATES, Goal
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._wait import Order, Wait

OPTIONS = {
    **SELECTION_OPTIONS,
    **OWNER_OPTIONS,
    **PROGRESS_OPTIONS,
    "state": {"type": "str", "choices": [*STATES, ABSENT], "default": "ready"},
    "count": {"type": "int", "default": 1},
    "exact": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 900},
    "fail_fast": {"type": "bool", "default": True},
    "cluster_name": {"type": "str"},
    "region": {"type": "str"},
}


def wait(module: AcceleratorModule) -> dict:
    """Waits as the options say; check mode waits too, as waiting changes nothing."""
    params = module.params
    order = Order(
        selection_from(params),
        Goal(params["state"], positive(params, "count"), params["exact"]),
        params["fail_fast"],
        params["cluster_name"] or "",
        params["region"] or "",
    )
    deadline = Deadline(positive(params, "wait_timeout"), start=BEGAN)
    return Wait(module.client(), order, deadline, module.progress).run()


def main() -> None:
    AcceleratorModule(OPTIONS).run(wait)


if __name__ == "__main__":
    main()
