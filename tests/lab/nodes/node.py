"""The Node object of an EC2 instance, as its kubelet would register it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Accelerators
from .userdata import NodeConfig

#: On every node of this side: the instance behind it.
INSTANCE = "nodes.lab/instance-id"

#: On every node of this side, too: the name of the AMI that it booted.
IMAGE = "nodes.lab/image"

#: On a node whose kubelet is not ready: kwok leaves it alone (stages.yaml).
NOT_READY = "nodes.lab/not-ready"

KUBELET_VERSION = "v1.36.3"

#: Share of an instance's memory that its kernel and hypervisor keep: Karpenter's default VM_MEMORY_OVERHEAD_PERCENT,
#: so that the node is what Karpenter expects it to be.
MEMORY_OVERHEAD = 0.075

#: What nodeadm reserves of each further core, in millicores: 6 % of the first, 1 % of the second, 0.5 % of the third
#: and fourth, 0.25 % of all others.
_RESERVED_MILLICORES = (60.0, 10.0, 5.0, 5.0)
_RESERVED_MILLICORES_REST = 2.5

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Hardware:
    """What EC2 says of an instance type; memory in MiB."""

    instance_type: str
    arch: str
    vcpus: int
    memory_mib: int
    accelerators: Accelerators | None = None


def node_from_instance(
    instance: Mapping[str, Any], config: NodeConfig, hardware: Hardware, kubelet_port: int, disk_gib: int = 20, image: str = ""
) -> dict[str, Any]:
    """The Node that the instance's kubelet registers: labels and taints of its NodeConfig, no accelerators yet.

    It has no conditions: kwok sets them, and keeps them.
    """
    name = node_name(instance)
    zone = instance["Placement"]["AvailabilityZone"]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**config.labels, **_labels(name, zone, hardware)},
            "annotations": {INSTANCE: instance["InstanceId"], IMAGE: image},
        },
        "spec": {"providerID": f"aws:///{zone}/{instance['InstanceId']}", "taints": config.taints},
        "status": _status(hardware, config, kubelet_port, disk_gib),
    }


def has_driver(node: Mapping[str, Any], accelerator: str) -> bool:
    """Whether the node's AMI brings the driver of a kind of accelerator; one that is not EKS' own is taken to."""
    image = (node["metadata"].get("annotations") or {}).get(IMAGE, "")
    return not image.startswith("amazon-eks-node-") or f"-{accelerator}-" in image


def twin(built: Mapping[str, Any]) -> dict[str, Any]:
    """A second Node of the same instance, as one that was left behind."""
    name = f"stale-{built['metadata']['name']}"
    labels = {**built["metadata"]["labels"], "kubernetes.io/hostname": name}
    return {**built, "metadata": {**built["metadata"], "name": name, "labels": labels}}


def is_twin(node: Mapping[str, Any]) -> bool:
    """Whether a node is one that ``twin`` made."""
    return str(node["metadata"]["name"]).startswith("stale-")


def not_ready(built: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The Node with a kubelet whose network plugin never came."""
    meta, status = built["metadata"], built["status"]
    annotations = {**(meta.get("annotations") or {}), NOT_READY: "true"}
    return {**built, "metadata": {**meta, "annotations": annotations}, "status": {**status, "conditions": [unready(now)]}}


def unready(now: str) -> dict[str, str]:
    """The condition Ready in a kubelet's words where the network plugin has not written its configuration."""
    return {
        "type": "Ready",
        "status": "False",
        "reason": "KubeletNotReady",
        "message": "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
        "message:Network plugin returns error: cni plugin not initialized",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }


def node_name(instance: Mapping[str, Any]) -> str:
    """The node's name, by its private address: ``ip-10-0-1-2.us-west-2.compute.internal``."""
    region = instance["Placement"]["AvailabilityZone"].rstrip("abcdefgh")
    return f"ip-{instance['PrivateIpAddress'].replace('.', '-')}.{region}.compute.internal"


def _labels(name: str, zone: str, hardware: Hardware) -> dict[str, str]:
    region = zone.rstrip("abcdefgh")
    return {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": hardware.arch,
        "node.kubernetes.io/instance-type": hardware.instance_type,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": region,
    }


def _status(hardware: Hardware, config: NodeConfig, kubelet_port: int, disk_gib: int) -> dict[str, Any]:
    capacity, allocatable = resources(hardware, config.max_pods, disk_gib)
    return {
        "capacity": capacity,
        "allocatable": allocatable,
        # The only address there is: the API server fetches logs from the lab's kubelet, on the loopback.
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
        "nodeInfo": {
            "architecture": hardware.arch,
            "operatingSystem": "linux",
            "kubeletVersion": KUBELET_VERSION,
            "osImage": "Amazon Linux 2023 (simulated)",
            "kernelVersion": "6.12.0-lab",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.5",
            "kubeProxyVersion": KUBELET_VERSION,
        },
    }


def resources(hardware: Hardware, max_pods: int, disk_gib: int) -> tuple[dict[str, str], dict[str, str]]:
    """Capacity and allocatable, as quantities, reserving what nodeadm and the kubelet's defaults reserve."""
    memory = hardware.memory_mib - math.ceil(hardware.memory_mib * MEMORY_OVERHEAD)
    cores = range(hardware.vcpus)
    reserved_cpu = sum(_RESERVED_MILLICORES[core] if core < 4 else _RESERVED_MILLICORES_REST for core in cores)
    reserved_memory = 255 + 11 * max_pods + 100
    disk = disk_gib * GIB
    common = {"pods": str(max_pods), "hugepages-1Gi": "0", "hugepages-2Mi": "0"}
    capacity = {"cpu": str(hardware.vcpus), "memory": f"{memory}Mi", "ephemeral-storage": str(disk), **common}
    allocatable = {
        "cpu": f"{math.floor(hardware.vcpus * 1000 - reserved_cpu)}m",
        "memory": f"{memory - reserved_memory}Mi",
        "ephemeral-storage": str(math.floor(disk * 0.9) - GIB),
        **common,
    }
    return capacity, allocatable


def extended_resources(accelerators: Accelerators | None, served: bool, missing: int = 0, shares: int = 1) -> dict[str, str]:
    """The accelerator resources of a node: none to speak of unless a device plugin serves them there, each divided into ``shares``."""
    if accelerators is None:
        return {}
    count = max(accelerators.resources - missing, 0) if served else 0
    if accelerators.accelerator == "nvidia":
        return {"nvidia.com/gpu": str(count * shares)}
    return {"aws.amazon.com/neuron": str(count), "aws.amazon.com/neuroncore": str(count * accelerators.physical_cores)}


def resource_patch(node: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any] | None:
    """The patch of the node's status that brings its accelerators to ``wanted``; None when they are already.

    A resource that was never there and would be zero stays away: a kubelet that never met a plugin knows none.
    """
    status = node.get("status") or {}
    now = status.get("allocatable") or {}
    change = {name: value for name, value in wanted.items() if now.get(name, "0") != value}
    return {"status": {"capacity": change, "allocatable": change}} if change else None
