# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node's accelerators should be, and whether what was found is that: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import (
    ACCELERATORS,
    accelerator_of_labels,
    accelerator_of_resources,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import InstanceType
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._instance_types import instance_type as known_type
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._comparisons import (
    DEVICE_CHECKS,
    INVENTORY_CHECKS,
    MEMORY_TOLERANCE_PERCENT,
    same_words,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._device_checks import device_findings
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding

# The label by which GPU feature discovery says into how many shares the device plugin divides a GPU (time-slicing, MPS).
SHARES_LABEL = "nvidia.com/gpu.replicas"


@dataclass(frozen=True)
class Expectation:
    """What one node should have; None where nothing is expected.

    Attributes:
        instance_type: The node's EC2 instance type, as its label says.
        accelerator: Name of a row of ACCELERATORS; empty if the node should have none of them.
        count: Number of devices; None if nothing says how many there should be, and then the node cannot pass.
        requestable: How many of the extended resource the node should offer to pods.
        model: Words of the product's name.
        memory_mib: Memory of one device, in MiB.
        cores: Physical NeuronCores of one device.
        driver_version: Oldest driver version that will do.
        cuda_version: Oldest CUDA version that will do.
        ecc: Whether ECC must be on.
        mig: Whether MIG must be on.
        mig_devices: Profile -> how many MIG devices of it each GPU must have.
        links: How many other devices each device is linked to, at least.
        fabric: Whether the GPUs register with the NVSwitch fabric.
        source: Where the count comes from: ``instance type``, ``labels``, ``expect``, or empty for nowhere.
        disagreements: What the cluster says and the table says otherwise: (fact, the table's word, the cluster's, who of it).
    """

    instance_type: str
    accelerator: str
    count: Optional[int] = None
    requestable: Optional[int] = None
    model: Optional[str] = None
    memory_mib: Optional[int] = None
    cores: Optional[int] = None
    driver_version: Optional[str] = None
    cuda_version: Optional[str] = None
    ecc: Optional[bool] = None
    mig: bool = False
    mig_devices: Optional[Mapping[str, int]] = None
    links: Optional[int] = None
    fabric: bool = False
    source: str = ""
    disagreements: tuple[tuple[str, Any, Any, str], ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is anything to judge by."""
        return self.count is not None


def expectation(
    instance_type: str,
    node_labels: Mapping[str, str],
    user_expect: Optional[Mapping[str, Any]] = None,
    promised: Optional[Mapping[str, int]] = None,
) -> Expectation:
    """Return what a node of an instance type should have.

    The table of instance types comes first; where the cluster says otherwise, by Karpenter's labels or by what the NodeClaim
    promises, its word is taken, and kept as a disagreement; the user's word comes last. What nobody knows stays None: nothing
    is assumed.

    Args:
        instance_type: EC2's name of the type.
        node_labels: Labels of the Node or NodeClaim.
        user_expect: What expect says of the node's pool; each key optional.
        promised: What the NodeClaim promises, by extended resource.
    """
    known = known_type(instance_type)
    if known is not None and not _accelerator_of_resource(known.resource):
        # Another vendor's accelerator: nothing that this collection verifies.
        return Expectation(instance_type=instance_type, accelerator="")
    labelled = _of_labels(instance_type, node_labels)
    found = _of_table(known) if known is not None else labelled if labelled.accelerator else _of_promise(instance_type, promised or {})
    if not found.accelerator:
        return found
    if known is not None and labelled.accelerator == found.accelerator:
        found = _corrected(found, labelled)
    found = _promised(found, node_labels, promised or {})
    return _wished(found, {key: value for key, value in (user_expect or {}).items() if value is not None})


def _of_table(known: InstanceType) -> Expectation:
    """Return what the table says. What pods can request decides how many devices the check gets: Karpenter promises no share of a GPU."""
    accelerator = _accelerator_of_resource(known.resource)
    name = (known.product_name or "").rstrip("*") or _label_words(known.device_name)
    return Expectation(
        instance_type=known.name,
        accelerator=accelerator,
        count=known.devices,
        requestable=known.resource_count or known.devices,
        model=name if accelerator == "nvidia" else None,
        memory_mib=known.device_memory_mib,
        cores=known.cores_per_device,
        links=known.links,
        fabric=known.fabric == "yes",
        source="instance type",
    )


def _of_labels(instance_type: str, labels: Mapping[str, str]) -> Expectation:
    """Return what Karpenter's labels promise: the number, and for a GPU its name and memory."""
    accelerator = accelerator_of_labels(labels)
    if accelerator is None:
        return Expectation(instance_type=instance_type, accelerator="")
    name, count, memory = accelerator.labels[1:]
    # A count of 0 is how Karpenter labels a share of a GPU: no promise.
    number = _positive(labels.get(count, ""))
    return Expectation(
        instance_type=instance_type,
        accelerator=accelerator.name,
        count=number,
        requestable=number,
        model=_label_words(labels.get(name)) if memory else None,
        memory_mib=_positive(labels.get(memory, "")) if memory else None,
        source="labels" if number else "",
    )


def _of_promise(instance_type: str, promised: Mapping[str, int]) -> Expectation:
    """Return what a NodeClaim promises of a type that neither the table nor the labels know."""
    accelerator = accelerator_of_resources(promised)
    number = promised[accelerator.resource] if accelerator else None
    source = "the NodeClaim's capacity" if accelerator else ""
    return Expectation(instance_type, accelerator.name if accelerator else "", number, number, source=source)


def _corrected(table: Expectation, labels: Expectation) -> Expectation:
    """Return what the table says, save where the labels say otherwise. What differs as labels and tools do is no disagreement."""
    differs = {
        "count": labels.count != table.count,
        "model": not same_words(table.model or "", labels.model or ""),
        "memory_mib": abs((table.memory_mib or 0) - (labels.memory_mib or 0)) * 100 > MEMORY_TOLERANCE_PERCENT * (table.memory_mib or 0),
    }
    wrong = [fact for fact, wins in differs.items() if getattr(labels, fact) is not None and wins]
    changes = {fact: getattr(labels, fact) for fact in wrong}
    # What the table did not know is no disagreement either.
    said = tuple((fact, getattr(table, fact), changes[fact], "the Node's labels") for fact in wrong if getattr(table, fact) is not None)
    if "count" in changes:
        changes.update(requestable=labels.count, source="labels")
    return replace(table, **changes, disagreements=said)


def _promised(found: Expectation, labels: Mapping[str, str], promised: Mapping[str, int]) -> Expectation:
    """Return what pods can request, as the NodeClaim promises it (a NodeOverlay may have changed it) or a plugin shares it."""
    if found.requestable is None:
        return found
    resource = ACCELERATORS[found.accelerator].resource
    shares = _positive(labels.get(SHARES_LABEL, "")) or 1
    number = promised.get(resource, found.requestable)
    if found.accelerator == "nvidia" and number in (found.requestable, found.requestable * shares):
        return replace(found, requestable=found.requestable * shares)
    if number == found.requestable:
        return found
    said = (f"number of {resource}", found.requestable, number, "the NodeClaim's capacity")
    return replace(found, requestable=number, disagreements=(*found.disagreements, said))


def _wished(found: Expectation, wishes: Mapping[str, Any]) -> Expectation:
    """Return the expectation with what the user wants of it. A number of devices is one that pods can request too."""
    changes = dict(wishes)
    if "count" in changes:
        changes.update(source="expect", requestable=changes["count"])
    found = replace(found, **changes)
    if found.mig and found.mig_devices and found.count:
        # With the device plugin's strategy "single" each MIG device is one of the resource.
        return replace(found, requestable=found.count * sum(found.mig_devices.values()))
    return found


def _accelerator_of_resource(resource: Optional[str]) -> str:
    return next((each.name for each in ACCELERATORS.values() if each.resource == resource), "")


def _label_words(name: Optional[str]) -> Optional[str]:
    return name.replace("-", " ") if name else None


def _positive(text: str) -> Optional[int]:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else None


def judge(inventory: Inventory, expected: Expectation) -> tuple[Finding, ...]:
    """Return everything about the inventory that is not as expected; empty if all is well.

    Raises:
        ValueError: The expectation is unknown; a node that nothing is known about must not be judged.
    """
    if not expected.known:
        raise ValueError("nothing is known about what this node should have")
    found = [finding for check in INVENTORY_CHECKS for finding in check(inventory, expected)]
    for device in inventory.devices:
        found += [finding for check in DEVICE_CHECKS for finding in check(device, expected)]
        found += device_findings(device)
    return tuple(found)
