# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the ConfigMap aws-auth and puts back what ``_aws_auth`` makes of it; decides nothing about its text."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._aws_auth import says_nothing
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError

CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
AWS_AUTH = f"{CONFIG_MAPS}/aws-auth"
KEY = "mapRoles"
# Says that the ConfigMap is this collection's to remove, once nobody has put anything into it.
LABELS = {"app.kubernetes.io/managed-by": "accelerated.nodes"}
# What becomes better by asking anew: another has written at the same time, or made or removed the ConfigMap.
CONFLICTS = (404, 409)
PAUSES_SECONDS = (0, 0.2, 0.5, 1, 2)

Edit = Callable[[str], str]


class Change(NamedTuple):
    """What became, or would become, of mapRoles."""

    before: str
    after: str
    made: bool = False
    removed: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return self.before != self.after or self.made or self.removed


def change(client: Client, edit: Edit, check_mode: bool) -> Change:
    """Has ``edit`` change the text of mapRoles, and begins anew where somebody else was faster.

    :raises CollectionError: ``edit`` refuses, the API server does, or others wrote at the same time again and again.
    """
    for pause in PAUSES_SECONDS:
        time.sleep(pause)
        found = _read(client)
        planned = _planned(found, edit)
        if check_mode or not planned.changed:
            return planned
        try:
            _write(client, found, planned)
        except ApiError as error:
            if error.status not in CONFLICTS:
                raise
            refusal = error
        else:
            return planned
    raise CollectionError(
        f"The ConfigMap kube-system/aws-auth was changed by somebody else at each of {len(PAUSES_SECONDS)} tries: {refusal.message} "
        "Find out what writes it all the time, and run this again."
    )


def _read(client: Client) -> Optional[dict[str, Any]]:
    try:
        return client.get(AWS_AUTH)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _planned(found: Optional[dict[str, Any]], edit: Edit) -> Change:
    data = (found or {}).get("data") or {}
    before = data.get(KEY) or ""
    after = edit(before)
    if found is None:
        return Change(before, after, made=after != before)
    return Change(before, after, removed=after != before and _is_ours(found, data) and says_nothing(after))


def _is_ours(found: dict[str, Any], data: dict[str, str]) -> bool:
    """Whether this collection made it, and nobody has put anything else into it."""
    labels = found["metadata"].get("labels") or {}
    return LABELS.items() <= labels.items() and set(data) <= {KEY}


def _write(client: Client, found: Optional[dict[str, Any]], planned: Change) -> None:
    if found is None:
        metadata = {"name": "aws-auth", "namespace": "kube-system", "labels": LABELS}
        client.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: planned.after}})
        return
    version = found["metadata"]["resourceVersion"]
    if planned.removed:
        client.delete(AWS_AUTH, {"preconditions": {"resourceVersion": version}})
        return
    client.patch(AWS_AUTH, {"metadata": {"resourceVersion": version}, "data": {KEY: planned.after}})
