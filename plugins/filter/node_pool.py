# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter node_pool: short pool descriptions to Karpenter's EC2NodeClass and NodePool."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_pool
short_description: Turn short pool descriptions into Karpenter's EC2NodeClass and NodePool
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Renders short descriptions of node pools as C(karpenter.k8s.aws/v1) EC2NodeClass and C(karpenter.sh/v1) NodePool, and what a kind of pool
    needs besides.
  - Refuses, with a sentence for each thing that is wrong, what Karpenter would accept and never launch a node for, such as an
    arm64 family with C(amd64), or an accelerator pool that nothing caps.
  - Needs neither cluster nor AWS.
options:
  _input:
    description: One description, or a list of them.
    type: raw
    required: true
    suboptions:
      name:
        description: Name of the NodePool, and of its EC2NodeClass unless O(_input.node_class) is given.
        type: str
        required: true
      accelerator:
        description:
          - The accelerator of the pool's instances.
          - Inferred from the instances that the description picks when left out.
          - An accelerator pool gets the accelerator's taint, needs its limit, and keeps its nodes until they are empty for five minutes.
        type: str
        choices: [nvidia, neuron, none]
      instance_categories:
        description: Instance categories, such as C(g) or C(trn).
        type: list
        elements: str
      instance_families:
        description: Instance families, such as C(g4dn).
        type: list
        elements: str
      instance_types:
        description: Instance types, such as C(trn1.2xlarge).
        type: list
        elements: str
      gpu_manufacturers:
        description: Manufacturers of GPUs, such as C(nvidia).
        type: list
        elements: str
      gpu_names:
        description: Names of GPUs as Karpenter's label C(karpenter.k8s.aws/instance-gpu-name) has them, such as C(t4).
        type: list
        elements: str
      capacity_types:
        description: V(on-demand), V(spot) or V(reserved); [on-demand] when left out.
        type: list
        elements: str
      architectures:
        description: V(amd64) or V(arm64); when left out, those of the families and types that are named, else [amd64].
        type: list
        elements: str
      zones:
        description: Availability zones; all that the subnets offer when left out.
        type: list
        elements: str
      requirements:
        description: Requirements as Karpenter's API has them (key, operator, values, minValues), after the others.
        type: list
        elements: dict
      limits:
        description:
          - The most that the pool may hold, by resource.
          - An accelerator pool needs C(nvidia.com/gpu) or C(aws.amazon.com/neuron) among them.
        type: dict
      labels:
        description: Labels of the pool's nodes. NVIDIA pools get C(nvidia.com/gpu.present) besides, which the device plugin asks for.
        type: dict
      taints:
        description: Taints of the pool's nodes; when left out, an accelerator pool gets its resource's name with NoSchedule.
        type: list
        elements: dict
      startup_taints:
        description: Taints that something removes once a node has started.
        type: list
        elements: dict
      expire_after:
        description: Age at which Karpenter replaces a node, such as C(720h) or C(Never).
        type: str
      disruption:
        description: The NodePool's C(spec.disruption), over the default of an accelerator pool (WhenEmpty after 5m).
        type: dict
      weight:
        description: Priority among pools, 1 to 100.
        type: int
      node_role:
        description: IAM role of the nodes.
        type: str
      ami_alias:
        description:
          - Image alias, such as C(al2023@v20261110).
          - C(@latest) is refused unless O(_input.allow_latest_ami) is set, since each new image would replace the pool's nodes.
        type: str
      allow_latest_ami:
        description: Accept C(@latest) in O(_input.ami_alias).
        type: bool
      volume:
        description:
          - The volume that holds images (size, type, iops, throughput, encrypted, kms_key_id).
          - 100Gi of encrypted gp3 for an accelerator pool, Karpenter's default for others.
        type: dict
      tags:
        description: Tags of the pool's instances, over those of the defaults.
        type: dict
      subnet_selector:
        description: The class's C(subnetSelectorTerms); subnets with the cluster's discovery tag when left out.
        type: list
        elements: dict
      security_group_selector:
        description: The class's C(securityGroupSelectorTerms); groups with the cluster's discovery tag when left out.
        type: list
        elements: dict
      node_class:
        description: Name of an EC2NodeClass that exists already; none is made then.
        type: str
      node_class_spec:
        description: Fields of the EC2NodeClass's C(spec) as Karpenter's API has them, merged over everything else; lists are replaced.
        type: dict
      node_pool_spec:
        description: Fields of the NodePool's C(spec) as Karpenter's API has them, merged over everything else; lists are replaced.
        type: dict
      allow_unlimited_accelerators:
        description: Accept an accelerator pool without a limit on its accelerators.
        type: bool
      replicas:
        description:
          - A fixed number of nodes, which are there without any pod that asks for them (static capacity).
          - Only the limit C(nodes) is taken beside it, and no O(_input.weight). Karpenter refuses to change a pool from one kind to the other.
          - Needs Karpenter's feature gate C(StaticCapacity).
        type: int
      capacity_reservations:
        description:
          - On-Demand Capacity Reservations and Capacity Blocks that nodes are launched into, each an ID such as C(cr-0123456789abcdef0), or a
            term of the class's C(capacityReservationSelectorTerms).
          - Needs V(reserved) among O(_input.capacity_types).
        type: list
        elements: raw
      efa_interfaces:
        description:
          - Number of EFA-only interfaces that each instance is launched with, one on each network card beside the primary interface. Karpenter
            then launches types that have as many only, whether a pod asks for C(vpc.amazonaws.com/efa) or not.
          - The EFA device plugin is not installed by this collection.
        type: int
      gpu_shares:
        description:
          - Number of pods that share each NVIDIA GPU in turn (time-slicing). The pool's C(nvidia.com/gpu) are shares then, those of its limit
            too.
          - From this one value follow the device plugin's configuration (role P(accelerated.nodes.nvidia#role)), the labels by which its nodes
            choose it, and a NodeOverlay by which Karpenter knows of the shares. A pool of Bottlerocket gets it in its user data.
          - Needs Karpenter's feature gate C(NodeOverlay).
        type: int
      protect_from_drift:
        description:
          - V(always) to have no node replaced because its image or its pool changed, or C(schedule) and C(duration) of the time (UTC) in which
            none is. It becomes a budget, beside those of O(_input.disruption), and beside Karpenter's default of 10% where there are none.
          - Asks for O(_input.expire_after), as budgets do not hold back expiry.
        type: raw
      instance_profile:
        description: Instance profile of the nodes, in place of O(_input.node_role), for VPCs from which Karpenter cannot reach IAM.
        type: str
      auto_mode:
        description:
          - Whether EKS Auto Mode runs the pool. Its requirements then have Auto Mode's labels, and it refers to the NodeClass C(default), to
            O(_input.node_class), or to one of its own where an option asks for something of a class.
          - Karpenter and device plugins are not needed for such pools. The NodeClass was never held against a server that knows the kind.
        type: bool
  defaults:
    description: What descriptions leave out.
    type: dict
    default: {}
    suboptions:
      cluster_name:
        description: Name of the cluster, the value of the tag C(karpenter.sh/discovery) on subnets and security groups.
        type: str
      node_role:
        description: IAM role of the nodes.
        type: str
      ami_alias:
        description: Image alias for classes that have none.
        type: str
      pinned_ami_aliases:
        description: Image alias by name of EC2NodeClass, from what the cluster has, so that a second run changes none.
        type: dict
      tags:
        description: Tags of all instances.
        type: dict
      instance_profile:
        description: Instance profile of pools that name neither a profile nor a role. It goes before O(defaults.node_role).
        type: str
      isolated_vpc:
        description: Whether Karpenter cannot reach IAM. A class with a role is refused then.
        type: bool
"""

EXAMPLES = r"""
- name: Make a pool of GPU nodes
  kubernetes.core.k8s:
    apply: true
    server_side_apply:
      field_manager: accelerated.nodes
    definition: "{{ pool | accelerated.nodes.node_pool(defaults) }}"
  vars:
    defaults:
      cluster_name: my-cluster
      node_role: KarpenterNodeRole-my-cluster
      ami_alias: al2023@v20261110
    pool:
      name: gpu
      instance_families: [g4dn, g5]
      limits:
        nvidia.com/gpu: 8
"""

RETURN = r"""
_value:
  description: The manifests, each pool's class before its NodePool, and its NodeOverlays after it.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import (
    PoolError,
    manifests,
)


def node_pool(descriptions: Any, defaults: Optional[Mapping[str, Any]] = None) -> list[dict[str, Any]]:
    """Return the manifests of one description or a list of them.

    Raises:
        AnsibleFilterError: With a sentence for each thing that is wrong.
    """
    try:
        return manifests(descriptions, defaults)
    except PoolError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"node_pool": node_pool}
