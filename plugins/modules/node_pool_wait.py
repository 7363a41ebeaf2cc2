#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: node_pool_wait
short_description: Wait until Karpenter's NodePools and their EC2NodeClasses are ready, and say why when they are not
version_added: 0.1.0
description:
  - Waits until Karpenter calls the NodePools and the EC2NodeClasses that they refer to ready, as they are now specified; a verdict on an
    older generation does not count.
  - What is being deleted is not ready, and neither is a NodePool whose EC2NodeClass is gone, although their conditions still say so.
  - A NodePool for accelerators is not ready either while no image of its EC2NodeClass can boot them, which Karpenter does not say.
  - When the deadline passes, it fails with a verdict on each object that is not ready.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - accelerated.nodes.options
  - accelerated.nodes.options.progress
options:
  node_pools:
    description: Names of NodePools. Leave out together with O(node_classes) for all.
    type: list
    elements: str
  node_classes:
    description: Names of EC2NodeClasses to wait for beside those that the NodePools refer to.
    type: list
    elements: str
  wait_timeout:
    description: Seconds until the wait fails.
    type: int
    default: 120
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the rights to list and watch nodepools (apiGroup karpenter.sh) and ec2nodeclasses (apiGroup karpenter.k8s.aws). Without watch it
    lists them every 5 seconds; without the classes it judges the NodePools alone, and warns.
seealso:
  - module: accelerated.nodes.nodeclaim_wait
"""

EXAMPLES = r"""
- name: Wait until a pool and its class are ready
  accelerated.nodes.node_pool_wait:
    node_pools: [gpu]

- name: Wait until all pools are ready
  accelerated.nodes.node_pool_wait:
    wait_timeout: 300
"""

RETURN = r"""
node_pools:
  description: The NodePools that are meant.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
      sample: gpu
    ready:
      description: Whether it is ready.
      type: bool
    reason:
      description: One word for what is wrong; empty when it is ready.
      type: str
      sample: SubnetsNotFound
    message:
      description: The system's own words.
      type: str
      sample: 'SubnetsReady=False: SubnetSelector did not match any Subnets'
node_classes:
  description: The EC2NodeClasses that are meant, with the same keys.
  returned: always
  type: list
  elements: dict
elapsed:
  description: Seconds waited.
  returned: always
  type: float
  sample: 4.3
verdict:
  description: What is wrong with the first object that is not ready, as M(accelerated.nodes.nodeclaim_wait) returns it.
  returned: on failure
  type: dict
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._clock import BEGAN
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import (
    PROGRESS_OPTIONS,
    AcceleratorModule,
    positive,
    refuse_empty,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._pool_wait import Pools, PoolWait

NAMES = {
    "node_pools": {"type": "list", "elements": "str"},
    "node_classes": {"type": "list", "elements": "str"},
}
OPTIONS = {**NAMES, **PROGRESS_OPTIONS, "wait_timeout": {"type": "int", "default": 120}}


def wait(module: AcceleratorModule) -> dict:
    """Waits as the options say; check mode waits too, as waiting changes nothing."""
    params = module.params
    refuse_empty(params, NAMES)
    pools = Pools(params["node_pools"] or (), params["node_classes"] or ())
    deadline = Deadline(positive(params, "wait_timeout"), start=BEGAN)
    return PoolWait(module.client(), pools, deadline, module.progress).run()


def main() -> None:
    AcceleratorModule(OPTIONS).run(wait)


if __name__ == "__main__":
    main()
