# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The labels that Karpenter gives an instance type, as far as they are known without asking EC2.

This file is internal to the collection and may change in any release. Derivation: Karpenter's pkg/providers/instancetype/types.go.
"""

from __future__ import annotations

import re
from typing import Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import (
    InstanceType,
    category_of,
    family_of,
    generation_of,
)

ARCHITECTURE = "kubernetes.io/arch"
CAPACITY_TYPE = "karpenter.sh/capacity-type"
ZONE = "topology.kubernetes.io/zone"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_AWS = "karpenter.k8s.aws/instance-"
CATEGORY = _AWS + "category"
FAMILY = _AWS + "family"
GPU_NAME = _AWS + "gpu-name"
GPU_MANUFACTURER = _AWS + "gpu-manufacturer"
GPU_COUNT = _AWS + "gpu-count"
ACCELERATOR_MANUFACTURER = _AWS + "accelerator-manufacturer"
ACCELERATOR_COUNT = _AWS + "accelerator-count"

# Kind -> which of the two label families it carries, and the manufacturer it names there.
_DEVICES = {
    "nvidia": ("gpu", "nvidia"),
    "nvidia-fractional": ("gpu", "nvidia"),
    "amd": ("gpu", "amd"),
    "habana": ("gpu", "habana"),
    "neuron": ("accelerator", "aws"),
    "qualcomm": ("accelerator", "qualcomm"),
}
_DEVICE_LABELS = ("name", "manufacturer", "count")

# EC2's naming convention: a "g" after the generation is a Graviton processor; a1 is older than the convention.
_GRAVITON = re.compile(r"a1|[a-z]+[0-9]+g[a-z]*(-.*)?")

Labels = dict[str, Optional[str]]


def labels_of(instance: InstanceType) -> Labels:
    """Return what is known of a type's labels.

    A value of None says that the type does not carry the label; a key that is missing, that nothing is known of it.
    """
    labels: Labels = dict(labels_of_name(instance.name))
    labels[ARCHITECTURE] = instance.architecture
    labels.update(_numbers(instance))
    labels.update(_device_labels(instance))
    return labels


def labels_of_name(name: str) -> Labels:
    """Return the labels that follow from the name of a type or a family alone."""
    family, _dot, size = name.partition(".")
    generation = generation_of(name)
    labels: Labels = {FAMILY: family, CATEGORY: category_of(name)}
    labels[_AWS + "generation"] = None if generation is None else str(generation)
    if size:
        labels[INSTANCE_TYPE] = name
        labels[_AWS + "size"] = size
    labels[ARCHITECTURE] = architecture_of_name(name)
    return labels


def architecture_of_name(name: str) -> str:
    """Return the architecture that EC2's naming convention gives a type or family outside the table."""
    return "arm64" if _GRAVITON.fullmatch(family_of(name)) else "amd64"


def _numbers(instance: InstanceType) -> Labels:
    known = {_AWS + "cpu": instance.vcpu, _AWS + "memory": instance.memory_mib}
    return {key: str(value) for key, value in known.items() if value is not None}


def _device_labels(instance: InstanceType) -> Labels:
    own, manufacturer = _DEVICES[instance.kind]
    other = "accelerator" if own == "gpu" else "gpu"
    count = instance.devices if instance.resource_count is None else instance.resource_count
    labels: Labels = {f"{_AWS}{other}-{label}": None for label in _DEVICE_LABELS}
    labels[f"{_AWS}{own}-manufacturer"] = manufacturer
    labels[f"{_AWS}{own}-count"] = str(count)
    if instance.device_name:
        labels[f"{_AWS}{own}-name"] = instance.device_name
    return labels
