"""What the real node's devices are, and what their driver says: made by the same code as the simulated nodes'. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.nodes import facts
from tests.lab.nodes.tools import neuron_ls, nvidia_smi
from tests.lab.state import LabError

Said = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A row of the table: how a device plugin of a kind names and hands out its devices."""

    resource: str
    #: Tells a container which devices are its own.
    variable: str
    node: str
    by_uuid: bool

    def identifier(self, device: facts.Device) -> str:
        """A device's name for the kubelet and its container."""
        return f"GPU-{device.uuid}" if self.by_uuid else str(device.index)


KINDS = {
    "nvidia": Kind("nvidia.com/gpu", "NVIDIA_VISIBLE_DEVICES", "/dev/nvidia{}", by_uuid=True),
    "neuron": Kind("aws.amazon.com/neuron", "AWS_NEURON_VISIBLE_DEVICES", "/dev/neuron{}", by_uuid=False),
}


def devices_of(instance_type: str, node: str) -> list[facts.Device]:
    """The devices of a node of an instance type.

    Raises:
        LabError: the lab knows no accelerators of that type.
    """
    devices = facts.devices(instance_type, node)
    if not devices:
        raise LabError(f"the lab knows no accelerators of {instance_type}; take a type of tests/lab/nodes/accelerators.csv")
    return devices


def kind_of(devices: Sequence[facts.Device]) -> Kind:
    """The kind of a node's devices."""
    return KINDS[devices[0].facts.accelerator]


def offer(devices: Sequence[facts.Device], driver: Path, healthy: int) -> dict[str, Any]:
    """What the device plugin offers: all devices, the last ones as unhealthy, as a plugin does that has seen one fail."""
    kind = kind_of(devices)
    listed = [
        {"id": kind.identifier(each), "node": kind.node.format(each.index), "healthy": place < healthy}
        for place, each in enumerate(devices)
    ]
    return {"resource": kind.resource, "variable": kind.variable, "driver": str(driver), "devices": listed}


def said(devices: Sequence[facts.Device]) -> Said:
    """What the driver says of each device, for the tool in the container to put together."""
    accelerator, kind = devices[0].facts.accelerator, kind_of(devices)
    document, texts = SPEAKERS[accelerator](devices)
    listed = [
        {"id": kind.identifier(each), "node": kind.node.format(each.index), "text": text} for each, text in zip(devices, texts, strict=True)
    ]
    return {"variable": kind.variable, "devices": listed, **document}


def _nvidia(devices: Sequence[facts.Device]) -> tuple[Said, list[str]]:
    texts, head, tail = [], "", ""
    for each in devices:
        document = nvidia_smi.xml([each], nvidia_smi.DRIVER_580)
        head, start, rest = document.partition("\t<gpu ")
        body, end, tail = rest.rpartition("</gpu>\n")
        texts.append(start + body + end)
    none = nvidia_smi.run(["-q", "-x"], [])
    return {
        "tool": "nvidia-smi",
        "arguments": ["-q", "-x"],
        "head": head.replace("<attached_gpus>1<", "<attached_gpus>@COUNT@<"),
        "between": "",
        "tail": tail,
        "none": none.text,
        "none_exit": none.exit_code,
    }, texts


def _neuron(devices: Sequence[facts.Device]) -> tuple[Said, list[str]]:
    none = neuron_ls.run(["-j"], [])
    texts = [json.dumps(each, indent=4) for each in neuron_ls.array(devices)]
    return {
        "tool": "neuron-ls",
        "arguments": ["-j"],
        "head": "[",
        "between": ",\n",
        "tail": "]\n",
        "none": none.text,
        "none_exit": none.exit_code,
    }, texts


SPEAKERS = {"nvidia": _nvidia, "neuron": _neuron}
