# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The accelerators that this collection verifies, one row each: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._neuron_ls import parse_neuron_ls
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import parse_nvidia_smi


@dataclass(frozen=True)
class Accelerator:
    """One kind of accelerator.

    Attributes:
        name: ``nvidia`` or ``neuron``.
        resource: The extended resource that its device plugin registers and a pod requests.
        tool: The tool that lists the devices.
        command: What the check's container runs.
        environment: What the check's container needs to find its devices and its tool.
        image: Default image of the check's container.
        taint: Key of the taint that keeps other pods off its nodes; the check tolerates it.
        labels: Karpenter's labels of a node: manufacturer (which decides), then name, count and memory of a device.
        manufacturer: The value that the manufacturer's label must have. Labels alone say nothing: AMD's and Habana's
            types carry instance-gpu labels too.
        plugin_name: Its device plugin, as a person calls it.
        plugin_images: Parts of image names that its device plugin runs from.
        parse: Reads the tool's output.
        parts: How resources begin that its device plugin registers for parts of devices, in place of ``resource``; empty for none.
    """

    name: str
    resource: str
    tool: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    image: str
    taint: str
    labels: tuple[str, str, str, Optional[str]]
    manufacturer: str
    plugin_name: str
    plugin_images: tuple[str, ...]
    parse: Callable[[str], Inventory]
    parts: str = ""

    def owns(self, resource: str) -> bool:
        """Whether an extended resource stands for its devices, or for parts of them."""
        return resource == self.resource or (bool(self.parts) and resource.startswith(self.parts))


_LABEL = "karpenter.k8s.aws/instance-"

ACCELERATORS: Mapping[str, Accelerator] = MappingProxyType(
    {
        each.name: each
        for each in (
            Accelerator(
                name="nvidia",
                resource="nvidia.com/gpu",
                tool="nvidia-smi",
                command=("nvidia-smi", "-q", "-x"),
                # The container runtime brings nvidia-smi into the image only with the capability "utility".
                environment=(("NVIDIA_DRIVER_CAPABILITIES", "compute,utility"),),
                image="public.ecr.aws/amazonlinux/amazonlinux:2023-minimal",
                taint="nvidia.com/gpu",
                labels=(f"{_LABEL}gpu-manufacturer", f"{_LABEL}gpu-name", f"{_LABEL}gpu-count", f"{_LABEL}gpu-memory"),
                manufacturer="nvidia",
                plugin_name="NVIDIA device plugin",
                plugin_images=("k8s-device-plugin",),
                parse=parse_nvidia_smi,
                # The device plugin's MIG strategy "mixed": a resource a profile.
                parts="nvidia.com/mig-",
            ),
            Accelerator(
                name="neuron",
                resource="aws.amazon.com/neuron",
                tool="neuron-ls",
                # Neuron 2.34 replaced -j, so the one that the image's tool knows answers; the table is the last resort.
                command=("sh", "-c", "neuron-ls -j || neuron-ls --output-format json || exec neuron-ls"),
                environment=(("PATH", "/opt/aws/neuron/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),),
                image="public.ecr.aws/neuron/neuron-monitor:1.3.0",
                taint="aws.amazon.com/neuron",
                labels=(f"{_LABEL}accelerator-manufacturer", f"{_LABEL}accelerator-name", f"{_LABEL}accelerator-count", None),
                manufacturer="aws",
                plugin_name="Neuron device plugin",
                plugin_images=("neuron-device-plugin",),
                parse=parse_neuron_ls,
            ),
        )
    }
)


def accelerator_of_labels(labels: Mapping[str, str]) -> Accelerator | None:
    """Return the accelerator that Karpenter's labels of a node or NodeClaim name; None if they name none of ours."""
    return next(
        (each for each in ACCELERATORS.values() if labels.get(each.labels[0]) == each.manufacturer),
        None,
    )


def accelerator_of_resources(resources: Iterable[str]) -> Accelerator | None:
    """Return the accelerator that one of some resource names belongs to; None if none does."""
    names = set(resources)
    return next((each for each in ACCELERATORS.values() if each.resource in names), None)


def is_plugin_pod(pod: Mapping[str, Any], accelerator: Accelerator) -> bool:
    """Say whether a pod runs the accelerator's device plugin, by its containers' images."""
    images = (container.get("image", "") for container in pod.get("spec", {}).get("containers", ()))
    return any(part in image for image in images for part in accelerator.plugin_images)
