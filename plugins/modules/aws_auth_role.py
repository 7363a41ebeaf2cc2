#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_auth_role
short_description: Let an IAM role into an EKS cluster by the ConfigMap aws-auth, and touch nothing else in it
version_added: 0.1.0
description:
  - Puts the mapping of one IAM role into C(mapRoles) of the ConfigMap aws-auth in namespace kube-system, changes it, or takes it out. The
    defaults are what nodes need to join.
  - The text is edited, not written anew. All other entries, comments, their order, indentation and line ends stay byte for byte, and the
    result is read again before it is sent.
  - A C(mapRoles) that is no valid YAML list is refused before anything is changed. Where somebody else writes at the same time, it begins
    anew from what is there then. A ConfigMap that is missing is made; one that this module made is removed with its last entry.
  - Of several entries for the role one is left.
  - EKS reads aws-auth only in the authentication modes C(CONFIG_MAP) and C(API_AND_CONFIG_MAP), see
    M(accelerated.nodes.eks_cluster_info); where an access entry of the role exists, that counts.
author:
  - accelerated.nodes contributors (@accelerated-nodes)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
options:
  role_arn:
    description: ARN of the role. Its path is left out, as aws-auth has to name roles without.
    type: str
    required: true
  state:
    description: Whether the role is mapped.
    type: str
    choices: [present, absent]
    default: present
  username:
    description:
      - Name of the role's holders in the cluster.
      - What stands in double braces is filled in by EKS. In a playbook such a text has to be marked C(!unsafe), or Ansible takes it for a
        template; best leave the default alone.
    type: str
    default: "system:node:{{EC2PrivateDNSName}}"
  groups:
    description: Groups of the role's holders in the cluster.
    type: list
    elements: str
    default: ["system:bootstrappers", "system:nodes"]
attributes:
  check_mode:
    description: Says what would be changed.
    support: full
  diff_mode:
    description: Shows C(mapRoles) before and after.
    support: full
requirements:
  - kubernetes >= 24.2.0
notes:
  - Needs the rights to get, create, patch and delete the ConfigMap aws-auth in namespace kube-system.
seealso:
  - module: accelerated.nodes.eks_cluster_info
"""

EXAMPLES = r"""
- name: Let Karpenter's nodes join a cluster that knows no access entries
  accelerated.nodes.aws_auth_role:
    role_arn: arn:aws:iam::111122223333:role/KarpenterNodeRole-production

- name: Let them in no longer
  accelerated.nodes.aws_auth_role:
    role_arn: arn:aws:iam::111122223333:role/KarpenterNodeRole-production
    state: absent
"""

RETURN = r"""
role_arn:
  description: The role as aws-auth names it.
  returned: always
  type: str
  sample: arn:aws:iam::111122223333:role/KarpenterNodeRole-production
"""

import re

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth import (
    NODE_GROUPS,
    NODE_USERNAME,
    RoleMapping,
    mapped,
    unmapped,
    without_path,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth_change import Change, change
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._module import AcceleratorModule

OPTIONS = {
    "role_arn": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "username": {"type": "str", "default": NODE_USERNAME},
    "groups": {"type": "list", "elements": "str", "default": list(NODE_GROUPS)},
}
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")


def ensure(module: AcceleratorModule) -> dict:
    """Brings the mapping into its state."""
    params = module.params
    if not ROLE_ARN.fullmatch(params["role_arn"]):
        raise CollectionError(
            f"role_arn is '{params['role_arn']}', which is not the ARN of an IAM role such as arn:aws:iam::111122223333:role/name."
        )
    mapping = RoleMapping(without_path(params["role_arn"]), params["username"], tuple(params["groups"]))
    if params["state"] == "present":
        done = change(module.client(), lambda text: mapped(text, mapping), module.check_mode)
    else:
        done = change(module.client(), lambda text: unmapped(text, mapping.role_arn), module.check_mode)
    return {"changed": done.changed, "role_arn": mapping.role_arn, "diff": _diff(done)}


def _diff(done: Change) -> dict:
    """The text before and after, as kept in the ConfigMap."""
    header = "kube-system/aws-auth mapRoles"
    return {"before": done.before, "after": done.after, "before_header": header, "after_header": header}


def main() -> None:
    AcceleratorModule(OPTIONS).run(ensure)


if __name__ == "__main__":
    main()
