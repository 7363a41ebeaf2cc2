# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who else keeps an object as they want it, by the marks that such programs leave on it. Pure.

Two that own one object undo each other's changes for ever, and what one removes the other makes again.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

OWN = "accelerated.nodes"
MANAGED_BY = "app.kubernetes.io/managed-by"


class Mark(NamedTuple):
    """A label or annotation by which its owner knows an object."""

    kind: str
    key: str
    owner: str


# The first that is there names the owner; Helm's own annotation says more than the label that all of them share.
MARKS = (
    Mark("annotations", "meta.helm.sh/release-name", "the Helm release '{}'"),
    Mark("annotations", "argocd.argoproj.io/tracking-id", "Argo CD ('{}')"),
    Mark("labels", "argocd.argoproj.io/instance", "the Argo CD application '{}'"),
    Mark("labels", "kustomize.toolkit.fluxcd.io/name", "the Flux kustomization '{}'"),
    Mark("labels", "helm.toolkit.fluxcd.io/name", "the Flux Helm release '{}'"),
    Mark("labels", MANAGED_BY, "'{}'"),
)


def owner_of(item: dict[str, Any]) -> Optional[str]:
    """Who else owns the object, and by what that is seen; None where nobody does."""
    metadata = item.get("metadata") or {}
    for reference in metadata.get("ownerReferences") or []:
        return f"the {reference.get('kind')} '{reference.get('name')}' (ownerReferences)"
    for mark in MARKS:
        value = (metadata.get(mark.kind) or {}).get(mark.key)
        if value and value != OWN:
            return f"{mark.owner.format(value)} ({mark.kind[:-1]} {mark.key})"
    return None


def other_owners(items: list[dict[str, Any]], names: list[str]) -> list[str]:
    """A sentence for each of the objects with these names that somebody else owns."""
    found = ((item, owner_of(item)) for item in items if item["metadata"]["name"] in names)
    return [
        f"{item['kind']} {item['metadata']['name']} is managed by {owner}, and a second owner would undo its changes and have its own undone: "
        "take it out there, or choose another name in node_pools_definitions."
        for item, owner in found
        if owner
    ]
