# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a pool's description and of the defaults beside it: the schema, as tables.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common import _checks as check
from ansible_collections.accelerated.nodes.plugins.module_utils.common._operators import OPERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.common._quantities import is_object_name
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._capacity_reservations import reservation
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._disruption import DISRUPTION, protection
from ansible_collections.accelerated.nodes.plugins.module_utils.pools._requirements import LIST_OPERATORS, NUMERIC_OPERATORS

_WORDS = check.items(check.text)
_OBJECT_NAME = check.matching(
    is_object_name,
    "a name Kubernetes and Karpenter accept: at most 63 lower-case letters, digits, '-' and '.', a letter or digit at both ends",
)
_LABELS = check.mapping(check.label_value, check.label_key)
_TAINT = check.record(
    {
        "key": check.label_key,
        "value": check.label_value,
        "effect": check.choice("NoSchedule", "PreferNoSchedule", "NoExecute"),
    },
    required=("key", "effect"),
)
_VOLUME = check.record(
    {
        "size": check.volume_size,
        "type": check.choice("gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"),
        "iops": check.integer(100, 256000),
        "throughput": check.integer(125, 2000),
        "encrypted": check.boolean,
        "kms_key_id": check.text,
    }
)
_REQUIREMENT_FIELDS = check.record(
    {
        "key": check.label_key,
        "operator": check.choice(*OPERATORS),
        "values": check.items(check.text, at_least=0),
        "minValues": check.integer(1, 50),
    },
    required=("key", "operator"),
)


def _requirement(where: str, value: Any) -> Iterator[str]:
    """One requirement: its fields, then that the values suit the operator."""
    wrong = list(_REQUIREMENT_FIELDS(where, value))
    yield from wrong
    if wrong:
        return
    operator, values = value["operator"], value.get("values", [])
    if operator in LIST_OPERATORS:
        if not values:
            yield f"{where} has operator {operator}, which needs at least one value."
    elif operator in NUMERIC_OPERATORS:
        if len(values) != 1 or not values[0].isdigit():
            yield f"{where} has operator {operator}, which needs one whole number, as a string, in values."
    elif values:
        yield f"{where} has operator {operator}, which takes no values."


# Option of a description -> its check. The names' meaning: plugins/filter/node_pool.yml.
OPTIONS: Mapping[str, check.Check] = {
    "name": _OBJECT_NAME,
    "accelerator": check.choice("nvidia", "neuron", "none"),
    "instance_categories": _WORDS,
    "instance_families": _WORDS,
    "instance_types": _WORDS,
    "gpu_manufacturers": _WORDS,
    "gpu_names": _WORDS,
    "capacity_types": check.items(check.choice("on-demand", "spot", "reserved")),
    "architectures": check.items(check.choice("amd64", "arm64")),
    "zones": _WORDS,
    "requirements": check.items(_requirement, at_least=0),
    "limits": check.mapping(check.quantity, check.label_key),
    "labels": _LABELS,
    "taints": check.items(_TAINT, at_least=0),
    "startup_taints": check.items(_TAINT, at_least=0),
    "expire_after": check.duration,
    "disruption": DISRUPTION,
    "weight": check.integer(1, 100),
    "node_role": check.text,
    "ami_alias": check.text,
    "volume": _VOLUME,
    "tags": check.mapping(check.text, check.text),
    "subnet_selector": check.items(check.mapping()),
    "security_group_selector": check.items(check.mapping()),
    "node_class": _OBJECT_NAME,
    "node_class_spec": check.mapping(),
    "node_pool_spec": check.mapping(),
    "allow_unlimited_accelerators": check.boolean,
    "allow_latest_ami": check.boolean,
    "replicas": check.integer(0, 1000),
    "capacity_reservations": check.items(reservation),
    "efa_interfaces": check.integer(1, 32),
    "gpu_shares": check.integer(2, 100),
    "protect_from_drift": protection,
    "instance_profile": check.text,
    "auto_mode": check.boolean,
}

# What shapes the EC2NodeClass: without effect where a pool uses a class that exists already.
CLASS_OPTIONS = (
    "node_role",
    "ami_alias",
    "allow_latest_ami",
    "volume",
    "tags",
    "subnet_selector",
    "security_group_selector",
    "node_class_spec",
    "instance_profile",
    "capacity_reservations",
    "efa_interfaces",
)

# Key of the defaults -> its check.
DEFAULTS: Mapping[str, check.Check] = {
    "cluster_name": check.text,
    "node_role": check.text,
    "ami_alias": check.text,
    "pinned_ami_aliases": check.mapping(check.text),
    "tags": check.mapping(check.text, check.text),
    "instance_profile": check.either(check.text, ""),
    "isolated_vpc": check.boolean,
}


def option_problems(description: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with each option of a description, taken alone."""
    yield from check.check_fields("", description, OPTIONS)


def default_problems(defaults: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the defaults."""
    yield from (f"node_pool defaults: {problem}" for problem in check.check_fields("", defaults, DEFAULTS))
