"""Plays a row of the fault matrix: a module process, a proxy in front of the API server, and what came of it."""

from __future__ import annotations

import base64
import json
import math
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.integration.fault_claims import READY, UNREADY, Claims
from tests.integration.fault_pools import Pools, selector
from tests.integration.fault_table import Fault
from tests.integration.module_process import ModuleProcesses
from tests.lab.nodes.api import Api
from tests.lab.proxy import certificates
from tests.lab.proxy.control_plane import ControlPlane
from tests.lab.proxy.server import Loop, Proxy, Request, Upstream
from tests.lab.state import LOOPBACK

INFO, WAIT, POOLS = "nodeclaim_info", "nodeclaim_wait", "node_pool_wait"
#: What a module returns of what it read.
RETURNED = {INFO: "nodeclaims", WAIT: "nodeclaims", POOLS: "node_pools"}
#: What a module may take longer than its deadline.
GRACE_SECONDS = 1.0
#: What a module may wait for a processor; beyond that its run says nothing.
STARVED_SECONDS = 0.5
LATEST_FLIP_SECONDS = 3
#: How a kubeconfig's exec plugin hands out its tokens: the next one at each call.
TOKENS = {"lasting": ',"expirationTimestamp":"2099-01-01T00:00:00Z"', "undated": ""}
PLUGIN = """#!/bin/sh
count=$(( $(cat "$0.count" 2>/dev/null || echo 0) + 1 ))
echo $count >"$0.count"
echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"token-'$count'"EXPIRY}}'
"""


@dataclass
class Run:
    """What came of a row.

    Times are seconds from the module's start; ``flipped`` None when nothing was made ready. ``queued``: seconds for which the module
    waited for a processor, which are not in ``seconds``.
    """

    rc: int
    seconds: float
    queued: float
    out: str
    err: str
    progress: str
    requests: Sequence[Request]
    struck: int
    flipped: float | None
    asked: int
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def result(self) -> dict[str, Any]:
        """What the module returned; empty when that is no JSON object."""
        try:
            value = json.loads(self.out)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Bench:
    """What all rows share: the API server, the event loop, certificates, and module processes."""

    def __init__(self, directory: Path, plane: ControlPlane, collections: Path, processes: int) -> None:
        self._directory = directory
        self.api = Api(plane.state.kubeconfig)
        self._upstream = _upstream(plane.state.kubeconfig, directory)
        self._authority = certificates.Authority.new()
        self._contexts = certificates.contexts(self._authority, directory)
        self._loop = Loop()
        self._processes: queue.Queue[ModuleProcesses] = queue.Queue()
        self.size = processes
        for _number in range(processes):
            self._processes.put(ModuleProcesses(collections, *RETURNED))

    def stop(self) -> None:
        for _number in range(self.size):
            self._processes.get().stop()
        self._loop.stop()

    def play(self, fault: Fault, module: str, name: str, options: dict[str, Any]) -> Run:
        """Play one row, with NodeClaims of its own in the NodePool ``name``, or with NodePools of its own that begin so."""
        place = self._directory / name
        place.mkdir()
        claims = Pools(self.api, name) if module == POOLS else Claims(self.api, name)
        for number, kind in enumerate(fault.claims):
            claims.create(str(number), kind)
        if fault.pod:
            claims.create_pod(fault.pod)
            options = {fault.by: [f"default/{name}"], **options}
        context = self._contexts[fault.certificate] if fault.certificate else None
        meanwhile = (lambda: fault.meanwhile(claims)) if fault.meanwhile else None
        proxy = Proxy(self._upstream, fault.rules, context, fault.pages, meanwhile)
        named = [name]
        if module == POOLS:
            # NodePools are not selected by label: the proxy keeps those of other rows away.
            proxy.selector = selector(name)
            named = [claims.full(str(number)) for number in range(len(fault.claims))] if fault.named else None
        arguments = {"kubeconfig": str(self._kubeconfig(place, proxy, fault)), "node_pools": named, **_progress(place, module), **options}
        process = self._processes.get()
        try:
            return self._follow(lambda: process.run(module, place, arguments), proxy, fault, claims, place)
        finally:
            self._processes.put(process)
            self._loop.run(proxy.close())

    def _follow(self, work: Callable[[], dict[str, Any]], proxy: Proxy, fault: Fault, claims: Claims | Pools, place: Path) -> Run:
        if not fault.unreachable:
            self._loop.run(proxy.listen())
        ended: Future[dict[str, Any]] = Future()
        began = time.monotonic()
        threading.Thread(target=lambda: ended.set_result(work()), daemon=True).start()
        flipped: float | None = None
        while not ended.done():
            time.sleep(0.02)
            now = time.monotonic() - began
            if fault.unreachable and now >= fault.unreachable and not proxy.listening:
                self._loop.run(proxy.listen())
            if flipped is None and _is_time(fault, proxy, now):
                flipped = time.monotonic() - began
                flip(claims)
        return Run(
            **ended.result(),
            progress=(place / "progress").read_text(encoding="utf-8"),
            requests=list(proxy.log),
            struck=proxy.struck,
            flipped=flipped,
            asked=_count(place),
            claims=claims.all(),
        )

    def _kubeconfig(self, place: Path, proxy: Proxy, fault: Fault) -> Path:
        authority = base64.b64encode(self._authority.pem).decode()
        cluster = {"server": f"https://{LOOPBACK}:{proxy.port}", "certificate-authority-data": authority}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": _user(place, fault.token)}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        path = place / "kubeconfig"
        path.write_text(json.dumps(config), encoding="utf-8")
        return path


