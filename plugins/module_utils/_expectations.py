# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node's accelerators should be, and whether what was found is that: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils._accelerators import (
    ACCELERATORS,
    accelerator_of_labels,
)
from ansible_collections.accelerated.nodes.plugins.module_utils._comparisons import DEVICE_CHECKS, INVENTORY_CHECKS
from ansible_collections.accelerated.nodes.plugins.module_utils._device_checks import device_findings
from ansible_collections.accelerated.nodes.plugins.module_utils._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils._instance_types import instance_type as known_type
from ansible_collections.accelerated.nodes.plugins.module_utils._inventory import Inventory


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
        links: How many other devices each device is linked to, at least.
        fabric: Whether the GPUs register with the NVSwitch fabric.
        source: Where count, model, memory and cores come from: ``instance type``, ``labels``, or empty for nowhere.
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
    links: Optional[int] = None
    fabric: bool = False
    source: str = ""

    @property
    def known(self) -> bool:
        """Whether there is anything to judge by."""
        return self.count is not None


def expectation(instance_type: str, node_labels: Mapping[str, str], user_expect: Optional[Mapping[str, Any]] = None) -> Expectation:
    """Return what a node of an instance type should have.

    The table of instance types comes first, then Karpenter's labels for a type that the table does not know. What
    neither knows stays None: nothing is assumed.

    Args:
        instance_type: EC2's name of the type.
        node_labels: Labels of the Node or NodeClaim.
        user_expect: driver_version, cuda_version, ecc, mig; each optional.
    """
    wishes = {key: value for key, value in (user_expect or {}).items() if value is not None}
    known = known_type(instance_type)
    if known is not None and not _accelerator_of_resource(known.resource):
        # Another vendor's accelerator: nothing that this collection verifies.
        return Expectation(instance_type=instance_type, accelerator="")
    if known is not None:
        # What pods can request decides how many devices the check gets: Karpenter promises no share of a GPU.
        return Expectation(
            instance_type=instance_type,
            accelerator=_accelerator_of_resource(known.resource),
            count=known.devices,
            requestable=known.resource_count or known.devices,
            model=(known.product_name or "").rstrip("*") or (_label_words(known.device_name) if _is_nvidia(known) else None),
            memory_mib=known.device_memory_mib,
            cores=known.cores_per_device,
            links=known.links,
            fabric=known.fabric == "yes",
            source="instance type",
            **wishes,
        )
    return _expectation_of_labels(instance_type, node_labels, wishes)


def _expectation_of_labels(instance_type: str, labels: Mapping[str, str], wishes: Mapping[str, Any]) -> Expectation:
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
        **wishes,
    )


def _is_nvidia(known: Any) -> bool:
    return known.resource == ACCELERATORS["nvidia"].resource


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
