#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster_info
version_added: 0.1.0
short_description: Read what an EKS cluster is and has
description:
  - Reads one EKS cluster, with its subnets (public or private) and its addons, as far as Karpenter's prerequisites depend on them.
  - Needs the rights C(eks:DescribeCluster), C(eks:ListAddons), C(ec2:DescribeSubnets) and C(ec2:DescribeRouteTables). With
    C(eks:ListClusters) as well, the message about an unknown cluster names those that there are.
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
    aliases: [cluster_name]
  must_exist:
    description: Whether an unknown cluster is an error. When V(false), RV(cluster) is null for it.
    type: bool
    default: true
  node_role_name:
    description:
      - Name of an IAM role of the cluster's account, to read the access entry that the cluster has for it. Needs the right
        C(eks:DescribeAccessEntry).
    type: str
  oidc_provider:
    description:
      - Whether to look in IAM for the provider of the cluster's OIDC issuer. Needs the right C(iam:GetOpenIDConnectProvider).
    type: bool
    default: false
extends_documentation_fragment:
  - accelerated.nodes.options.looks_at_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: amazon.aws.cloudformation
"""

EXAMPLES = r"""
- name: Read the cluster
  accelerated.nodes.eks_cluster_info:
    name: production
    region: us-west-2
  register: eks

- name: Show its private subnets
  ansible.builtin.debug:
    msg: "{{ eks.cluster.subnets | rejectattr('public') | map(attribute='subnet_id') }}"
"""

RETURN = r"""
cluster:
  description: The cluster; null when there is none of that name and O(must_exist=false).
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: production
    arn:
      description: Its ARN.
      type: str
      sample: arn:aws:eks:us-west-2:123456789012:cluster/production
    status:
      description: Its state, V(ACTIVE) when it can be used.
      type: str
      sample: ACTIVE
    version:
      description: Its Kubernetes version.
      type: str
      sample: "1.36"
    endpoint:
      description: URL of its API server.
      type: str
      sample: https://0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com
    authentication_mode:
      description: V(API), V(API_AND_CONFIG_MAP) or V(CONFIG_MAP); the last knows no access entries.
      type: str
      sample: API_AND_CONFIG_MAP
    oidc_issuer:
      description: URL of its OIDC issuer.
      type: str
      sample: https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF
    auto_mode:
      description: Whether EKS Auto Mode is on.
      type: bool
      sample: false
    vpc_id:
      description: Its VPC.
      type: str
      sample: vpc-0a1b2c3d4e5f67890
    subnets:
      description: The subnets that it was made with.
      type: list
      elements: dict
      contains:
        subnet_id:
          description: ID of the subnet.
          type: str
          sample: subnet-0a1b2c3d4e5f67890
        availability_zone:
          description: Its zone.
          type: str
          sample: us-west-2a
        public:
          description: Whether its routes lead to an internet gateway.
          type: bool
          sample: false
        tags:
          description: Its tags.
          type: dict
          sample: {"kubernetes.io/role/internal-elb": "1"}
    security_group_ids:
      description: Security groups that its maker gave it.
      type: list
      elements: str
      sample: [sg-0a1b2c3d4e5f67890]
    cluster_security_group_id:
      description: The security group that EKS made for it.
      type: str
      sample: sg-0f9e8d7c6b5a43210
    addons:
      description: Names of the EKS addons that are installed.
      type: list
      elements: str
      sample: [coredns, eks-pod-identity-agent, kube-proxy, vpc-cni]
    pod_identity_agent:
      description: Whether EKS runs the Pod Identity agent, as the addon or as part of Auto Mode.
      type: bool
      sample: true
    node_access_entry:
      description:
        - Type, user name and groups of the access entry of O(node_role_name); null when there is none, when it is not asked for, and where the
          cluster's authentication mode knows none.
      type: dict
      sample: {"type": "EC2_LINUX", "username": "system:node:{{EC2PrivateDNSName}}", "kubernetes_groups": ["system:nodes"]}
    oidc_provider:
      description: ARN and audiences of the provider in IAM; null when there is none, and unless O(oidc_provider=true).
      type: dict
      sample: {"arn": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF", "audiences": ["sts.amazonaws.com"]}
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._cluster_reading import (
    read_access_entry,
    read_cluster,
    read_oidc_provider,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

ARGUMENTS = {
    "name": {"type": "str", "required": True, "aliases": ["cluster_name"]},
    "must_exist": {"type": "bool", "default": True},
    "node_role_name": {"type": "str"},
    "oidc_provider": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        eks, options = module.client("eks"), module.params
        cluster = read_cluster(eks, module.client("ec2"), options["name"], options["must_exist"])
        if cluster is not None:
            cluster["node_access_entry"] = read_access_entry(eks, cluster, options["node_role_name"])
            cluster["oidc_provider"] = read_oidc_provider(module.client("iam"), cluster) if options["oidc_provider"] else None
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(changed=False, cluster=cluster)


if __name__ == "__main__":
    main()
