# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user expects of nodes, of all and by NodePool: checked here, before anything is asked of a cluster. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._text import version

# A MIG profile as NVIDIA and Kubernetes write it: 3g.40gb, 1c.3g.40gb, 1g.10gb+me, 1g.10gb.me.
MIG_PROFILE = re.compile(r"(?:[1-7]c\.)?[1-7]g\.(?P<gigabytes>[1-9][0-9]{0,2})gb(?:[+.][a-z.]+)?")
POOLS = "pools"


@dataclass(frozen=True)
class Wishes:
    """What is expected, by the names of an Expectation's attributes.

    Attributes:
        everywhere: Of every node.
        pools: NodePool -> what is expected of its nodes, in place of the same key for all.
    """

    everywhere: Mapping[str, Any] = field(default_factory=dict)
    pools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, node_pool: str) -> dict[str, Any]:
        """Return what is expected of the nodes of a pool."""
        return {**self.everywhere, **self.pools.get(node_pool, {})}


def _whole(least: int) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        good = not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,9}", str(value)) and int(value) >= least
        return int(value) if good else None

    return read


def _flag(value: Any) -> Any:
    words = {"true": True, "yes": True, "false": False, "no": False}
    return value if isinstance(value, bool) else words.get(str(value).lower())


def _words(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else None


def _version(value: Any) -> Any:
    return str(value) if version(str(value)) else None


def _profiles(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(MIG_PROFILE.fullmatch(str(each)) for each in value):
        return None
    numbers = {str(profile): _whole(0)(number) for profile, number in value.items()}
    return None if None in numbers.values() else numbers


# Key -> what reads its value (None for one that makes no sense), and what the value must be.
KEYS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "count": (_whole(1), "a whole number above 0"),
    "model": (_words, "words of the product's name"),
    "memory_mib": (_whole(1), "a whole number of MiB above 0"),
    "cores": (_whole(1), "a whole number above 0"),
    "links": (_whole(0), "a whole number"),
    "fabric": (_flag, "true or false"),
    "driver_version": (_version, "a version that starts with a number such as 570"),
    "cuda_version": (_version, "a version that starts with a number such as 12.8"),
    "ecc": (_flag, "true or false"),
    "mig": (_flag, "true or false"),
    "mig_devices": (_profiles, "a mapping of MIG profiles such as 1g.10gb to whole numbers"),
}


def wishes_from(expect: Mapping[str, Any]) -> Wishes:
    """Return what the option expect says.

    Raises:
        CollectionError: A key that is none, or a value that makes no sense.
    """
    pools = expect.get(POOLS) or {}
    if not isinstance(pools, Mapping):
        raise CollectionError(f"expect.{POOLS} is '{pools}', but must be a mapping of NodePools to what is expected of their nodes.")
    everywhere = _read("expect", {key: value for key, value in expect.items() if key != POOLS})
    return Wishes(everywhere, {str(pool): _of_pool(str(pool), wishes) for pool, wishes in pools.items()})


def _of_pool(pool: str, wishes: Any) -> dict[str, Any]:
    if not isinstance(wishes, Mapping):
        raise CollectionError(f"expect.{POOLS}.{pool} is '{wishes}', but must be a mapping with keys of {', '.join(KEYS)}.")
    return _read(f"expect.{POOLS}.{pool}", wishes)


def _read(where: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in wishes.items():
        if key not in KEYS:
            raise CollectionError(f"{where} has the key '{key}', but the keys are {', '.join(KEYS)}.")
        if value is None:
            continue
        read, must_be = KEYS[key]
        found[key] = read(value)
        if found[key] is None:
            raise CollectionError(f"{where}.{key} is '{value}', but must be {must_be}.")
    return found
