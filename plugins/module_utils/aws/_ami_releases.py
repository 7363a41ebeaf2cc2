# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which images of EKS' Amazon Linux 2023 node pools need, and the release that they have in common. Pure.

Source of paths, names and variants: Karpenter's pkg/providers/amifamily/al2023.go, v1.14, and
https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

# Kubernetes' name of an architecture -> EC2's.
ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
VARIANTS = ("standard", "nvidia", "neuron")
RECOMMENDED = "recommended"


class Image(NamedTuple):
    """One kind of EKS image."""

    architecture: str
    variant: str

    @property
    def words(self) -> str:
        """How to speak of it."""
        return f"{self.variant} for {self.architecture}"


def images_of(descriptions: Iterable[Mapping[str, Any]]) -> list[Image]:
    """The images that pools boot: of each pool's architectures, and of the variant with the driver of its accelerator."""
    found = set()
    for pool in map(Pool.from_description, descriptions):
        variant = pool.kinds[0] if pool.kinds else "standard"
        wanted = {value for each in pool.requirements if each.key == label.ARCHITECTURE and each.operator == "In" for value in each.values}
        found |= {Image(ARCHITECTURES[each], variant) for each in wanted or ARCHITECTURES if each in ARCHITECTURES}
    return sorted(found)


def parameter(kubernetes: str, image: Image, release: str = RECOMMENDED) -> str:
    """The public SSM parameter with an image's ID."""
    architecture, variant = image
    named = release if release == RECOMMENDED else f"amazon-eks-node-al2023-{architecture}-{variant}-{kubernetes}-{release}"
    return f"/aws/service/eks/optimized-ami/{kubernetes}/amazon-linux-2023/{architecture}/{variant}/{named}/image_id"


def release_of(name: str) -> str:
    """The release in an image's name, such as v20261105; empty where it has none."""
    found = re.search(r"v[0-9]{8}$", name)
    return found.group() if found else ""


def oldest(releases: Mapping[Image, str]) -> str:
    """The release that all of the images can have: AWS puts the variants of one out one after the other."""
    return min(releases.values())
