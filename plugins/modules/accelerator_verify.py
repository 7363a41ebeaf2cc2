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
      - NodePool to the number of its nodes that there must be. Where there are fewer NodeClaims, as many nodes are asked for as are missing,
        whether those that are there are busy or idle.
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
          - "Profile to the number of MIG devices of it that each GPU must be divided into, such as V({1g.10gb: 7}), with O(expect.mig=true)."
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
    description:
      - Seconds for the nodes of O(provision) to become ready and for all looks at nodes, together. Of them, O(check_timeout), but a quarter
        at most, is kept for the checks of the nodes that have come.
      - Not in it are the tests of O(compute), which have each their C(timeout), and O(give_back), for which as many seconds count anew.
      - Reading what checks have left that did not end, and deleting their Jobs, comes on top, a minute or so at most.
    type: int
    default: 900
  check_timeout:
    description:
      - Seconds for the check of one node, from the start of its pod, the pull of its image included. The check also ends with O(wait_timeout).
      - A check that takes longer is ended. Its node is C(unknown), with the last lines of the check's log, the events of its pod, and what has
        become of the node. Where the tool itself was ended, as it hung, the node has C(failed).
    type: int
    default: 300
  settle_timeout:
    description:
      - Seconds for which a node is looked at again whose state may mend itself, such as an NVSwitch fabric that is in progress, or a device
        plugin that has not registered every device yet on a node younger than 10 minutes. V(0) takes each node as it is first seen.
    type: int
    default: 120
  repeat:
    description:
      - How often each node is looked at. It passes if it was good each time; what was bad only sometimes is the finding C(flapping).
    type: int
    default: 1
  level:
    description:
      - V(quick) lists each node's accelerators. V(full) then tests each node that has passed, by its isolation and by O(compute).
      - Isolation means that a pod without a request sees no device, and that two pods which request half of the devices each see
        different ones; on a node with one device only the first is tested.
    type: str
    choices: [quick, full]
    default: quick
  compute:
    description:
      - Tests by accelerator (C(nvidia), C(neuron)), each a computation by an image of yours on all accelerators of each node, one after the
        other. Without an image nothing is computed.
      - Each has C(name), C(image) and C(command) (a list), and may have C(must_contain) and C(must_not_contain) (lists of texts in its
        output), C(minimum) with C(pattern) (a regular expression with one group, whose last match counts) and C(value), and C(timeout)
        (seconds, V(600) by default, the time to pull its image included).
      - Needs O(level=full).
    type: dict
    default: {}
  probe:
    description:
      - V(scheduled) looks at nodes by a pod that requests their accelerators. V(privileged) looks at busy nodes too, by a privileged pod
        without a request that sees all devices of the node, and judges them by what it lists.
      - O(namespace) must then exist and admit privileged pods (label C(pod-security.kubernetes.io/enforce=privileged)).
    type: str
    choices: [scheduled, privileged]
    default: scheduled
  on_failure:
    description:
      - What becomes of a node that fails. V(taint) gives it the taint C(accelerated.nodes/failed=<check>:NoSchedule), V(cordon) cordons it.
      - An annotation says that this collection did it. That, and nothing that others have set, is taken away when the node passes later.
    type: str
    choices: [none, taint, cordon]
    default: none
  mark:
    description:
      - Whether nodes that pass get the label C(accelerated.nodes/verified) with the date, and nodes that no longer pass lose it. One that is
        busy or excluded keeps it. A label that others have set is left alone.
    type: bool
    default: false
  give_back:
    description:
      - Whether nodes that exist only because this run made Karpenter provision them are given back at the end, that is their NodeClaims
        deleted, and waited for until they are gone. One whose accelerators other pods use by then is kept, with a warning.
      - A task that is interrupted has them deleted as well, and does not wait for them.
    type: bool
    default: false
  evidence:
    description:
      - Directory, on the machine where the module runs, for an evidence bundle of this run, with what each tool printed and each verdict needs,
        versions, the report, and the sums of all that. It must be new, empty, or an earlier bundle, which is replaced.
      - No credential is written there. In check mode nothing is.
    type: path
  from_evidence:
    description:
      - Directory of an evidence bundle, to judge what it keeps again instead of looking at nodes. No cluster is asked, and all other options but
        O(compare_with) are without effect, since the bundle holds what was expected.
      - The sums of all its files are checked first, and one that was changed, added or removed is named and fails the task.
    type: path
    aliases: [from]
  compare_with:
    description: Directory of the evidence bundle of an earlier run, to say in RV(comparison) what is not as it was. Its sums are checked first.
    type: path
  registry:
    description:
      - Registry that mirrors what is public, host and optional path without a scheme. The default images of the checks are then taken from
        there, by the path that they have at home; O(images) and the images of O(compute) stay as they are given.
    type: str
    default: ""
  history:
    description:
      - Directory, on the machine where the module runs, of the evidence bundles of earlier runs. The run adds its own, and says in RV(comparison)
        what is not as it was in the last one that is whole and has measured a node.
      - Whatever is wrong with it, such as a bundle that was changed or a disk that is full, is a warning, and has no part in how the run ends.
      - Runs of other nodes, such as those of one NodePool, need a directory of their own.
    type: path
  history_keep:
    description: How many bundles O(history) keeps; older ones are removed.
    type: int
    default: 30
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the rights to list and watch nodeclaims, to list nodepools (apiGroup karpenter.sh) and to list nodes; in O(namespace) to create,
    delete, list and watch jobs, to list and watch pods, to get pods/log and to list serviceaccounts and events; to get O(namespace), and to
    create it if it does not exist. The collection's examples/rbac/accelerator_verify.yml is a role of exactly what it needs.
  - What a check prints is read up to 4 MiB. One that prints more has C(failed).
  - SIGTERM, SIGINT and SIGHUP end the task by way of deleting its Jobs, and so does the end of whatever reads its result. Nodes that exist
    only because of it are given back with O(give_back), and named without.
  - To tell a busy node from a broken one it lists the pods of all namespaces; without that right such a node is C(unknown).
  - With the right to list the events of all namespaces it quotes what they tell of nodes.
  - What could not be seen for want of a right is in the warnings, with the rule that is missing.
  - O(on_failure) and O(mark) need the rights to get and patch nodes, O(give_back) to delete nodeclaims. To recognise nodes that dynamic resource
    allocation serves it lists resourceslices (apiGroup resource.k8s.io).
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

