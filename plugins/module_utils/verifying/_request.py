# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From options to a checked request: bad input is refused here, before anything is asked of a cluster. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._accelerators import ACCELERATORS
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._mirror import mirrored, registry_problem
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.depth._depth import Depth, depth_from
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._wishes import wishes_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._exclusions import exclusions_from
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._verification import Scope


@dataclass(frozen=True)
class Request:
    """What to verify, and how.

    Attributes:
        scope: Which nodes, and what the user expects of them.
        label_selectors: Kubernetes label selectors of Nodes and NodeClaims; all must match.
        provision: Nodes wanted, by NodePool.
        provision_each: Nodes wanted in every other selected NodePool that has accelerators; 0 for none.
        images: Images of the checks, by accelerator, where they are not the default ones.
        namespace: Where the Jobs go.
        max_parallel: How many checks run at a time.
        wait_timeout: Seconds for the nodes to become ready and for the checks together, but for computations.
        min_coverage: Percent of the nodes, those left out that are excluded, that must have been measured.
        check_timeout: Seconds for the check of one node.
        depth: What is done beyond one listing of each node.
    """

    scope: Scope
    label_selectors: tuple[str, ...] = ()
    provision: Mapping[str, int] = field(default_factory=dict)
    provision_each: int = 0
    images: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "accelerated-nodes-verify"
    max_parallel: int = 100
    wait_timeout: int = 900
    min_coverage: int = 100
    check_timeout: int = 300
    depth: Depth = field(default_factory=Depth)


_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def request_from(params: Mapping[str, Any]) -> Request:
    """Return the request that the module's options make.

    Raises:
        CollectionError: An option has a value that makes no sense.
    """
    if not _NAMESPACE.fullmatch(params["namespace"]):
        raise CollectionError(
            f"namespace is '{params['namespace']}', but must be at most 63 lower-case letters, digits and '-', not at either end."
        )
    return Request(
        scope=Scope(
            _names(params, "node_pools"),
            _names(params, "nodes"),
            wishes_from(params.get("expect") or {}),
            exclusions_from(params.get("exclude") or ()),
        ),
        label_selectors=_names(params, "label_selectors"),
        provision=_provision(params["provision"]),
        provision_each=_not_negative("provision_each", params["provision_each"]),
        images=_images(params["images"], params.get("registry") or ""),
        namespace=params["namespace"],
        max_parallel=_positive("max_parallel", params["max_parallel"]),
        wait_timeout=_positive("wait_timeout", params["wait_timeout"]),
        min_coverage=_percent("min_coverage", params["min_coverage"]),
        check_timeout=_positive("check_timeout", params["check_timeout"]),
        depth=depth_from(params),
    )


def _names(params: Mapping[str, Any], option: str) -> tuple[str, ...]:
    """Return a list of names. An empty list is refused: it would quietly mean all, where none was meant."""
    values = params.get(option)
    if values is None:
        return ()
    names = tuple(dict.fromkeys(each.strip() for each in values if each and each.strip()))
    if not names:
        raise CollectionError(f"{option} is empty, so it selects nothing: name at least one, or leave {option} out to select all.")
    return names


def _positive(option: str, value: Any) -> int:
    number = (
        value
        if isinstance(value, int) and not isinstance(value, bool)
        else int(value)
        if re.fullmatch(r"-?[0-9]{1,9}", str(value))
        else None
    )
    if number is None or number <= 0:
        raise CollectionError(f"{option} is {value}, but must be a whole number above 0.")
    return number


def _percent(option: str, value: Any) -> int:
    number = _positive(option, value)
    if number > 100:
        raise CollectionError(f"{option} is {value}, but must be a whole number of percent, from 1 to 100.")
    return number


def _not_negative(option: str, value: int) -> int:
    if value < 0:
        raise CollectionError(f"{option} is {value}, but must be a whole number, 0 for none.")
    return value


def _provision(wanted: Mapping[str, Any]) -> dict[str, int]:
    return {str(pool): _positive(f"provision of NodePool {pool}", number) for pool, number in wanted.items()}


def _images(images: Mapping[str, Any], registry: str) -> dict[str, str]:
    """Return the images that are named; where a registry mirrors what is public, the others are its own."""
    if registry_problem(registry):
        raise CollectionError(registry_problem(registry))
    for name, image in images.items():
        if name not in ACCELERATORS:
            raise CollectionError(f"images names '{name}', but the accelerators are {' and '.join(ACCELERATORS)}.")
        if not isinstance(image, str) or not image.strip() or re.search(r"\s", image.strip()):
            raise CollectionError(f"images gives '{image}' for {name}, which is no image name.")
    mirrors = {name: mirrored(each.image, registry) for name, each in ACCELERATORS.items()} if registry else {}
    return {**mirrors, **{name: image.strip() for name, image in images.items()}}
