"""Which rights of an account its requests have used, by the API server's own audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.access._rights import Right

from tests.lab.cluster import audit_log
from tests.lab.state import State

FORBIDDEN, CREATED = 403, 201


class AuditLog:
    """The requests since this was made, of the ServiceAccounts that the lab's API server writes down."""

    def __init__(self, state: State) -> None:
        self._path = audit_log(state)
        self._start = self._path.stat().st_size if self._path.exists() else 0

    def events(self) -> list[dict[str, Any]]:
        """Those that were answered, and that are about a resource."""
        with self._path.open("rb") as log:
            log.seek(self._start)
            found = [json.loads(line) for line in log.read().split(b"\n")[:-1]]
        return [each for each in found if each.get("objectRef")]

    def used(self) -> set[Right]:
        """The rights that granted requests took."""
        return {right for each in self.events() if _code(each) != FORBIDDEN for right in rights_of(each)}

    def denied(self) -> set[Right]:
        """The rights that were missing."""
        return {right for each in self.events() if _code(each) == FORBIDDEN for right in rights_of(each)}


def rights_of(event: dict[str, Any]) -> list[Right]:
    """The right that a request took; for an apply that made its object also that to create it, which the server asks for besides."""
    about = event["objectRef"]
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    namespace = "" if about["resource"] == "namespaces" else about.get("namespace", "")
    taken = Right(namespace, about.get("apiGroup", ""), resource, event["verb"], about.get("name", ""))
    return [taken, taken._replace(verb="create", name="")] if taken.verb == "patch" and _code(event) == CREATED else [taken]


def _code(event: dict[str, Any]) -> int:
    return int((event.get("responseStatus") or {}).get("code", 0))


def uses(right: Right, used: Iterable[Right]) -> bool:
    """Whether any of the rights that were used is given by this one."""
    return any(each[1:4] == right[1:4] and right.namespace in ("", each.namespace) and right.name in ("", each.name) for each in used)
