# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits until NodePools and their EC2NodeClasses are ready, and says of each that is not why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline, Source, View, follow
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError
from ansible_collections.accelerated.nodes.plugins.module_utils.common._progress import Progress, contact_lines, contact_warnings
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._evidence import by_name
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._pool_causes import (
    CLASS_GROUP,
    class_ref,
    of_conditions,
    of_node_class,
    terminating,
    without_image,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._question import Evidence
from ansible_collections.accelerated.nodes.plugins.module_utils.diagnosis._verdict import Verdict, verdict
from ansible_collections.accelerated.nodes.plugins.module_utils.waiting._nodeclaims import (
    EC2NODECLASSES,
    NODEPOOLS,
    without_karpenter,
)

POOLS, CLASSES = "NodePools", "EC2NodeClasses"
# Clusters in Auto Mode have node classes of another kind; a NodePool's own condition tells of those.
SOURCES = {POOLS: Source(NODEPOOLS), CLASSES: Source(EC2NODECLASSES, needed=False)}


@dataclass(frozen=True)
class Pools:
    """What is waited for: NodePools and EC2NodeClasses by name; no names at all mean every NodePool."""

    node_pools: Sequence[str] = ()
    node_classes: Sequence[str] = ()

    def meant(self, evidence: Evidence) -> Sequence[str]:
        """The names of the NodePools that are meant."""
        return self.node_pools or (() if self.node_classes else sorted(evidence.node_pools))


def unready(pools: Pools, evidence: Evidence, refused: ApiError | None = None) -> list[Verdict]:
    """What is wrong with those that are not ready, each object once; empty when all are. Pure.

    :param refused: why EC2NodeClasses could not be read; None when they were.
    """
    of_pools = (_of_pool(name, evidence, refused) for name in pools.meant(evidence))
    of_classes = (_of_class(name, evidence, refused) for name in pools.node_classes)
    found = [each for each in (*of_classes, *of_pools) if each is not None]
    if not found and not pools.meant(evidence) and not pools.node_classes:
        return [verdict("NodePools", "NodePoolNotFound")]
    return list({each.object: each for each in found}.values())


def _of_pool(name: str, evidence: Evidence, refused: ApiError | None) -> Verdict | None:
    pool = evidence.node_pools.get(name)
    if pool is None:
        return verdict(f"NodePool {name}", "NodePoolNotFound")
    ref = class_ref(pool)
    # The pool's own word on a class that was deleted comes late. Those that cannot be read, or are of another group, are left to it.
    known = refused is None and ref.get("group") == CLASS_GROUP
    return (
        terminating(f"NodePool {name}", pool, "NodePoolTerminating")
        or (_of_class(ref.get("name", ""), evidence, None) if known else None)
        or of_conditions(f"NodePool {name}", pool, "NodePoolNotReady")
        or without_image(name, evidence)
    )


def _of_class(name: str, evidence: Evidence, refused: ApiError | None) -> Verdict | None:
    if refused is not None:
        return Verdict(f"EC2NodeClass {name}", refused.reason, refused.message, "It could not be read.", refused.next_step)
    if name not in evidence.node_classes:
        return verdict(f"EC2NodeClass {name}", "NodeClassNotFound")
    return of_node_class(name, evidence)


class PoolWait:
    """One wait, which ``deadline`` ends."""

    def __init__(self, client: Client, pools: Pools, deadline: Deadline, progress: Progress) -> None:
        self._client, self._pools, self._deadline, self._progress = client, pools, deadline, progress
        self._evidence = Evidence()
        self._wrong: list[Verdict] = []
        self._warnings: list[str] = []
        self._contact: dict[str, str] = {}
        self._refused: ApiError | None = None

    def run(self) -> dict[str, Any]:
        """Returns ``node_pools``, ``node_classes`` and ``elapsed`` (seconds) once all are ready.

        :raises CollectionError: the deadline passed, or they cannot be read; carries the same keys and ``verdict``.
        """
        trouble: Mapping[str, ApiError] = {}
        try:
            for seen in follow(self._client, SOURCES, self._deadline, tick=0.25):
                trouble = seen.trouble
                self._note(seen)
                if not self._wrong:
                    return self._outcome()
        except ApiError as error:
            raise CollectionError(without_karpenter(error).message, **self._outcome()) from error
        lost = [verdict("API server", "ConnectionLost", error.message) for error in trouble.values()]
        wrong = lost or self._wrong
        sentence = " ".join((f"Not ready after {self._deadline.elapsed:.0f} s.", *map(str, wrong)))
        raise CollectionError(sentence, verdict=wrong[0].result, **self._outcome())

    def _note(self, seen: View) -> None:
        self._evidence = Evidence(node_pools=by_name(seen.objects[POOLS].values()), node_classes=by_name(seen.objects[CLASSES].values()))
        self._refused = seen.refused.get(CLASSES)
        self._wrong = unready(self._pools, self._evidence, self._refused)
        self._warnings = contact_warnings(seen)
        contact = contact_lines(seen)
        changed = bool(seen.changed or seen.gone or contact != self._contact)
        self._contact = contact
        self._progress(lambda: {**dict(self._lines()), **contact}, self._deadline.elapsed, changed, last=not self._wrong)

    def _lines(self) -> Iterator[tuple[str, str]]:
        ready = [name for name in self._pools.meant(self._evidence) if _of_pool(name, self._evidence, self._refused) is None]
        yield from ((f"NodePool {name}", "ready") for name in ready)
        yield from ((each.object, f"{each.reason} {each.message}".rstrip()) for each in self._wrong)

    def _outcome(self) -> dict[str, Any]:
        evidence, pools = self._evidence, self._pools
        meant = pools.meant(evidence)
        referenced = [class_ref(evidence.node_pools[name]).get("name", "") for name in meant if name in evidence.node_pools]
        classes = sorted({*pools.node_classes, *(() if self._refused else filter(None, referenced))})
        return {
            "node_pools": [_state(name, _of_pool(name, evidence, self._refused)) for name in meant],
            "node_classes": [_state(name, _of_class(name, evidence, self._refused)) for name in classes],
            "elapsed": round(self._deadline.elapsed, 1),
            "changed": False,
            "warnings": self._warnings,
        }


def _state(name: str, wrong: Verdict | None) -> dict[str, Any]:
    return {
        "name": name,
        "ready": wrong is None,
        "reason": wrong.reason if wrong else "",
        "message": wrong.message if wrong else "",
    }
