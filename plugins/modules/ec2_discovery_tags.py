#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_discovery_tags
version_added: 0.1.0
short_description: Tag the subnets and security groups that Karpenter may use
description:
  - Gives a cluster's discovery tag to subnets and security groups, all in one request, and takes it from those that no longer need it.
  - Beside each tag that it sets stands a second one, C(accelerated.nodes/stack). It removes no tag without that one, so what was
    tagged by someone else stays as it is.
  - A tag holds one value, so a subnet that is tagged for another cluster is refused before anything is changed.
  - Needs the rights C(ec2:DescribeTags), C(ec2:CreateTags) and C(ec2:DeleteTags).
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  resources:
    description: IDs of all subnets and security groups that are to have the tag. When empty, every tag of O(owner) is removed.
    type: list
    elements: str
    required: true
  value:
    description: Value of the tag, the cluster's name.
    type: str
    required: true
    aliases: [cluster_name]
  owner:
    description: On whose behalf the tags are set, such as the name of a stack; it is the value of the second tag.
    type: str
    required: true
  key:
    description: Key of the tag.
    type: str
    default: karpenter.sh/discovery
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says what would be tagged.
    support: full
  diff_mode:
    description: Shows the tagged resources before and after.
    support: full
seealso:
  - module: amazon.aws.ec2_tag
"""

EXAMPLES = r"""
- name: Let Karpenter find two subnets and a security group
  accelerated.nodes.ec2_discovery_tags:
    resources: [subnet-0a1b2c3d4e5f67890, subnet-09f8e7d6c5b4a3210, sg-0f9e8d7c6b5a43210]
    value: production
    owner: accelerated-nodes-production

- name: Take back every tag that was set so
  accelerated.nodes.ec2_discovery_tags:
    resources: []
    value: production
    owner: accelerated-nodes-production
"""

RETURN = r"""
tagged:
  description: IDs that were given the tag.
  returned: success
  type: list
  elements: str
  sample: [subnet-0a1b2c3d4e5f67890]
untagged:
  description: IDs that the tag was taken from.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import fetch
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._discovery_tags import MARK, foreign, tags_by_resource, to_tag, to_untag
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

ARGUMENTS = {
    "resources": {"type": "list", "elements": "str", "required": True},
    "value": {"type": "str", "required": True, "aliases": ["cluster_name"]},
    "owner": {"type": "str", "required": True},
    "key": {"type": "str", "default": "karpenter.sh/discovery", "no_log": False},
}


def ensure_tags(ec2, params: dict, check_mode: bool) -> dict:
    """Brings the tags to what ``params`` says; returns the module's result, or raises CollectionError before any change."""
    wanted, key, value, owner = params["resources"], params["key"], params["value"], params["owner"]
    tags = read_tags(ec2, wanted, owner)
    others = foreign(wanted, tags, key, value)
    if others:
        raise CollectionError(other_clusters(others, key))
    tagged, untagged = to_tag(wanted, tags, key), to_untag(wanted, tags, owner)
    pair = [{"Key": key, "Value": value}, {"Key": MARK, "Value": owner}]
    if tagged and not check_mode:
        fetch(ec2, "create_tags", Resources=tagged, Tags=pair)
    if untagged and not check_mode:
        fetch(ec2, "delete_tags", Resources=untagged, Tags=pair)
    before = sorted(each for each, of_it in tags.items() if of_it.get(key) == value)
    after = sorted((set(before) | set(tagged)) - set(untagged))
    return {
        "changed": bool(tagged or untagged),
        "tagged": tagged,
        "untagged": untagged,
        "diff": {"before": {key: before}, "after": {key: after}},
    }


def read_tags(ec2, wanted: list[str], owner: str) -> dict[str, dict[str, str]]:
    """Resource ID -> tags, of the wanted and of those that carry the owner's mark."""
    marked = fetch(ec2, "describe_tags", Filters=[{"Name": "key", "Values": [MARK]}, {"Name": "value", "Values": [owner]}])["Tags"]
    ids = sorted({*wanted, *(each["ResourceId"] for each in marked)})
    if not ids:
        return {}
    return tags_by_resource(fetch(ec2, "describe_tags", Filters=[{"Name": "resource-id", "Values": ids}])["Tags"])


def other_clusters(others: dict[str, str], key: str) -> str:
    """Says which resources are another cluster's, and what to do."""
    listed = ", ".join(f"{each} (tagged for '{value}')" for each, value in others.items())
    return (
        f"The option resources names what belongs to another cluster by its tag {key}, which holds one value: {listed}. Name other"
        " subnets and security groups (eks_prerequisites_subnet_ids, eks_prerequisites_security_group_ids), or set"
        " eks_prerequisites_discovery_tags to false and select them by ID in the node pools."
    )


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        outcome = ensure_tags(module.client("ec2"), module.params, module.check_mode)
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
