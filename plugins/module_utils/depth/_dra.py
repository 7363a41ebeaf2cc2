# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes whose devices are served by Dynamic Resource Allocation: recognised from ResourceSlices. Pure.

This file is internal to the collection and may change in any release. Such a node offers no extended resource, and must not be
taken for one whose device plugin is missing. Sources: the Kubernetes documentation on ResourceSlice (a pool is whole only in
the slices of its highest generation), NVIDIA's and AWS Neuron's DRA drivers (driver names, attribute ``type``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.judging import _remedies as remedies
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import Finding
from ansible_collections.accelerated.nodes.plugins.module_utils.reports._report import FAILED, UNKNOWN
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import NodeResult, Subject

# The versions of the API that have what is read here, the newest first.
RESOURCE_SLICES = ("/apis/resource.k8s.io/v1/resourceslices", "/apis/resource.k8s.io/v1beta1/resourceslices")

# DRA driver -> the accelerator whose devices it publishes.
DRIVERS: Mapping[str, str] = {"gpu.nvidia.com": "nvidia", "neuron.aws.com": "neuron"}
# A driver's devices that are parts of others: values of its attribute ``type``.
PARTS = frozenset({"mig"})


class Published(NamedTuple):
    """What a driver publishes on one node."""

    driver: str
    devices: int


def published(slices: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Published]:
    """Return the whole devices that drivers publish, by node and accelerator.

    Args:
        slices: ResourceSlices, of any of the API's versions.
    """
    specs = [spec for spec in (each.get("spec") or {} for each in slices) if spec.get("driver") in DRIVERS and spec.get("nodeName")]
    newest: dict[tuple[str, str, str], int] = {}
    for spec in specs:
        newest[_pool(spec)] = max(newest.get(_pool(spec), 0), _generation(spec))
    counts: Counter[tuple[str, str]] = Counter()
    for spec in specs:
        if _generation(spec) == newest[_pool(spec)]:
            counts[spec["nodeName"], spec["driver"]] += sum(1 for _each in _whole_devices(spec))
    return {(node, DRIVERS[driver]): Published(driver, count) for (node, driver), count in counts.items()}


def served_by_dra(subject: Subject, found: Mapping[tuple[str, str], Published]) -> Optional[NodeResult]:
    """Return the verdict on a node whose devices only a ResourceClaim can have; None for any other node."""
    accelerator = ACCELERATORS.get(subject.expected.accelerator)
    here = found.get((subject.name, subject.expected.accelerator))
    if accelerator is None or here is None or subject.offered or subject.node is None:
        return None
    promised = "an unknown number" if subject.expected.count is None else str(subject.expected.count)
    finding = Finding(
        check="resource",
        expected=f"{accelerator.resource}, which a Job can request",
        found=f"devices served by DRA: driver {here.driver} publishes {here.devices} of {promised} in ResourceSlices",
        remedy=remedies.SERVED_BY_DRA,
    )
    return NodeResult(subject, UNKNOWN, (finding,))


def hindered(obstacle: Optional[NodeResult], served: Optional[NodeResult]) -> Optional[NodeResult]:
    """Return what keeps a node from being checked: that DRA serves it, in place of its offering nothing."""
    return served if obstacle and served and obstacle.verdict == FAILED else obstacle


def _pool(spec: Mapping[str, Any]) -> tuple[str, str, str]:
    return spec["driver"], spec["nodeName"], str((spec.get("pool") or {}).get("name", ""))


def _generation(spec: Mapping[str, Any]) -> int:
    number = (spec.get("pool") or {}).get("generation")
    return number if isinstance(number, int) else 0


def _whole_devices(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for device in spec.get("devices") or ():
        # Before v1 of the API what a device is stood a level lower.
        attributes = (device.get("basic") or device).get("attributes") or {}
        if (attributes.get("type") or {}).get("string") not in PARTS:
            yield device