- name: Verify a pool in depth, and keep pods away from nodes that fail
  accelerated.nodes.accelerator_verify:
    node_pools: [gpu]
    repeat: 3
    level: full
    compute:
      nvidia:
        - name: vectorAdd
          image: registry.example.com/cuda-sample:vectoradd-cuda12.5.0
          command: [/cuda-samples/vectorAdd]
          must_contain: [Test PASSED]
    on_failure: taint
    mark: true

- name: Prove that the pool scales from zero and back
  accelerated.nodes.accelerator_verify:
    provision: {gpu: 1}
    give_back: true
- name: Keep evidence, and say what is not as it was in the last run
  accelerated.nodes.accelerator_verify:
    node_pools: [gpu]
    evidence: /var/lib/verification/this-week
    compare_with: /var/lib/verification/last-week

- name: Judge kept evidence again, without a cluster
  accelerated.nodes.accelerator_verify:
    from_evidence: /var/lib/verification/last-week

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
    probe:
      description: How the node was looked at, V(scheduled) or V(privileged).
      type: str
    tests:
      description:
        - What was tested beyond the listing, each with C(name), C(kind) (V(isolation) or V(compute)), C(outcome) (V(passed), V(failed),
          V(unknown) or V(skipped)), C(reason), C(image), C(exit_code), C(output) (the last of it), C(cut), C(value) and C(seconds).
      type: list
      elements: dict
    marked:
      description: What was set on the Node or removed from it, in words.
      type: list
      elements: str
    zone:
      description: Availability zone of the node; empty if nothing says it.
      type: str
    capacity_type:
      description: V(on-demand), V(spot) or V(reserved), as Karpenter's label says it; empty if it does not.
      type: str
    looks:
      description: Numbers of the looks at the node that the verdict comes from; empty for a node that no Job was run on.
      type: list
      elements: int
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
provisioned:
  description: The NodeClaims that exist only because this run asked for nodes. Times are UTC; C(ready_at) is empty for one that is not ready.
  returned: when nodes were verified
  type: list
  elements: dict
  sample:
    - node_pool: gpu
      node_claim: gpu-x7k2p
      asked_at: "2026-11-29T10:00:00Z"
      ready_at: "2026-11-29T10:01:40Z"
