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
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._node_class import node_class, node_class_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_options import (
    default_problems,
    option_problems,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pool_rules import rule_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._pools import Pool

NODE_POOL_API = "karpenter.sh/v1"

# An accelerator's work is dear to interrupt: its nodes go when they are empty, and not to pack them closer.
_ACCELERATOR_DISRUPTION = {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "5m"}
_DISRUPTION = {"consolidateAfter": "0s"}  # Karpenter's default; its API asks for the field once disruption is there


class PoolError(ValueError):
    """Descriptions that no manifest can be made of; its text has one sentence for each thing that is wrong."""


def manifests(descriptions: Any, defaults: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Render descriptions of pools as Karpenter's objects, each pool's EC2NodeClass before its NodePool.

    Args:
        descriptions: One description (a mapping), or a list of them; see plugins/filter/node_pool.py for the options.
        defaults: What descriptions leave out: cluster_name, node_role, ami_alias, pinned_ami_aliases, tags.

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
        found += [_of(_name(description, index), each) for each in _description_problems(description)]
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


def _description_problems(description: Any) -> Iterator[str]:
    if not isinstance(description, Mapping):
        yield f"the description is {show(description)}, and must be a mapping."
        return
    if "name" not in description:
        yield "the description lacks 'name'."
    wrong = list(option_problems(description))
    yield from wrong
    if not wrong and "name" in description:
        yield from rule_problems(Pool.from_description(description))


def _manifests_of(pool: Pool, defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "node_class" not in pool.description:
        yield node_class(pool, defaults)
    yield node_pool(pool)


def node_pool(pool: Pool) -> dict[str, Any]:
    """Render a pool's NodePool."""
    spec = {**_pool_fields(pool), "template": _template(pool)}
    return {
        "apiVersion": NODE_POOL_API,
        "kind": "NodePool",
        "metadata": {"name": pool.name},
        "spec": merged(spec, pool.description.get("node_pool_spec", {})),
    }


def _pool_fields(pool: Pool) -> dict[str, Any]:
    given = pool.description
    fields = {name: given[name] for name in ("limits", "weight") if name in given}
    if pool.accelerator:
        fields["disruption"] = merged(_ACCELERATOR_DISRUPTION, given.get("disruption", {}))
    elif "disruption" in given:
        fields["disruption"] = merged(_DISRUPTION, given["disruption"])
    return fields


def _template(pool: Pool) -> dict[str, Any]:
    given = pool.description
    spec: dict[str, Any] = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": pool.node_class},
        "requirements": [requirement.to_object() for requirement in pool.requirements],
    }
    optional = {
        "taints": given.get("taints", _default_taints(pool)),
        "startupTaints": given.get("startup_taints"),
        "expireAfter": given.get("expire_after"),
    }
    spec.update({name: value for name, value in optional.items() if value})
    labels = {**(pool.accelerator.labels if pool.accelerator else {}), **given.get("labels", {})}
    return {"metadata": {"labels": labels}, "spec": spec} if labels else {"spec": spec}


def _default_taints(pool: Pool) -> list[dict[str, str]]:
    """Keep pods that need no accelerator away from nodes that have one; the taint's key is the resource's name."""
    return [{"key": pool.accelerator.resource, "effect": "NoSchedule"}] if pool.accelerator else []
