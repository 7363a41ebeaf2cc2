"""Spot interruptions on demand."""

from __future__ import annotations

from typing import Any

from tests.lab.nodes.spot import SpotWarner, labels


class Cloud:
    """Remembers of which instances it warned."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn_of_interruption(self, instance: dict[str, Any]) -> None:
        self.warned.append(instance["InstanceId"])


def _instance(name: str, pool: str, lifecycle: str = "spot") -> dict[str, Any]:
    return {
        "InstanceId": name,
        "InstanceType": "g5.xlarge",
        "InstanceLifecycle": lifecycle,
        "PrivateIpAddress": "10.0.3.7",
        "Placement": {"AvailabilityZone": "us-west-2b"},
        "Tags": [{"Key": "karpenter.sh/nodepool", "Value": pool}],
    }


def test_step_warns_of_spot_instances_of_the_pool_once() -> None:
    cloud = Cloud()
    warner = SpotWarner(cloud)  # type: ignore[arg-type]
    running = [_instance("i-1", "spot"), _instance("i-2", "spot", "on-demand"), _instance("i-3", "other")]
    for _round in range(2):
        warner.step(running, {"spot-interruption:x": {"node-pool": "spot"}})
    assert cloud.warned == ["i-1"]


def test_step_warns_of_nothing_without_the_fault() -> None:
    cloud = Cloud()
    SpotWarner(cloud).step([_instance("i-1", "spot")], {"slow-node": {}})  # type: ignore[arg-type]
    assert cloud.warned == []


def test_labels_are_those_by_which_faults_are_limited() -> None:
    assert labels(_instance("i-1", "gpu")) == {
        "karpenter.sh/nodepool": "gpu",
        "node.kubernetes.io/instance-type": "g5.xlarge",
        "kubernetes.io/hostname": "ip-10-0-3-7.us-west-2.compute.internal",
    }