given_back:
  description: The NodeClaims that were given back. C(gone_at) is empty for one that was not waited for, as the task was interrupted.
  returned: when nodes were verified
  type: list
  elements: dict
  sample:
    - node_claim: gpu-x7k2p
      deleted_at: "2026-11-29T10:02:10Z"
      gone_at: "2026-11-29T10:02:55Z"
plan:
  description: What would be done, in words.
  returned: in check mode
  type: list
  elements: str
evidence:
  description: Where the evidence bundle is, C(path), and the SHA-256 of its manifest, C(manifest_sha256).
  returned: with O(evidence) or O(history)
  type: dict
comparison:
  description:
    - What is not as it was in the bundle C(with), of the run that began at C(time).
    - C(new), C(still_failing) and C(mended) list findings that are errors, by node, check and device; C(not_looked_at) those that are gone from
      nodes that could not be measured this time.
    - C(missing) and C(appeared) list nodes, and C(devices) the UUIDs that are on another node than before (C(was_on), C(is_on)), or on none.
  returned: with O(compare_with), or with O(history) where there was a bundle to compare with
  type: dict
history:
  description: The directory (C(path)), this run's bundle, empty if it could not be written (C(bundle)), the one that it was compared with
    (C(compared_with)), if there was none a sentence that says so (C(text)), and what went wrong (C(troubles)).
  returned: with O(history)
  type: dict
verdict:
  description: Why nodes that were asked for are not ready, as M(accelerated.nodes.nodeclaim_wait) returns it.
  returned: when O(provision) failed
  type: dict
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import INTERRUPTION
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import (
    PROGRESS_OPTIONS,
    AcceleratorModule,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.evidence._evidence_run import EvidenceRun
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._request import request_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verify import Verification

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
    "check_timeout": {"type": "int", "default": 300},
    "settle_timeout": {"type": "int", "default": 120},
    "repeat": {"type": "int", "default": 1},
    "level": {"type": "str", "choices": ["quick", "full"], "default": "quick"},
    "compute": {"type": "dict", "default": {}},
    "probe": {"type": "str", "choices": ["scheduled", "privileged"], "default": "scheduled"},
    "on_failure": {"type": "str", "choices": ["none", "taint", "cordon"], "default": "none"},
    "mark": {"type": "bool", "default": False},
    "give_back": {"type": "bool", "default": False},
    "evidence": {"type": "path"},
    "from_evidence": {"type": "path", "aliases": ["from"]},
    "compare_with": {"type": "path"},
    "registry": {"type": "str", "default": ""},
    "history": {"type": "path"},
    "history_keep": {"type": "int", "default": 30},
}


def verify(module: AcceleratorModule) -> dict:
    """Verify as the options say; in check mode only say what would be done."""
    evidence = EvidenceRun(module.params)
    if evidence.kept:
        return evidence.judge_again()
    client, request = module.client(), request_from(module.params)
    evidence.keep(client, request)
    verification = Verification(client, request, module.progress, evidence.observe)
    if module.check_mode:
        return verification.plan()
    INTERRUPTION.listen()
    try:
        return evidence.ended(verification.run)
    finally:
        INTERRUPTION.over()


def main() -> None:
    alone = [("history", each) for each in ("evidence", "from_evidence", "compare_with")]
    AcceleratorModule(OPTIONS, mutually_exclusive=[("evidence", "from_evidence"), *alone]).run(verify)


if __name__ == "__main__":
    main()
