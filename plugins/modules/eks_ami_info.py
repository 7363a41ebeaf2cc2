#!/usr/bin/python
# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
module: eks_ami_info
short_description: Look up the release of EKS' node images that AWS recommends
version_added: 0.1.0
description:
  - Asks the public parameters of AWS Systems Manager for the images of Amazon Linux 2023 or Bottlerocket that AWS recommends for a
    Kubernetes version, by architecture and variant, and returns their release as the alias that an EC2NodeClass is pinned to.
  - AWS puts the variants of a release out one after the other. Where they differ, it is the newest release that all of them have.
  - Needs the rights C(ssm:GetParameter) and C(ec2:DescribeImages).
author:
  - The accelerated.nodes authors (@accelerated-nodes)
options:
  kubernetes_version:
    description: Minor version of Kubernetes, such as V(1.36).
    type: str
    required: true
  family:
    description:
      - Family of the images, as an alias begins, V(al2023) or V(bottlerocket).
      - V(al2) is refused, as AWS has ended its support for EKS' images of Amazon Linux 2 on 26 November 2025; so are families of which
        Karpenter takes no release, such as V(windows2022).
    type: str
    default: al2023
  images:
    description: The images that are needed.
    type: list
    elements: dict
    default: [{architecture: x86_64, variant: standard}]
    suboptions:
      architecture:
        description: Architecture of the instances.
        type: str
        choices: [x86_64, arm64]
        default: x86_64
      variant:
        description:
          - Which drivers it has. Neuron's is in Bottlerocket's standard image.
          - V(fips) and V(nvidia-fips) are Bottlerocket's, with FIPS-validated cryptography. Karpenter finds them by no alias; see
            RV(images[].parameter).
        type: str
        choices: [standard, nvidia, neuron, fips, nvidia-fips]
        default: standard
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
seealso:
  - plugin: accelerated.nodes.node_pool_images
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look up what to pin a node class for GPUs to
  accelerated.nodes.eks_ami_info:
    kubernetes_version: "1.36"
    images:
      - {architecture: x86_64, variant: nvidia}
      - {architecture: arm64, variant: nvidia}
  register: ami

- name: Show it
  ansible.builtin.debug:
    msg: "{{ ami.alias }}"

- name: Look up Bottlerocket's FIPS image, which no alias finds
  accelerated.nodes.eks_ami_info:
    kubernetes_version: "1.36"
    family: bottlerocket
    images: [{architecture: x86_64, variant: fips}]
  register: fips

- name: Pin a pool to it
  ansible.builtin.set_fact:
    pool:
      name: fips
      instance_families: [m6i]
      node_class_spec:
        amiFamily: Bottlerocket
        amiSelectorTerms: [{ssmParameter: "{{ fips.images[0].parameter }}"}]
"""

RETURN = r"""
alias:
  description: The alias for C(amiSelectorTerms) of an EC2NodeClass. Empty where one of the images is found by no alias, as FIPS images.
  returned: success
  type: str
  sample: al2023@v20261105
release:
  description: The release.
  returned: success
  type: str
  sample: v20261105
images:
  description: The images of that release.
  returned: success
  type: list
  elements: dict
  contains:
    architecture:
      description: Architecture of the instances.
      type: str
      sample: x86_64
    variant:
      description: Which drivers it has.
      type: str
      sample: nvidia
    image_id:
      description: Its ID.
      type: str
      sample: ami-0a1b2c3d4e5f67890
    parameter:
      description: The public SSM parameter that names this release of it, for C(ssmParameter) of C(amiSelectorTerms).
      type: str
      sample: /aws/service/bottlerocket/aws-k8s-1.36-fips/x86_64/1.62.0/image_id
"""

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import (
    ARCHITECTURES,
    FAMILIES,
    RECOMMENDED,
    VARIANTS,
    Family,
    Image,
    alias_of,
    family_problem,
    image_problem,
    oldest,
    parameter,
    release_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws import AwsError, fetch
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

IMAGE = {
    "architecture": {"type": "str", "choices": list(ARCHITECTURES.values()), "default": "x86_64"},
    "variant": {"type": "str", "choices": list(VARIANTS), "default": "standard"},
}
ARGUMENTS = {
    "kubernetes_version": {"type": "str", "required": True},
    "family": {"type": "str", "default": "al2023"},
    "images": {
        "type": "list",
        "elements": "dict",
        "options": IMAGE,
        "default": [{"architecture": "x86_64", "variant": "standard"}],
    },
}


def checked(name: str, images: list[Image]) -> Family:
    """The family of a name that has the images; raises CollectionError where there is none."""
    problem = family_problem(name)
    if problem:
        raise CollectionError(problem)
    if not images:
        raise CollectionError("images is empty, so that there is nothing to look up: name at least one.")
    family = FAMILIES[name]
    problem = next(filter(None, (image_problem(family, image) for image in images)), "")
    if problem:
        raise CollectionError(problem)
    return family


def look_up(ssm, ec2, kubernetes: str, family: Family, images: list[Image]) -> dict:
    """The newest release that all of the images have; raises CollectionError where there is none."""
    ids = {image: image_id(ssm, family, kubernetes, image) for image in images}
    releases = dict(zip(ids, releases_of(ec2, family, list(ids.values()))))
    release = oldest(releases)
    for image in (image for image, newer in releases.items() if newer != release):
        ids[image] = image_id(ssm, family, kubernetes, image, release)
    return {
        "changed": False,
        "alias": alias_of(family, ids, release),
        "release": release,
        "images": [
            {**image._asdict(), "image_id": found, "parameter": parameter(family, kubernetes, image, release)}
            for image, found in ids.items()
        ],
    }


def image_id(ssm, family: Family, kubernetes: str, image: Image, release: str = RECOMMENDED) -> str:
    """ID of an image; raises CollectionError where AWS has not published it."""
    name = parameter(family, kubernetes, image, release)
    try:
        return fetch(ssm, "get_parameter", Name=name)["Parameter"]["Value"]
    except AwsError as error:
        if error.code != "ParameterNotFound":
            raise
        raise CollectionError(
            f"AWS has no {release} EKS image {image.words} and Kubernetes {kubernetes} in region '{ssm.meta.region_name}' (SSM parameter {name})."
            " Correct kubernetes_version (node_pools_kubernetes_version) or the pools' architectures, or name a release that you know by"
            " node_pools_ami_version."
        ) from error


def releases_of(ec2, family: Family, ids: list[str]) -> list[str]:
    """The releases of images, in their order; raises CollectionError where an image's name has none."""
    names = {each["ImageId"]: each["Name"] for each in fetch(ec2, "describe_images", ImageIds=sorted(set(ids)))["Images"]}
    unknown = [each for each in ids if not release_of(family, names.get(each, ""))]
    if unknown:
        raise CollectionError(
            f"Image {unknown[0]}, which AWS recommends, is called '{names.get(unknown[0], '')}', which names no release such as {family.example}. Set"
            " node_pools_ami_version."
        )
    return [release_of(family, names[each]) for each in ids]


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    images = [Image(each["architecture"], each["variant"]) for each in module.params["images"]]
    try:
        family = checked(module.params["family"], images)
        outcome = look_up(module.client("ssm"), module.client("ec2"), module.params["kubernetes_version"], family, images)
    except CollectionError as error:
        module.fail_json(msg=error.message, **error.result)
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
