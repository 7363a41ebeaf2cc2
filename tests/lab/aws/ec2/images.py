"""The EKS optimized AMIs that the lab's region has, and the public SSM parameters that name them.

Names, variants and paths: pkg/providers/amifamily/al2023.go of Karpenter v1.14, and
https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

KUBERNETES_VERSION = "1.36"
#: The first is what ``recommended`` names.
RELEASES = ("v20261105", "v20260910")
VARIANTS = {"x86_64": ("standard", "nvidia", "neuron"), "arm64": ("standard", "nvidia")}
#: The account that owns EKS' AMIs in most regions.
OWNER = "602401143452"
PARAMETERS = "/aws/service/eks/optimized-ami"


@dataclass(frozen=True)
class EksImage:
    """One AMI.

    Attributes:
        architecture: ``x86_64`` or ``arm64``.
        variant: ``standard``, ``nvidia`` or ``neuron``.
        release: such as ``v20261105``.
    """

    architecture: str
    variant: str
    release: str

    @property
    def name(self) -> str:
        return f"amazon-eks-node-al2023-{self.architecture}-{self.variant}-{KUBERNETES_VERSION}-{self.release}"

    @property
    def image_id(self) -> str:
        return f"ami-{hashlib.sha256(self.name.encode()).hexdigest()[:17]}"

    @property
    def created(self) -> datetime:
        return datetime.strptime(self.release, "v%Y%m%d").replace(tzinfo=UTC)

    @property
    def parameters(self) -> Iterator[str]:
        """The SSM parameters whose value is this image's id."""
        folder = f"{PARAMETERS}/{KUBERNETES_VERSION}/amazon-linux-2023/{self.architecture}/{self.variant}"
        yield f"{folder}/{self.name}/image_id"
        if self.release == RELEASES[0]:
            yield f"{folder}/recommended/image_id"


def eks_images() -> list[EksImage]:
    """Every AMI, newest release first."""
    return [EksImage(arch, variant, release) for release in RELEASES for arch, variants in VARIANTS.items() for variant in variants]
