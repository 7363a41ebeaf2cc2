# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be installed, as the preflight's options say it: pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators import _instance_labels as label
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import RECOMMENDED
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _auto_mode as auto_mode
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_class import NODE_CLASS_KIND, alias_of, node_class
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_pools import has_own_class, node_pool
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

# Options that the plan has under the same name and in the same form.
ALIKE = (
    "cluster_name",
    "karpenter_version",
    "isolated_vpc",
    "node_access",
    "pod_identity",
    "controller_role",
    "node_role",
    "ami_family",
    "ami_version",
    "kubernetes_version",
    "discovery_tags",
    "spot_role",
    "nvidia_method",
)


@dataclass(frozen=True)
class DevicePlugin:
    """A DaemonSet that pools of a kind need, with all of its tolerations; the pool never gets ready without one that is ``required``."""

    name: str
    accelerator: str
    tolerations: tuple[Mapping[str, Any], ...]
    required: bool
    option: str = ""


@dataclass(frozen=True)
class PlannedPool:
    """A pool, and the specs of its NodePool and of the class that it gets; None for a class that exists already and is only used."""

    pool: Pool
    spec: Mapping[str, Any]
    class_spec: Optional[Mapping[str, Any]]

    @property
    def name(self) -> str:
        """Its name."""
        return self.pool.name

    def values(self, key: str) -> tuple[str, ...]:
        """The values that its requirements allow for a label; empty when they name none."""
        named = [each.values for each in self.pool.requirements if each.key == key and each.operator == "In"]
        return tuple(value for value in named[0] if all(value in other for other in named)) if named else ()

    @property
    def class_key(self) -> str:
        """Kind and name of its class, by which those that exist are kept."""
        if self.pool.auto_mode:
            return f"{auto_mode.CLASS_KIND}/{auto_mode.class_name(self.pool.description)}"
        return f"{NODE_CLASS_KIND}/{self.pool.node_class}"

    @property
    def capacity_types(self) -> tuple[str, ...]:
        """``on-demand``, ``spot`` and ``reserved``, as far as it allows them."""
        return self.values(label.CAPACITY_TYPE) or ("on-demand",)

    @property
    def taints(self) -> list[Mapping[str, Any]]:
        """The taints of its nodes, those that are taken away after their start left out."""
        return list(self.spec["template"]["spec"].get("taints") or [])

    def class_in(self, live: Mapping[str, Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
        """The spec of its class: its own, or the one of ``live`` that it uses; None where that does not exist."""
        return self.class_spec if self.class_spec is not None else live.get(self.class_key)


@dataclass(frozen=True)
class Plan:
    """What the roles are about to do; see the options of the module preflight_info."""

    cluster_name: str
    region: str
    karpenter_version: str
    pools: tuple[PlannedPool, ...] = ()
    definitions: tuple[Mapping[str, Any], ...] = ()
    replicas: int = 2
    tolerations: tuple[Mapping[str, Any], ...] = ()
    isolated_vpc: bool = False
    node_access: str = "auto"
    pod_identity: bool = True
    controller_role: str = ""
    node_role: str = ""
    queue: str = ""
    ami_family: str = "al2023"
    ami_version: str = ""
    kubernetes_version: str = ""
    discovery_tags: bool = True
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    spot_role: bool = True
    nvidia_method: str = "device_plugin"
    device_plugins: tuple[DevicePlugin, ...] = field(default=())


def plan_of(params: Mapping[str, Any], region: str) -> Plan:
    """The plan that checked options describe; the pools' descriptions have been found sound."""
    defaults = {
        "cluster_name": params["cluster_name"],
        "node_role": params["node_role"] or "node-role",
        "instance_profile": params["instance_profile"],
        "isolated_vpc": params["isolated_vpc"],
        "ami_alias": f"{params['ami_family']}@{params['ami_version'] or RECOMMENDED}",
    }
    return Plan(
        region=region,
        pools=tuple(_planned(params["node_pools"], defaults)),
        definitions=tuple(params["node_pools"]),
        replicas=params["karpenter_replicas"],
        tolerations=tuple(params["karpenter_tolerations"]),
        queue=params["interruption_queue"],
        subnet_ids=tuple(params["subnet_ids"]),
        security_group_ids=tuple(params["security_group_ids"]),
        device_plugins=tuple(DevicePlugin(**{**each, "tolerations": tuple(each["tolerations"])}) for each in params["device_plugins"]),
        **{name: params[name] for name in ALIKE},
    )


def _planned(descriptions: list[Mapping[str, Any]], defaults: Mapping[str, Any]) -> Iterator[PlannedPool]:
    for pool in map(Pool.from_description, descriptions):
        own = node_class(pool, defaults)["spec"] if has_own_class(pool) else None
        yield PlannedPool(pool, node_pool(pool, alias_of(pool, defaults) or "")["spec"], own)
