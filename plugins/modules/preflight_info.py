#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
short_description: Check AWS and the cluster before Karpenter, device plugins and node pools are installed
version_added: 0.1.0
description:
  - Asks AWS and the cluster, in one run, whether what is to be installed can work there. All findings are returned at once, each with what is
    wrong, where, and the next step.
  - A check that cannot be made, such as without a right, is C(not_checked) with the reason, and never passed.
  - Findings do not fail the module; the role P(accelerated.nodes.preflight#role) refuses to go on with errors. What fails is that AWS takes
    no credentials or gives no answer, or that there is no such cluster, so that nothing can be said.
  - Changes nothing. The rights that each check needs are in docs/preflight.md.
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  cluster_name:
    description: Name of the EKS cluster.
    type: str
    required: true
  karpenter_version:
    description: Version of the Karpenter that is to run.
    type: str
    required: true
  karpenter_replicas:
    description: Number of replicas of its controller.
    type: int
    default: 2
  karpenter_tolerations:
    description: Tolerations of its pods.
    type: list
    elements: dict
    default: [{key: CriticalAddonsOnly, operator: Exists}]
  isolated_vpc:
    description: Whether Karpenter is told that its VPC has no way to AWS' public endpoints.
    type: bool
    default: false
  interruption_queue:
    description: Name of the interruption queue; empty for none.
    type: str
    default: ""
  pod_identity:
    description: Whether the controller gets its credentials by Pod Identity.
    type: bool
    default: true
  controller_role:
    description: Name or ARN of the controller's IAM role, whose rights are simulated; empty where it is not known.
    type: str
    default: ""
  node_role:
    description: Name of the nodes' IAM role.
    type: str
    default: ""
  instance_profile:
    description: Name of the instance profile of pools that name neither one nor a role; empty for none.
    type: str
    default: ""
  node_access:
    description: How nodes are to be let in, as O(accelerated.nodes.eks_prerequisites#role:main:eks_prerequisites_node_access).
    type: str
    choices: [auto, access_entry, aws_auth]
    default: auto
  node_pools:
    description: Descriptions of the node pools, as the filter P(accelerated.nodes.node_pool#filter) takes them.
    type: list
    elements: dict
    default: []
  ami_family:
    description: Family of the images of pools that name none.
    type: str
    default: al2023
  ami_version:
    description: Release of these images; empty for the one that AWS recommends.
    type: str
    default: ""
  kubernetes_version:
    description: Kubernetes version of the images; empty for the cluster's.
    type: str
    default: ""
  discovery_tags:
    description: Whether subnets and security groups are to be tagged for discovery, so that they count as tagged already.
    type: bool
    default: true
  subnet_ids:
    description: Subnets that are to be tagged; empty for the cluster's private ones, or all of its where none is private.
    type: list
    elements: str
    default: []
  security_group_ids:
    description: Security groups that are to be tagged; empty for the one that EKS made for the cluster.
    type: list
    elements: str
    default: []
  spot_role:
    description: Whether the Spot service-linked role is to be made where it is missing.
    type: bool
    default: true
  nvidia_method:
    description: What is to bring NVIDIA's device plugin.
    type: str
    choices: [device_plugin, gpu_operator]
    default: device_plugin
  device_plugins:
    description: The DaemonSets that nodes of accelerator pools need.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: As a person calls it.
        type: str
        required: true
      accelerator:
        description: On the nodes of which pools it runs.
        type: str
        choices: [nvidia, neuron]
        required: true
      tolerations:
        description: All of its tolerations.
        type: list
        elements: dict
        default: []
      required:
        description: Whether the nodes never get ready without it.
        type: bool
        default: true
      option:
        description: The option that adds to its tolerations, for the next step.
        type: str
        default: ""
  skip:
    description: Names of checks to leave out.
    type: list
    elements: str
    default: []
  kubeconfig:
    description: Kubeconfig file of the cluster, or its content. Defaults to the one that C(K8S_AUTH_KUBECONFIG), C(KUBECONFIG) or the home
      folder names.
    type: raw
  context:
    description: Context in the kubeconfig. Defaults to its current context, or C(K8S_AUTH_CONTEXT).
    type: str
extends_documentation_fragment:
  - accelerated.nodes.options.looks_at_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
requirements:
  - kubernetes >= 24.2.0
notes:
  - Other authentication options of the cluster are taken from kubernetes.core's variables, C(K8S_AUTH_*).
seealso:
  - module: accelerated.nodes.eks_cluster_info
  - module: accelerated.nodes.eks_ami_info
"""

EXAMPLES = r"""
- name: Look whether a pool of GPUs would come up
  accelerated.nodes.preflight_info:
    cluster_name: production
    region: us-west-2
    karpenter_version: 1.14.3
    node_pools:
      - name: gpu
        instance_families: [g5]
        limits: {nvidia.com/gpu: 8}
  register: preflight

- name: Show the table
  ansible.builtin.debug:
    msg: "{{ preflight.table }}"

- name: Stop where something is wrong
  ansible.builtin.assert:
    that: preflight.summary.ok
    fail_msg: "{{ preflight.refusal }}"
"""

RETURN = r"""
checks:
  description: What has come of each check, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: vcpu_quotas
    state:
      description: V(error), V(warning), V(not_checked), V(passed) or V(skipped); the worst of its findings.
      type: str
      sample: error
    saw:
      description: What it saw, in a few words.
      type: str
      sample: "vCPUs: G and VT on-demand 0"
findings:
  description: All that is wrong, or could not be looked at.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description: Name of the check.
      type: str
      sample: vcpu_quotas
    severity:
      description: V(error), V(warning) or V(not_checked).
      type: str
      sample: error
    what:
      description: What is wrong, in a sentence.
      type: str
      sample: >-
        The quota 'Running On-Demand G and VT instances' (L-DB2E81BA) is 0 vCPUs, and the pool's smallest on-demand instance has 4: EC2 refuses
        every launch, which Karpenter tells like a lack of capacity.
    where:
      description: The object that it is about.
      type: str
      sample: node pool gpu
    next_step:
      description: What to do.
      type: str
      sample: Ask for more by `aws service-quotas request-service-quota-increase ...`
    documentation:
      description: Address of the check's entry in the documentation.
      type: str
      sample: https://github.com/ansible-collections/accelerated.nodes/tree/main/docs/preflight.md#vcpu_quotas
refusal:
  description: All errors in one text; empty when there is none.
  returned: success
  type: str
  sample: ""
summary:
  description: Numbers of checks by state, for C(set_stats).
  returned: success
  type: dict
  contains:
    cluster:
      description: Name of the cluster.
      type: str
      sample: production
    region:
      description: Its region.
      type: str
      sample: us-west-2
    ok:
      description: Whether no check ended with an error.
      type: bool
      sample: false
    error:
      description: Number of checks that found an error.
      type: int
      sample: 1
    warning:
      description: Number of checks that found a warning and no error.
      type: int
      sample: 0
    not_checked:
      description: Number of checks that could not be made.
      type: int
      sample: 1
    passed:
      description: Number of checks that found nothing.
      type: int
      sample: 13
    skipped:
      description: Number of checks that were left out.
      type: int
      sample: 0
table:
  description: The same for a reader, line by line.
  returned: success
  type: list
  elements: str
  sample: ["Preflight of cluster production in us-west-2: 17 passed"]
"""

import os
from types import SimpleNamespace

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import client_from
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import problems
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._plan import plan_of
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._preflight import (
    NAMES,
    facts_wanted,
    outcomes,
    refusal,
    result,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._reading import Sources, read
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

DEVICE_PLUGIN = {
    "name": {"type": "str", "required": True},
    "accelerator": {"type": "str", "choices": ["nvidia", "neuron"], "required": True},
    "tolerations": {"type": "list", "elements": "dict", "default": []},
    "required": {"type": "bool", "default": True},
    "option": {"type": "str", "default": ""},
}
ARGUMENTS = {
    "cluster_name": {"type": "str", "required": True},
    "karpenter_version": {"type": "str", "required": True},
    "karpenter_replicas": {"type": "int", "default": 2},
    "karpenter_tolerations": {"type": "list", "elements": "dict", "default": [{"key": "CriticalAddonsOnly", "operator": "Exists"}]},
    "isolated_vpc": {"type": "bool", "default": False},
    "interruption_queue": {"type": "str", "default": ""},
    "pod_identity": {"type": "bool", "default": True},
    "controller_role": {"type": "str", "default": ""},
    "node_role": {"type": "str", "default": ""},
    "instance_profile": {"type": "str", "default": ""},
    "node_access": {"type": "str", "choices": ["auto", "access_entry", "aws_auth"], "default": "auto"},
    "node_pools": {"type": "list", "elements": "dict", "default": []},
    "ami_family": {"type": "str", "default": "al2023"},
    "ami_version": {"type": "str", "default": ""},
    "kubernetes_version": {"type": "str", "default": ""},
    "discovery_tags": {"type": "bool", "default": True},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_ids": {"type": "list", "elements": "str", "default": []},
    "spot_role": {"type": "bool", "default": True},
    "nvidia_method": {"type": "str", "choices": ["device_plugin", "gpu_operator"], "default": "device_plugin"},
    "device_plugins": {"type": "list", "elements": "dict", "options": DEVICE_PLUGIN, "default": []},
    "skip": {"type": "list", "elements": "str", "default": []},
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
}


def examine(params: dict, region: str, sources: Sources) -> dict:
    """The module's result; raises CollectionError where an option is wrong or nothing can be said."""
    unknown = [name for name in params["skip"] if name not in NAMES]
    if unknown:
        raise CollectionError(f"skip (preflight_skip) has '{unknown[0]}', which is no check. The checks are {', '.join(NAMES)}.")
    wrong = problems(params["node_pools"])
    if wrong:
        raise CollectionError(" ".join(wrong))
    plan = plan_of(params, region)
    facts = read(plan, sources, facts_wanted(params["skip"]))
    found = outcomes(plan, facts, params["skip"])
    return {"changed": False, **result(plan, found), "refusal": refusal(plan, found)}


def sources_of(module) -> Sources:
    """AWS by the module's own options, the cluster by kubeconfig and context and by kubernetes.core's variables."""
    clients: dict = {}

    def aws(service: str):
        if service not in clients:
            clients[service] = module.client(service)
        return clients[service]

    # The options that both have, such as validate_certs, are AWS' here.
    params = {**dict.fromkeys(AUTH_ARG_SPEC), "kubeconfig": module.params["kubeconfig"], "context": module.params["context"]}

    def kubernetes():
        if "kubernetes" not in clients:
            clients["kubernetes"] = client_from(SimpleNamespace(params=params))
        return clients["kubernetes"]

    return Sources(aws, kubernetes, named(module.params["kubeconfig"]))


def named(kubeconfig) -> str:
    """How to call the kubeconfig; its content holds credentials and is never shown."""
    if isinstance(kubeconfig, dict):
        return "eks_kubeconfig (given by its content)"
    return f"eks_kubeconfig '{kubeconfig or os.environ.get('K8S_AUTH_KUBECONFIG') or 'from the environment'}'"


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        outcome = examine(module.params, module.region, sources_of(module))
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
