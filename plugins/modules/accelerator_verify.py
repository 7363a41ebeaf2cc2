#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: accelerator_verify
short_description: Prove that the accelerators of nodes work, or say what is wrong with them
version_added: 0.1.0
description:
  - First fixes the set of nodes that should have accelerators, by NodeClaims, instance types and labels. A node without its device plugin
    offers no accelerators to pods, and is in the set all the same.
  - Then runs a Job on each of these nodes, through the scheduler as any pod, that requests all the accelerators of the node and lists
    them with C(nvidia-smi) or C(neuron-ls).
  - Holds the list against what the instance type should have (number, model, memory within 10 %, cores), the state of a healthy device,
    what the cluster promises of the node, and O(expect).
  - A fact that this driver must give of this GPU and does not is an error; one that the driver or the GPU does not have is none.
  - With O(provision) it asks for nodes first, by Jobs that make Karpenter provision them, and waits until their NodeClaims are ready.
  - Warnings are findings that do not keep a node from passing, such as clocks that the hardware holds down, persistence mode that is off,
    errors in the life of a GPU, or a driver that the other nodes do not have.
  - A node that failed fails the task, and so do an empty set and fewer nodes measured than O(min_coverage); all results are returned in any
    case.
  - The Jobs are deleted at the end, whatever happens. One that could not be deleted is named in RV(leftovers), fails the task, and is
    deleted by the cluster itself later.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - accelerated.nodes.options
  - accelerated.nodes.options.progress
options:
  node_pools:
    description: Names of the NodePools whose nodes are verified. Leave out for all nodes, those that Karpenter did not make included.
    type: list
    elements: str
  label_selectors:
    description: Kubernetes label selectors; a Node or NodeClaim must match each of them.
    type: list
    elements: str
  nodes:
    description: Names of Nodes, to verify only these.
    type: list
    elements: str
  provision:
    description:
      - NodePool to the number of its nodes that there must be. Where there are fewer NodeClaims, nodes are asked for.
      - These pools are verified, beside O(node_pools).
    type: dict
    default: {}
  provision_each:
    description:
      - Number of nodes that there must be in each of O(node_pools), as in O(provision). V(0) asks for none.
      - Without O(node_pools) these are all NodePools of the cluster whose requirements lead to accelerators.
    type: int
    default: 0
  images:
    description:
      - Image of the checks by accelerator (C(nvidia), C(neuron)), in place of the default one.
      - The container runtime injects C(nvidia-smi), so that any Linux image does for NVIDIA; an image for Neuron must hold C(neuron-ls).
    type: dict
    default: {}
  namespace:
    description:
      - Namespace of the Jobs. It is created if it does not exist, admitting only pods of the Pod Security Standard C(restricted), and stays.
      - One of its own keeps webhooks that change other pods away.
    type: str
    default: accelerated-nodes-verify
  expect:
    description:
      - What is expected of every node, beyond what its instance type has, or in place of that.
      - What is expected by name wins over what the cluster promises, and that over the collection's table of instance types.
    type: dict
    suboptions:
      driver_version:
        description: Oldest NVIDIA driver that will do, such as V(570) or V(580.65.06).
        type: str
      cuda_version:
        description: Oldest CUDA version that the driver must serve, such as V(12.8).
        type: str
      ecc:
        description: Whether ECC must be enabled on NVIDIA GPUs. Leave out for either.
        type: bool
      mig:
        description: Whether MIG must be enabled on NVIDIA GPUs.
        type: bool
        default: false
      mig_devices:
        description:
          - Profile to the number of MIG devices of it that each GPU must be divided into, such as V({1g.10gb: 7}), with O(expect.mig=true).
          - A device's profile is told by its memory, since the list of devices names no profiles.
        type: dict
      count:
        description: Number of devices of each node.
        type: int
      model:
        description: Words that the name of each GPU must have, such as V(H100 80GB).
        type: str
      memory_mib:
        description: Memory of each device in MiB, within 10 %.
        type: int
      cores:
        description: Physical NeuronCores of each Neuron device.
        type: int
      links:
        description: How many other Neuron devices of the node each one must be linked to, at least.
        type: int
      fabric:
        description: Whether the GPUs must take part in an NVSwitch fabric.
        type: bool
      pools:
        description:
          - NodePool to a mapping of these same options, for what is expected of its nodes in place of what is expected of all.
          - A NodePool that does not exist is refused.
        type: dict
  exclude:
    description:
      - Nodes that are left out of the verification on purpose. They are in the results with the verdict C(excluded) and the reason.
      - Each entry names nodes, by O(exclude[].nodes) or O(exclude[].match_labels).
    type: list
    elements: dict
    suboptions:
      nodes:
        description: Names of Nodes.
        type: list
        elements: str
      match_labels:
        description: Labels, all of which a Node must carry.
        type: dict
      reason:
        description: Why they are not verified, for the report.
        type: str
        required: true
  min_coverage:
    description:
      - Percent of the nodes, those left out that are excluded, that must have been measured, that is have passed or failed.
      - Where fewer were, as nodes are busy or nothing could be measured, the task fails as C(incomplete). A failed node fails it in any case.
    type: int
    default: 100
  max_parallel:
    description: How many checks run at the same time.
    type: int
    default: 100
  wait_timeout:
    description: Seconds for the nodes of O(provision) to become ready, and again for the checks.
    type: int
    default: 900
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the rights to list and watch nodeclaims, to list nodepools (apiGroup karpenter.sh) and to list nodes; in O(namespace) to create,
    delete, list and watch jobs, to list and watch pods and serviceaccounts, and to get pods/log; to get O(namespace), and to create it if
    it does not exist.
  - To tell a busy node from a broken one it lists the pods of all namespaces; without that right such a node is C(unknown).
  - With the right to list the events of all namespaces it quotes what they tell of nodes.