def flip(claims: Claims | Pools) -> None:
    """Make ready what is not."""
    for name, item in claims.all().items():
        states = {each["type"]: each["status"] for each in item.get("status", {}).get("conditions", [])}
        if states.get("Ready") != "True":
            claims.become(name.removeprefix(f"{claims.pool}-"), READY)


def _is_time(fault: Fault, proxy: Proxy, now: float) -> bool:
    if UNREADY not in fault.claims and not fault.meanwhile:
        return False
    if fault.wait is not None and not fault.wait.ok:
        return False
    if fault.unreachable:
        return now >= 1
    if proxy.struck_at is None:  # Nodes may be read at the end only; whether the fault struck at all is checked then.
        return bool(proxy.log) and time.monotonic() >= proxy.log[0].at + LATEST_FLIP_SECONDS
    return time.monotonic() >= proxy.struck_at + fault.flip


def _progress(place: Path, module: str) -> dict[str, str]:
    (place / "progress").touch()
    return {"progress_file": str(place / "progress")} if module != INFO else {}


def _user(place: Path, token: str) -> dict[str, Any]:
    if not token:
        return {"token": "token-0"}
    plugin = place / "plugin"
    plugin.write_text(PLUGIN.replace("EXPIRY", TOKENS[token]), encoding="utf-8")
    plugin.chmod(0o700)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(plugin), "interactiveMode": "Never"}}


def _count(place: Path) -> int:
    path = place / "plugin.count"
    return int(path.read_text(encoding="utf-8")) if path.exists() else 0


def _upstream(kubeconfig: Path, directory: Path) -> Upstream:
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    path = directory / "administrator.pem"
    path.write_bytes(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    context.load_cert_chain(path)
    url = urlsplit(cluster["server"])
    return Upstream(str(url.hostname), int(url.port or 443), context)


# -- what must hold of every run ----------------------------------------------------------------------------------------------

Check = Callable[[Fault, str, Run], str | None]


def says_json(fault: Fault, module: str, run: Run) -> str | None:
    """The result is a JSON object, and no traceback is anywhere."""
    if "Traceback" in run.out + run.err + run.progress or "exception" in run.result:
        return "there is a traceback"
    return None if run.result else "the result is no JSON object"


def ends_as_expected(fault: Fault, module: str, run: Run) -> str | None:
    expect = fault.info if module == INFO else fault.wait
    if (run.rc == 0) != expect.ok or bool(run.result.get("failed")) == expect.ok:
        return f"it should have {'succeeded' if expect.ok else 'failed'}"
    missing = [word for word in expect.words if not re.search(word, run.out + run.progress, re.IGNORECASE)]
    return f"it does not say {missing}" if missing else None


def no_false_success(fault: Fault, module: str, run: Run) -> str | None:
    """Nobody is told of what is not there."""
    if run.rc:
        return None
    if module != INFO and fault.wait.ok and run.flipped is None:
        return "it succeeded before the NodeClaims were ready"
    told = {claim["name"] for claim in run.result.get(RETURNED[module], [])}
    return None if told == set(run.claims) else f"it tells of {sorted(told)}, and there are {sorted(run.claims)}"


def on_time(fault: Fault, module: str, run: Run) -> str | None:
    late = run.seconds - fault.seconds
    return f"it ended {late:.1f} s after the deadline" if late > GRACE_SECONDS else None


def asks_with_restraint(fault: Fault, module: str, run: Run) -> str | None:
    most = 15 + 5 * run.seconds
    return f"{len(run.requests)} requests in {run.seconds:.1f} s" if len(run.requests) > most else None


def met_the_fault(fault: Fault, module: str, run: Run) -> str | None:
    """A row that never strikes would prove nothing."""
    if fault.rules and fault.certificate and not run.struck:
        return "the fault never struck"
    return f"the exec plugin was asked {run.asked} times" if run.asked < fault.asked else None


def ages_are_sound(fault: Fault, module: str, run: Run) -> str | None:
    wrong = [claim["age"] for claim in run.result.get("nodeclaims", []) if not 0 <= claim["age"] < math.inf]
    return f"ages {wrong}" if wrong else None


CHECKS: tuple[Check, ...] = (says_json, ends_as_expected, no_false_success, on_time, asks_with_restraint, met_the_fault, ages_are_sound)


def problems(fault: Fault, module: str, run: Run) -> list[str]:
    """What is wrong with a run; empty when nothing is."""
    return [problem for check in CHECKS if (problem := check(fault, module, run))]
