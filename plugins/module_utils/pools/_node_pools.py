# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From short descriptions of pools to Karpenter's EC2NodeClass and NodePool.

This file is internal to the collection and may change in any release. Pure: no Ansible, no cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._checks import show
from ansible_collections.accelerated.nodes.plugins.module_utils.common._merge import merged
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _auto_mode as auto_mode
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _bottlerocket as bottlerocket
from ansible_collections.accelerated.nodes.plugins.module_utils.pools import _gpu_shares as gpu_shares
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._disruption import disruption_of
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._instance_profile import isolation_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_class import (
    NODE_CLASS_API,
    NODE_CLASS_KIND,
    alias_of,
    node_class,
    node_class_problems,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_options import (
    default_problems,
    option_problems,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_rules import rule_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

NODE_POOL_API = "karpenter.sh/v1"


class PoolError(ValueError):
    """Descriptions that no manifest can be made of; its text has one sentence for each thing that is wrong."""


def manifests(descriptions: Any, defaults: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Render descriptions of pools as Karpenter's objects: each pool's class before its NodePool, its NodeOverlays after it.

    Args:
        descriptions: One description (a mapping), or a list of them; see plugins/filter/node_pool.yml for the options.
        defaults: What descriptions leave out: cluster_name, node_role, ami_alias, pinned_ami_aliases, tags,
            instance_profile, isolated_vpc.

    Raises:
        PoolError: Something is wrong with a description or with the defaults.
    """
    wrong = problems(descriptions, defaults)
    if wrong:
        raise PoolError(" ".join(wrong))
    pools = [Pool.from_description(each) for each in _listed(descriptions)]
    missing = [_of(pool.name, each) for pool in pools for each in node_class_problems(pool, defaults or {})]
    if missing:
        raise PoolError(" ".join(missing))
    return [manifest for pool in pools for manifest in _manifests_of(pool, defaults or {})]


def problems(descriptions: Any, defaults: Mapping[str, Any] | None = None) -> list[str]:
    """Return what is wrong with descriptions, one sentence for each thing; an empty list when nothing is.

    It needs neither cluster nor image: defaults that are not known yet can be left out.
    """
    found = list(default_problems(defaults or {}))
    listed = _listed(descriptions)
    for index, description in enumerate(listed):
        found += [_of(_name(description, index), each) for each in _description_problems(description, defaults or {})]
    names = Counter(each["name"] for each in listed if isinstance(each, Mapping) and isinstance(each.get("name"), str))
    found += [_of(name, f"is defined {count} times: names must differ.") for name, count in names.items() if count > 1]
    return found


def _listed(descriptions: Any) -> list[Any]:
    return descriptions if isinstance(descriptions, list) else [descriptions]


def _name(description: Any, index: int) -> str:
    name = description.get("name") if isinstance(description, Mapping) else None
    return name if isinstance(name, str) else f"#{index + 1}"


def _of(name: str, problem: str) -> str:
    return f"Node pool '{name}': {problem}"


def _description_problems(description: Any, defaults: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(description, Mapping):
        yield f"the description is {show(description)}, and must be a mapping."
        return
    if "name" not in description:
        yield "the description lacks 'name'."
    wrong = list(option_problems(description))
    yield from wrong
    if not wrong and "name" in description:
        pool = Pool.from_description(description)
        yield from rule_problems(pool)
        yield from isolation_problems(pool, defaults)


def sound_pools(descriptions: Any) -> list[Pool]:
    """Return the pools of those descriptions that nothing is wrong with."""
    return [Pool.from_description(each) for each in _listed(descriptions) if not problems(each)]


def objects_of(description: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a description makes, by kind and name: its NodePool, then the class that it has of its own."""
    yield _named(NODE_POOL_API, "NodePool", description["name"])
    if description.get("auto_mode"):
        if auto_mode.makes_class(description):
            yield _named(auto_mode.CLASS_API, auto_mode.CLASS_KIND, description["name"])
    elif "node_class" not in description:
        yield _named(NODE_CLASS_API, NODE_CLASS_KIND, description["name"])


def _named(api: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}}


def _manifests_of(pool: Pool, defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if has_own_class(pool):
        yield node_class(pool, defaults)
    yield node_pool(pool, alias_of(pool, defaults) or "")
    yield from gpu_shares.overlays(pool)


def has_own_class(pool: Pool) -> bool:
    """Say whether a class is made for the pool, in place of one that it names or that is there."""
    return auto_mode.makes_class(pool.description) if pool.auto_mode else "node_class" not in pool.description


def node_pool(pool: Pool, alias: str) -> dict[str, Any]:
    """Render a pool's NodePool; alias is the image alias that its class gets."""
    spec = {**_pool_fields(pool), "template": _template(pool, alias)}
    return {
        "apiVersion": NODE_POOL_API,
        "kind": "NodePool",
        "metadata": {"name": pool.name},
        "spec": merged(spec, pool.description.get("node_pool_spec", {})),
    }


def _pool_fields(pool: Pool) -> dict[str, Any]:
    given = pool.description
    fields = {name: given[name] for name in ("limits", "weight", "replicas") if name in given}
    disruption = disruption_of(pool)
    return {**fields, "disruption": disruption} if disruption else fields


def _template(pool: Pool, alias: str) -> dict[str, Any]:
    given = pool.description
    spec: dict[str, Any] = {"nodeClassRef": _class_ref(pool), "requirements": _requirements(pool)}
    optional = {
        "taints": given.get("taints", _default_taints(pool)),
        "startupTaints": given.get("startup_taints"),
        "expireAfter": given.get("expire_after"),
    }
    spec.update({name: value for name, value in optional.items() if value})
    labels = node_labels(pool, alias)
    return {"metadata": {"labels": labels}, "spec": spec} if labels else {"spec": spec}


def _class_ref(pool: Pool) -> dict[str, str]:
    if pool.auto_mode:
        return {"group": auto_mode.CLASS_GROUP, "kind": auto_mode.CLASS_KIND, "name": auto_mode.class_name(pool.description)}
    return {"group": NODE_CLASS_API.partition("/")[0], "kind": NODE_CLASS_KIND, "name": pool.node_class}


def _requirements(pool: Pool) -> list[dict[str, Any]]:
    rendered = [requirement.to_object() for requirement in pool.requirements]
    return [{**each, "key": auto_mode.label_of(each["key"])} for each in rendered] if pool.auto_mode else rendered


def node_labels(pool: Pool, alias: str) -> dict[str, str]:
    """Return the labels of a pool's nodes; alias is the image alias that its class gets, or its family.

    What brings a device plugin of its own says so by the labels that keep a second one away.
    """
    own_plugin = "nvidia" in pool.kinds and bottlerocket.boots_bottlerocket(pool, alias)
    usual = {} if pool.auto_mode or not pool.accelerator else pool.accelerator.labels
    labels = bottlerocket.OPT_OUT if own_plugin else usual
    return {**labels, **gpu_shares.labels(pool, own_plugin), **pool.description.get("labels", {})}


def _default_taints(pool: Pool) -> list[dict[str, str]]:
    """Keep pods that need no accelerator away from nodes that have one; the taint's key is the resource's name."""
    return [{"key": pool.accelerator.resource, "effect": "NoSchedule"}] if pool.accelerator else []
