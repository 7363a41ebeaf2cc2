# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which pods hold up a node's draining, as far as they themselves tell. Pure.

What Karpenter leaves out: a DaemonSet's pods, static ones, and those that have ended (kubernetes-sigs/karpenter, pkg/utils/pod).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
MIRROR = "kubernetes.io/config.mirror"
MOST_NAMED = 3


def still_there(pods: Iterable[Mapping[str, Any]]) -> str:
    """The pods that are to leave a node and have not, in words; empty when there is none."""
    found = sorted(_words(pod) for pod in pods if _is_awaited(pod))
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"pods still there: {', '.join(found[:MOST_NAMED])}{more}" if found else ""


def _is_awaited(pod: Mapping[str, Any]) -> bool:
    meta = pod["metadata"]
    owned = any(owner.get("kind") == "DaemonSet" for owner in meta.get("ownerReferences") or ())
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not owned and not over and MIRROR not in (meta.get("annotations") or {})


def _words(pod: Mapping[str, Any]) -> str:
    meta = pod["metadata"]
    held = DO_NOT_DISRUPT in (meta.get("annotations") or {})
    notes = [DO_NOT_DISRUPT] * held + ["terminating"] * bool(meta.get("deletionTimestamp"))
    return f"{meta.get('namespace', '')}/{meta['name']}" + (f" ({', '.join(notes)})" if notes else "")
