#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_service_linked_role
version_added: 0.1.0
short_description: Make sure that an AWS service has its service-linked role
description:
  - Creates the role by which an AWS service acts in the account, where the account does not have it yet.
  - Without the role of C(spot.amazonaws.com), Karpenter cannot launch Spot instances in an account that never had any.
  - It never removes the role, since it belongs to the account and to every other user of that service.
  - Needs the rights C(iam:ListRoles) and, to create it, C(iam:CreateServiceLinkedRole).
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  service:
    description: The service's name in AWS, such as V(spot.amazonaws.com).
    type: str
    required: true
    aliases: [aws_service_name]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says whether the role would be created.
    support: full
  diff_mode:
    description: Shows the role's name before and after.
    support: full
seealso:
  - module: amazon.aws.iam_role
"""

EXAMPLES = r"""
- name: Let Karpenter launch Spot instances
  accelerated.nodes.iam_service_linked_role:
    service: spot.amazonaws.com
"""

RETURN = r"""
role_name:
  description: The role's name; null when check mode would create it, since AWS gives the name.
  returned: success
  type: str
  sample: AWSServiceRoleForEC2Spot
role_arn:
  description: The role's ARN; null when check mode would create it.
  returned: success
  type: str
  sample: arn:aws:iam::123456789012:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

ARGUMENTS = {"service": {"type": "str", "required": True, "aliases": ["aws_service_name"]}}


def ensure_role(iam, service: str, check_mode: bool) -> dict:
    """Creates the role of ``service`` where it is missing; returns the module's result."""
    role = find_role(iam, service)
    if role or check_mode:
        return result(role, changed=not role, created=False)
    try:
        role = fetch(iam, "create_service_linked_role", AWSServiceName=service)["Role"]
    except AwsError:
        # Hosts of one play share the account: another one may have made it since the look.
        role = find_role(iam, service)
        if role is None:
            raise
        return result(role, changed=False, created=False)
    return result(role, changed=True, created=True)


def find_role(iam, service: str) -> dict | None:
    """The role of ``service`` as IAM lists it, None without one. The path is fixed; the name is each service's own."""
    roles = fetch(iam, "list_roles", PathPrefix=f"/aws-service-role/{service}/")["Roles"]
    return roles[0] if roles else None


def result(role: dict | None, changed: bool, created: bool) -> dict:
    """The module's result, with a diff; ``created`` says that the role was not there before."""
    name = role["RoleName"] if role else None
    before = None if created or role is None else name
    return {
        "changed": changed,
        "role_name": name,
        "role_arn": role["Arn"] if role else None,
        "diff": {"before": {"role": before}, "after": {"role": name or "(named by AWS)"}},
    }


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        outcome = ensure_role(module.client("iam"), module.params["service"], module.check_mode)
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
