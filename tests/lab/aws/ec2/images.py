"""The EKS optimized AMIs that the lab's region has, and the public SSM parameters that name them.

Names, variants and paths: pkg/providers/amifamily (al2023.go, bottlerocket.go) of Karpenter v1.14,
https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html, and for Bottlerocket's variants
https://bottlerocket.dev/en/os/1.62.x/version-information/variants/
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
#: Bottlerocket's, with their dates; the first is what ``latest`` names.
ROCKETS = {"1.62.0": "20261110", "1.61.1": "20260915"}
#: What follows Kubernetes' version in a variant's name.
ROCKET_VARIANTS = ("", "-nvidia", "-fips", "-nvidia-fips")


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
    def description(self) -> str:
        return f"EKS-optimized Kubernetes node based on Amazon Linux 2023, {self.variant}"

    @property
    def name(self) -> str:
        return f"amazon-eks-node-al2023-{self.architecture}-{self.variant}-{KUBERNETES_VERSION}-{self.release}"

    @property
    def image_id(self) -> str:
        return _image_id(self.name)

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


@dataclass(frozen=True)
class BottlerocketImage:
    """One AMI of Bottlerocket; ``variant`` is what follows Kubernetes' version in its name, ``release`` such as ``1.62.0``."""

    architecture: str
    variant: str
    release: str

    @property
    def description(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"bottlerocket-aws-k8s-{KUBERNETES_VERSION}{self.variant}-{self.architecture}-v{self.release}-0a1b2c3d"

    @property
    def image_id(self) -> str:
        return _image_id(self.name)

    @property
    def created(self) -> datetime:
        return datetime.strptime(ROCKETS[self.release], "%Y%m%d").replace(tzinfo=UTC)

    @property
    def parameters(self) -> Iterator[str]:
        """The SSM parameters whose value is this image's id."""
        folder = f"/aws/service/bottlerocket/aws-k8s-{KUBERNETES_VERSION}{self.variant}/{self.architecture}"
        yield f"{folder}/{self.release}/image_id"
        if self.release == next(iter(ROCKETS)):
            yield f"{folder}/latest/image_id"


def _image_id(name: str) -> str:
    return f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"


def eks_images() -> list[EksImage | BottlerocketImage]:
    """Every AMI, newest release first."""
    linux = [EksImage(arch, variant, release) for release in RELEASES for arch, variants in VARIANTS.items() for variant in variants]
    rockets = [BottlerocketImage(arch, variant, release) for release in ROCKETS for arch in VARIANTS for variant in ROCKET_VARIANTS]
    return [*linux, *rockets]