seealso:
  - module: accelerated.nodes.nodeclaim_wait
"""

EXAMPLES = r"""
- name: Verify all nodes of a pool
  accelerated.nodes.accelerator_verify:
    node_pools: [gpu]

- name: Ask for one node in each of two pools, and verify them
  accelerated.nodes.accelerator_verify:
    provision:
      gpu: 1
      trainium-trn1: 1
    expect:
      driver_version: "570"
      ecc: true
      pools:
        gpu: {cuda_version: "12.8"}
  register: accelerators

- name: Keep a report a person can look at
  ansible.builtin.copy:
    content: "{{ accelerators | accelerated.nodes.verification_report('html') }}"
    dest: accelerators.html
    mode: "0644"
"""

RETURN = r"""
nodes:
  description: Every node that should have accelerators.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The Node's name, or the NodeClaim's while there is no Node.
      type: str
    node_claim:
      description: The NodeClaim's name; empty for a node that Karpenter did not make.
      type: str
    node_pool:
      description: The NodePool's name; empty if there is none.
      type: str
    instance_type:
      description: EC2's name of the instance type.
      type: str
      sample: g4dn.xlarge
    accelerator:
      description: V(nvidia) or V(neuron).
      type: str
    verdict:
      description:
        - V(passed), V(failed), V(busy) (other pods hold the accelerators), V(unknown) (nothing could be measured) or V(excluded) (by
          O(exclude)).
      type: str
    reason:
      description: Why the node is excluded; empty for any other.
      type: str
    findings:
      description:
        - What is wrong, each with C(check), C(severity), C(expected), C(found), C(action), C(next_step) and C(device), empty for the node as
          a whole.
        - C(severity) is V(error), or V(warning) for what does not keep a node from passing.
        - C(action) is the class of what is to be done, V(replace), V(reboot), V(reset), V(repair_software) or V(watch).
      type: list
      elements: dict
    devices:
      description: What the tool listed, each with C(index), C(uuid), C(model), C(memory_mib), C(cores), C(bus_id), C(serial) and C(ecc).
      type: list
      elements: dict
    said_by_others:
      description:
        - What others say of the node's accelerators by its conditions, labels and events (EKS node monitoring agent, NVSentinel, Neuron's node
          problem detector, SageMaker HyperPod), each with C(source), C(mark), C(value), C(message) and C(healthy), null for an event.
        - None of it makes a node pass or fail. What contradicts the measurement, and an Xid that is quoted, is a finding of severity
          V(warning).
      type: list
      elements: dict
    expected_devices:
      description: How many devices the node should have; null if that is not known.
      type: int
    driver_version:
      description: Version of the accelerator's driver; empty where the tool gives none.
      type: str
    cuda_version:
      description: Newest CUDA version that the driver serves; empty where there is none.
      type: str
    duration:
      description: Seconds that the check took.
      type: float
