# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rights of RBAC one by one, so that what is given twice is seen; and back to rules as Kubernetes takes them. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

ANY = "*"


class Right(NamedTuple):
    """One verb on one resource; ``namespace`` is empty for the whole cluster, ``name`` for every object.

    A right to a path that is no resource has that path as its ``resource``, which then begins with a slash.
    """

    namespace: str
    group: str
    resource: str
    verb: str
    name: str = ""


def rights_of(rules: Iterable[Mapping[str, Any]], namespace: str = "") -> Iterator[Right]:
    """Every right that rules of a Role or ClusterRole give."""
    for rule in rules:
        for verb in rule.get("verbs") or ():
            for path in rule.get("nonResourceURLs") or ():
                yield Right("", "", path, verb)
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    for name in rule.get("resourceNames") or ("",):
                        yield Right(namespace, group, resource, verb, name)


def without_covered(rights: Iterable[Right]) -> set[Right]:
    """The rights less those that another one of them includes."""
    every = set(rights)
    return {right for right in every if not any(wide in every for wide in _wider(right))}


def _wider(right: Right) -> Iterator[Right]:
    """Every other right that includes this one."""
    for namespace in (right.namespace, ""):
        for group in (right.group, ANY):
            for resource in (right.resource, ANY):
                for verb in (right.verb, ANY):
                    for name in (right.name, ""):
                        wide = Right(namespace, group, resource, verb, name)
                        if wide != right:
                            yield wide


def rules(rights: Iterable[Right]) -> list[dict[str, Any]]:
    """Rules that give these rights (of one namespace, or of the cluster), few and always in the same order."""
    verbs: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for right in rights:
        verbs[right.group, right.resource, right.name].add(right.verb)
    names: dict[tuple[str, str, tuple[str, ...], bool], set[str]] = defaultdict(set)
    for (group, resource, name), found in verbs.items():
        names[group, resource, tuple(sorted(found)), bool(name)].add(name)
    resources: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool], set[str]] = defaultdict(set)
    for (group, resource, which, _is_named), named in names.items():
        resources[group, which, tuple(sorted(named)), resource.startswith("/")].add(resource)
    return [_rule(*key, sorted(found)) for key, found in sorted(resources.items())]


def _rule(group: str, verbs: tuple[str, ...], names: tuple[str, ...], path: bool, resources: list[str]) -> dict[str, Any]:
    if path:
        return {"nonResourceURLs": resources, "verbs": list(verbs)}
    rule: dict[str, Any] = {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
    return {**rule, "resourceNames": list(names)} if names != ("",) else rule
