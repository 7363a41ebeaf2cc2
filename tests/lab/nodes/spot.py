"""Spot instances that EC2 takes back: the fault ``spot-interruption``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from . import faults, node
from .cloud import Cloud

log = logging.getLogger(__name__)


class SpotWarner:
    """Warns of each instance once; what follows (drain, terminate, replace) is Karpenter's."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._warned: set[str] = set()

    def step(self, running: Iterable[Mapping[str, Any]], on: Mapping[str, Mapping[str, str]]) -> None:
        """Warn of the instances to which the fault applies."""
        for instance in running:
            if instance.get("InstanceLifecycle") != "spot" or instance["InstanceId"] in self._warned:
                continue
            if "spot-interruption" in faults.on_node(on, labels(instance)):
                self._warned.add(instance["InstanceId"])
                self._cloud.warn_of_interruption(instance)
                log.info("instance %s: warned that EC2 takes it back", instance["InstanceId"])


def labels(instance: Mapping[str, Any]) -> dict[str, str]:
    """The labels by which faults are limited, of an instance whose node need not have joined."""
    tags = {each["Key"]: each["Value"] for each in instance.get("Tags") or []}
    return {
        "karpenter.sh/nodepool": tags.get("karpenter.sh/nodepool", ""),
        "node.kubernetes.io/instance-type": instance["InstanceType"],
        "kubernetes.io/hostname": node.node_name(instance),
    }
