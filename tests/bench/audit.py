"""Which requests reached the API server, by its own audit log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from tests.bench.measure import Program
from tests.lab.bare import ControlPlane


@dataclass(frozen=True)
class Request:
    """A request: its verb (get, list or watch) and the resource that was asked for; empty for discovery."""

    verb: str
    resource: str


class Audit:
    """The requests since this was made, but for the benchmarks' own."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._start = plane.audit_log.stat().st_size

    @property
    def requests(self) -> list[Request]:
        """In the order in which they arrived."""
        with self._plane.audit_log.open("rb") as log:
            log.seek(self._start)
            events = [json.loads(line) for line in log.read().split(b"\n")[:-1]]
        own = self._plane.headers["User-Agent"]
        foreign = [event for event in events if event["user"]["username"] == "admin" and event.get("userAgent") != own]
        return [Request(event["verb"], (event.get("objectRef") or {}).get("resource", "")) for event in foreign]

    def await_request(self, program: Program, verb: str = "", times: int = 1, patience: float = 60) -> None:
        """Waits until NodeClaims were asked for that often, by that verb or any; or the program has ended, which its caller will hear of.

        :raises TimeoutError: they were not within ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        while program.running and sum(item.resource == "nodeclaims" and verb in ("", item.verb) for item in self.requests) < times:
            if time.monotonic() > deadline:
                raise TimeoutError(f"a program did not ask the API server for NodeClaims in {patience:.0f} s")
            time.sleep(0.02)
