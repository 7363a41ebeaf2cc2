# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pool's EC2NodeClass.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _auto_mode as auto_mode
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _bottlerocket as bottlerocket
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _capacity_reservations as reservations
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _efa_interfaces as efa
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._instance_profile import identity
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

NODE_CLASS_API = "karpenter.k8s.aws/v1"
NODE_CLASS_KIND = "EC2NodeClass"
DISCOVERY_TAG = "karpenter.sh/discovery"

# Family of an image alias -> the device that holds container images (EKS documentation; Karpenter's amifamily package).
_DEVICES = {"al2": "/dev/xvda", "al2023": "/dev/xvda", "bottlerocket": "/dev/xvdb"}
_WINDOWS_DEVICE = "/dev/sda1"

# An accelerator's images (CUDA, Neuron SDK) do not fit on the 20 GiB that Karpenter gives by default.
_ACCELERATOR_VOLUME = {"size": "100Gi"}
_VOLUME_FIELDS = {
    "size": "volumeSize",
    "type": "volumeType",
    "iops": "iops",
    "throughput": "throughput",
    "encrypted": "encrypted",
    "kms_key_id": "kmsKeyID",
}


def alias_of(pool: Pool, defaults: Mapping[str, Any]) -> str | None:
    """Return the image alias: the pool's own, else what its live class has, else the default; None for none."""
    pinned = defaults.get("pinned_ami_aliases") or {}
    return pool.description.get("ami_alias") or pinned.get(pool.name) or defaults.get("ami_alias")


def node_class_problems(pool: Pool, defaults: Mapping[str, Any]) -> Iterator[str]:
    """Yield what neither the pool nor the defaults say, and its class needs."""
    if "node_class" in pool.description:
        return
    spec = pool.description.get("node_class_spec", {})
    if not (pool.auto_mode or alias_of(pool, defaults) or "amiSelectorTerms" in spec):
        yield "ami_alias is missing, and so is its default: name one, such as al2023@v20261110."
    if not (pool.auto_mode or identity(pool, defaults)):
        yield "node_role is missing, and so is its default: name the IAM role of the nodes."
    if pool.auto_mode and not auto_mode.makes_class(pool.description):
        return
    for option, field in _SELECTORS.items():
        if not (option in pool.description or field in spec or defaults.get("cluster_name")):
            yield f"{option} is missing, and no cluster name says which discovery tag to look for."


def node_class(pool: Pool, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Render a pool's EC2NodeClass, or the NodeClass of a pool of EKS Auto Mode."""
    selectors = {field: _selector(pool, option, defaults) for option, field in _SELECTORS.items()}
    if pool.auto_mode:
        return auto_mode.node_class(pool, selectors, _tags(pool, defaults))
    passthrough = pool.description.get("node_class_spec", {})
    spec: dict[str, Any] = {}
    if "amiSelectorTerms" not in passthrough:
        spec["amiSelectorTerms"] = [{"alias": alias_of(pool, defaults)}]
    spec.update({**identity(pool, defaults), **selectors})
    spec.update({name: value for name, value in _optional(pool, defaults).items() if value})
    return {
        "apiVersion": NODE_CLASS_API,
        "kind": NODE_CLASS_KIND,
        "metadata": {"name": pool.node_class},
        "spec": merged(spec, passthrough),
    }


_SELECTORS = {"subnet_selector": "subnetSelectorTerms", "security_group_selector": "securityGroupSelectorTerms"}


def _selector(pool: Pool, option: str, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a selector's terms: as given, else by the cluster's discovery tag."""
    return pool.description.get(option) or [{"tags": {DISCOVERY_TAG: defaults.get("cluster_name")}}]


def _tags(pool: Pool, defaults: Mapping[str, Any]) -> dict[str, str]:
    return {**(defaults.get("tags") or {}), **pool.description.get("tags", {})}


def _optional(pool: Pool, defaults: Mapping[str, Any]) -> dict[str, Any]:
    alias = alias_of(pool, defaults) or ""
    return {
        "blockDeviceMappings": _block_devices(pool, alias),
        "tags": _tags(pool, defaults),
        reservations.FIELD: reservations.terms(pool),
        efa.FIELD: efa.interfaces(pool),
        **bottlerocket.sharing(pool, alias),
    }


def _block_devices(pool: Pool, alias: str) -> list[dict[str, Any]]:
    """Render the volume that holds images; none is said where Karpenter's own default will do."""
    given = pool.description.get("volume")
    if given is None and not pool.accelerator:
        return []
    volume = {"type": "gp3", "encrypted": True, **_ACCELERATOR_VOLUME, **(given or {})}
    device = _DEVICES.get(alias.partition("@")[0] or "al2023", _WINDOWS_DEVICE)
    ebs = {_VOLUME_FIELDS[name]: value for name, value in volume.items()}
    return [{"deviceName": device, "ebs": {"deleteOnTermination": True, **ebs}}]