summary:
  description:
    - C(total), the number of each verdict, C(warnings), the number of warnings, and C(text), a sentence.
    - C(coverage), the percent of the nodes that were measured, and C(outcome), V(passed), V(failed) or V(incomplete).
  returned: always
  type: dict
  sample:
    total: 3
    passed: 2
    failed: 1
    busy: 0
    unknown: 0
    excluded: 0
    warnings: 0
    coverage: 100.0
    outcome: failed
    text: "verified 2 of 3 nodes: 1 failed"
leftovers:
  description: A sentence for each Job that could not be deleted.
  returned: always
  type: list
  elements: str
plan:
  description: What would be done, in words.
  returned: in check mode
  type: list
  elements: str
verdict:
  description: Why nodes that were asked for are not ready, as M(accelerated.nodes.nodeclaim_wait) returns it.
  returned: when O(provision) failed
  type: dict
"""

from ansible_collections.accelerated.nodes.plugins.module_utils._module import (
    PROGRESS_OPTIONS,
    AcceleratorModule,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._request import request_from
from ansible_collections.accelerated.nodes.plugins.module_utils._verify import Verification

OPTIONS = {
    **PROGRESS_OPTIONS,
    "node_pools": {"type": "list", "elements": "str"},
    "label_selectors": {"type": "list", "elements": "str"},
    "nodes": {"type": "list", "elements": "str"},
    "provision": {"type": "dict", "default": {}},
    "provision_each": {"type": "int", "default": 0},
    "images": {"type": "dict", "default": {}},
    "namespace": {"type": "str", "default": "accelerated-nodes-verify"},
    "expect": {
        "type": "dict",
        "options": {
            "driver_version": {"type": "str"},
            "cuda_version": {"type": "str"},
            "ecc": {"type": "bool"},
            "mig": {"type": "bool", "default": False},
            "mig_devices": {"type": "dict"},
            "count": {"type": "int"},
            "model": {"type": "str"},
            "memory_mib": {"type": "int"},
            "cores": {"type": "int"},
            "links": {"type": "int"},
            "fabric": {"type": "bool"},
            "pools": {"type": "dict"},
        },
    },
    "exclude": {
        "type": "list",
        "elements": "dict",
        "options": {
            "nodes": {"type": "list", "elements": "str"},
            "match_labels": {"type": "dict"},
            "reason": {"type": "str", "required": True},
        },
    },
    "min_coverage": {"type": "int", "default": 100},
    "max_parallel": {"type": "int", "default": 100},
    "wait_timeout": {"type": "int", "default": 900},
}


def verify(module: AcceleratorModule) -> dict:
    """Verify as the options say; in check mode only say what would be done."""
    verification = Verification(module.client(), request_from(module.params), module.progress)
    return verification.plan() if module.check_mode else verification.run()


def main() -> None:
    AcceleratorModule(OPTIONS).run(verify)


if __name__ == "__main__":
    main()
