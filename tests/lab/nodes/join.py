"""Instances to Nodes: what runs joins if the cluster lets it in, what is gone leaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import admission, faults, node, userdata
from .api import ERRORS, Api, ApiError
from .cloud import ERRORS as CLOUD_ERRORS
from .cloud import Cloud
from .spot import SpotWarner

log = logging.getLogger(__name__)

Node = Mapping[str, Any]

#: A node that was refused knocks again after this many seconds.
RETRY_SECONDS = 5.0


class Joiner:
    """Holds which instances were seen since when, and when a refused one tries again."""

    def __init__(self, cloud: Cloud, api: Api, kubelet_port: int) -> None:
        self._cloud, self._api, self._port = cloud, api, kubelet_port
        self._spot = SpotWarner(cloud)
        self._seen: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._configs: dict[str, userdata.NodeConfig] = {}
        self._disks: dict[str, int] = {}
        self._told: dict[str, str] = {}

    def step(self, nodes: list[dict[str, Any]], on: Mapping[str, Mapping[str, str]]) -> None:
        """Bring the Nodes in line with the instances."""
        running = {each["InstanceId"]: each for each in self._cloud.instances() if each["State"]["Name"] == "running"}
        self._spot.step(running.values(), on)
        joined = {_instance_of(each) for each in nodes if _instance_of(each) and not node.is_twin(each)}
        for each in nodes:
            if _instance_of(each) and _instance_of(each) not in running and not each["metadata"].get("deletionTimestamp"):
                self._leave(each)
        for instance_id, instance in running.items():
            if instance_id not in joined and self._not_before.get(instance_id, 0) <= time.monotonic():
                self._try(instance, on)
        for gone in self._seen.keys() - running.keys():
            for memory in (self._seen, self._not_before, self._configs, self._disks, self._told):
                memory.pop(gone, None)

    def _try(self, instance: Mapping[str, Any], on: Mapping[str, Mapping[str, str]]) -> None:
        instance_id = instance["InstanceId"]
        self._not_before[instance_id] = time.monotonic() + RETRY_SECONDS
        try:
            reason = self._join(instance, on)
        except (userdata.NoNodeConfig, *ERRORS, *CLOUD_ERRORS) as error:
            reason = str(error)
        if reason and self._told.get(instance_id) != reason:
            log.warning("instance %s (%s) does not join: %s", instance_id, instance["InstanceType"], reason)
            self._told[instance_id] = reason

    def _join(self, instance: Mapping[str, Any], on: Mapping[str, Mapping[str, str]]) -> str | None:
        """Join the instance's node; returns why it does not, if so."""
        instance_id = instance["InstanceId"]
        since = self._seen.setdefault(instance_id, time.monotonic())
        if instance_id not in self._configs:
            self._configs[instance_id] = userdata.parse(self._cloud.user_data(instance_id))
            # At first sight: the launch template that says so does not live long.
            self._disks[instance_id] = self._cloud.disk(instance)
        config = self._configs[instance_id]
        hardware = self._cloud.hardware(instance["InstanceType"])
        image = self._cloud.image(instance)
        built = node.node_from_instance(instance, config, hardware, self._port, self._disks[instance_id], image)
        held = faults.on_node(on, built["metadata"]["labels"])
        if "node-never-joins" in held:
            return "fault node-never-joins is on"
        wait = since + float(held.get("slow-node", {}).get("seconds", 0)) - time.monotonic()
        if wait > 0:
            self._not_before[instance_id] = time.monotonic() + min(wait, 1.0)
            return "fault slow-node is on"
        reason = self._refusal(instance, config.cluster)
        if reason is None and "twin-node" in held:
            self._register(node.twin(built))
        if reason is None:
            self._register(node.not_ready(built, _now()) if "kubelet-not-ready" in held else built)
        return reason

    def _refusal(self, instance: Mapping[str, Any], cluster: str) -> str | None:
        role = self._cloud.role(instance)
        if role is None:
            return "it has no instance profile with a role"
        mode = self._cloud.authentication_mode(cluster)
        return admission.refusal(
            role,
            mode,
            # EKS answers no question about entries in this mode.
            None if mode == "CONFIG_MAP" else self._cloud.access_entry_type(cluster, role),
            self._api.get("/api/v1/namespaces/kube-system/configmaps/aws-auth"),
        )

    def _register(self, built: Node) -> None:
        try:
            self._api.request("POST", "/api/v1/nodes", built)
            log.info("node %s joined (%s)", built["metadata"]["name"], built["spec"]["providerID"])
        except ApiError as error:
            # Already there: its watch event is on the way.
            if error.status != 409:
                raise

    def _leave(self, gone: Node) -> None:
        name = gone["metadata"]["name"]
        try:
            self._api.request("DELETE", f"/api/v1/nodes/{name}")
            log.info("node %s left: its instance is gone", name)
        except ApiError as error:
            if error.status != 404:
                raise


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instance_of(each: Node) -> str:
    return (each["metadata"].get("annotations") or {}).get(node.INSTANCE, "")
