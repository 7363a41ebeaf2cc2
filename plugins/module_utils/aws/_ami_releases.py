# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of EKS' images node pools need, by family, and the release that they have in common. Pure.

A family is a row of ``FAMILIES``. Source of paths, names and variants: Karpenter's pkg/providers/amifamily (al2023.go, bottlerocket.go),
v1.14; https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html; and for Bottlerocket's variants
https://bottlerocket.dev/en/os/1.62.x/version-information/variants/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

# Kubernetes' name of an architecture -> EC2's.
ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
RECOMMENDED = "recommended"


class Image(NamedTuple):
    """One kind of EKS image."""

    architecture: str
    variant: str

    @property
    def words(self) -> str:
        """How to speak of it."""
        return f"{self.variant} for {self.architecture}"


class Family(NamedTuple):
    """How the images of one operating system are named.

    :param name: as an alias begins.
    :param variants: that it has, by architecture.
    :param path: SSM's folder of an image, of Kubernetes' version and the image.
    :param folder: the folder in it of a release.
    :param release: finds the release in an image's name.
    :param example: of a release.
    :param unaliased: variants that Karpenter's alias never finds.
    """

    name: str
    variants: Mapping[str, tuple[str, ...]]
    path: Callable[[str, Image], str]
    folder: Callable[[str, Image, str], str]
    release: re.Pattern[str]
    example: str
    unaliased: tuple[str, ...] = ()


def _al2023_path(kubernetes: str, image: Image) -> str:
    return f"/aws/service/eks/optimized-ami/{kubernetes}/amazon-linux-2023/{image.architecture}/{image.variant}"


def _al2023_folder(kubernetes: str, image: Image, release: str) -> str:
    if release == RECOMMENDED:
        return RECOMMENDED
    return f"amazon-eks-node-al2023-{image.architecture}-{image.variant}-{kubernetes}-{release}"


def _bottlerocket_path(kubernetes: str, image: Image) -> str:
    # Neuron's driver is in the standard image.
    suffix = "" if image.variant in ("standard", "neuron") else f"-{image.variant}"
    return f"/aws/service/bottlerocket/aws-k8s-{kubernetes}{suffix}/{image.architecture}"


def _bottlerocket_folder(kubernetes: str, image: Image, release: str) -> str:
    return "latest" if release == RECOMMENDED else release.lstrip("v")


_FIPS = ("fips", "nvidia-fips")
AL2023 = Family(
    "al2023",
    {"x86_64": ("standard", "nvidia", "neuron"), "arm64": ("standard", "nvidia")},
    _al2023_path,
    _al2023_folder,
    re.compile(r"v[0-9]{8}$"),
    "v20261105",
)
BOTTLEROCKET = Family(
    "bottlerocket",
    {"x86_64": ("standard", "nvidia", "neuron", *_FIPS), "arm64": ("standard", "nvidia", *_FIPS)},
    _bottlerocket_path,
    _bottlerocket_folder,
    re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+(?=-[0-9a-f]+$)"),
    "v1.62.0",
    unaliased=_FIPS,
)
FAMILIES = {family.name: family for family in (AL2023, BOTTLEROCKET)}
VARIANTS = tuple(dict.fromkeys(each for family in FAMILIES.values() for variants in family.variants.values() for each in variants))

# Families of Karpenter's that have no release to look up -> why.
WITHOUT = {
    "al2": (
        "AWS has ended its support for EKS' images of Amazon Linux 2 on 26 November 2025, publishes no more of them, and has none at all for"
        " Kubernetes 1.33 and later: take al2023 or bottlerocket"
    ),
    **dict.fromkeys(
        ("windows2019", "windows2022", "windows2025"),
        "Karpenter takes no release of it but the latest, so that there is none to look up: give the pools ami_alias and allow_latest_ami",
    ),
}


def family_problem(name: str) -> str:
    """What keeps a family's release from being looked up, in a sentence; empty when nothing does."""
    if name in FAMILIES:
        return ""
    why = WITHOUT.get(name, f"a release can be looked up for {' and '.join(FAMILIES)}")
    return (
        f"The family of images is '{name}' (node_pools_ami_family), and {why}. Or name a release that you know by node_pools_ami_version."
    )


def images_of(descriptions: Iterable[Mapping[str, Any]]) -> list[Image]:
    """The images that pools boot: of each pool's architectures, and of the variant with the driver of its accelerator."""
    found = set()
    for pool in map(Pool.from_description, descriptions):
        variant = pool.kinds[0] if pool.kinds else "standard"
        wanted = {value for each in pool.requirements if each.key == label.ARCHITECTURE and each.operator == "In" for value in each.values}
        found |= {Image(ARCHITECTURES[each], variant) for each in wanted or ARCHITECTURES if each in ARCHITECTURES}
    return sorted(found)


def image_problem(family: Family, image: Image) -> str:
    """That a family has no such image, in a sentence; empty where it has."""
    variants = family.variants[image.architecture]
    if image.variant in variants:
        return ""
    return f"AWS has no {family.name} image {image.words}: for {image.architecture} there are {', '.join(variants)}. Correct the pools' architectures."


def parameter(family: Family, kubernetes: str, image: Image, release: str = RECOMMENDED) -> str:
    """The public SSM parameter with an image's ID."""
    return f"{family.path(kubernetes, image)}/{family.folder(kubernetes, image, release)}/image_id"


def release_of(family: Family, name: str) -> str:
    """The release in an image's name; empty where it has none."""
    found = family.release.search(name)
    return found.group() if found else ""


def oldest(releases: Mapping[Image, str]) -> str:
    """The release that all of the images can have: AWS puts the variants of one out one after the other."""
    return min(releases.values(), key=lambda release: [int(number) for number in re.findall(r"[0-9]+", release)])


def alias_of(family: Family, images: Iterable[Image], release: str) -> str:
    """The alias by which Karpenter finds the images; empty where it finds one of them by none."""
    return "" if any(image.variant in family.unaliased for image in images) else f"{family.name}@{release}"
