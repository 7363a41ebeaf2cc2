# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Jobs of a run, by name: where each stands, and what the run itself knows of it. Pure.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import PENDING, JobState
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._jobs import NODE_ANNOTATION


@dataclass
class Entry:
    """What a run knows of one of its Jobs.

    Attributes:
        node: The Node that it is for; empty for none in particular.
        seconds: How long it may take, from its creation.
        since: When it was created, by the run's time, or first asked for.
        manifest: What it is to be made from; None once it was.
        failures: How many requests for it have failed in a row.
        trouble: What the last request that failed ended with.
    """

    node: str
    seconds: int
    since: float
    manifest: Optional[dict[str, Any]]
    failures: int = 0
    trouble: str = ""


class JobRoll:
    """All Jobs of a run.

    Attributes:
        states: Where each stands, without the logs; those that were told of stay.
        entries: What is known of those that have not been told of, in the order in which they began.
        endings: How those have ended whose last words are still to be read.
        there: What there may be in the cluster, even where the answer to its creation was lost; a dict keeps the order.
    """

    def __init__(self) -> None:
        self.states: dict[str, JobState] = {}
        self.entries: dict[str, Entry] = {}
        self.endings: dict[str, JobState] = {}
        self.there: dict[str, None] = {}

    def begin(self, manifest: Mapping[str, Any], seconds: int, now: float) -> str:
        """Take up a Job that is about to be created; return its name."""
        name: str = manifest["metadata"]["name"]
        node = (manifest["metadata"].get("annotations") or {}).get(NODE_ANNOTATION, "")
        self.entries[name] = Entry(node, seconds, now, dict(manifest))
        self.states[name] = JobState(PENDING, "Creating")
        self.there[name] = None
        return name

    def created(self, name: str) -> bool:
        """Whether the server has said that it has the Job."""
        return self.entries[name].manifest is None

    @property
    def none_created(self) -> bool:
        """Whether no unfinished Job of this run is in the cluster, as far as the server has said."""
        return not any(self.created(name) for name in self.entries)

    def runs(self, name: str) -> bool:
        """Whether something may still happen to a Job."""
        return name in self.entries and name not in self.endings

    def ended(self, name: str) -> Entry:
        """Forget a Job that is told of; return what was known of it."""
        self.endings.pop(name, None)
        return self.entries.pop(name)
