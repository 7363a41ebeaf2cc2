# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes events: of which object, when, which is the last. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Event = Mapping[str, Any]


def subject(event: Event) -> Mapping[str, str]:
    """The object that the event is about: kind, name, namespace and uid."""
    return event.get("involvedObject") or event.get("regarding") or {}


def time_of(event: Event) -> str:
    """When it was last seen, RFC 3339 to the second in UTC; those of the newer API have no lastTimestamp."""
    found = event.get("lastTimestamp") or event.get("eventTime") or (event.get("metadata") or {}).get("creationTimestamp")
    # Microseconds are cut, so that the two forms compare as texts.
    return str(found or "").partition(".")[0].rstrip("Z") + "Z" if found else ""


def message_of(event: Event) -> str:
    return str(event.get("message") or "")


def with_reason(events: Iterable[Event], *reasons: str) -> list[Event]:
    """The events with one of the reasons, the oldest first."""
    return sorted((event for event in events if event.get("reason") in reasons), key=time_of)


def of_uid(events: Iterable[Event], uid: str) -> list[Event]:
    """The events about the object with this uid, the oldest first."""
    return sorted((event for event in events if subject(event).get("uid") == uid), key=time_of)


def latest(events: Sequence[Event], wanted: Callable[[Event], bool] = lambda _event: True) -> Event | None:
    """The last event that is wanted; None when there is none."""
    return max(filter(wanted, events), key=time_of, default=None)
