"""Plays pods step by step, device plugins' faults included, and keeps their logs."""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import facts, faults, node, pods
from .api import STRATEGIC, Api, ApiError
from .tools.output import Conditions, Output

log = logging.getLogger(__name__)

Faults = Mapping[str, Mapping[str, str]]

#: How long (seconds) a container is being made, and how long a command that ends runs.
CREATE_SECONDS = 0.3
RUN_SECONDS = 0.5


@dataclass
class Run:
    """One pod being played: its step, since when (monotonic seconds), and what came out of it."""

    step: str = "new"
    due: float = 0.0
    started: str = ""
    node: str = ""
    visible: list[facts.Device] = field(default_factory=list)
    outputs: dict[str, Output] = field(default_factory=dict)
    late: bool = False


class Player:
    """The kubelets of all nodes, as far as pods go."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._runs: dict[str, Run] = {}
        self._addresses = itertools.count(1)
        self._looks: Counter[str] = Counter()

    def step(self, nodes: Mapping[str, dict[str, Any]], seen: list[dict[str, Any]], on: Faults) -> list[dict[str, Any]]:
        """Move every pod on as far as it is due; returns the pods whose status changed, as they are now."""
        changed = []
        for pod in seen:
            place = nodes.get(pod["spec"].get("nodeName", ""))
            if place is None:
                continue
            held = faults.on_node(on, place["metadata"]["labels"])
            status = self._next(pod, place, held) if pods.ours(pod) else _kwoks_status(pod, held)
            if status:
                changed += self._patch(pod, status)
        for gone in self._runs.keys() - {pod["metadata"]["uid"] for pod in seen}:
            del self._runs[gone]
        return changed

    def next_due(self) -> float:
        """When (monotonic seconds) the next pod moves on by itself."""
        return min((run.due for run in self._runs.values() if run.step != "done"), default=float("inf"))

    def log_of(self, uid: str, container: str) -> Output | None:
        """What a container printed; None before it ran."""
        run = self._runs.get(uid)
        return run.outputs.get(container) if run else None

    def done(self, uid: str) -> bool:
        """Whether the pod has nothing more to say."""
        run = self._runs.get(uid)
        return run is None or run.step == "done"

    def _next(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults) -> pods.Status | None:
        run = self._runs.get(pod["metadata"]["uid"])
        if run is None:
            run = self._runs[pod["metadata"]["uid"]] = Run(node=place["metadata"]["name"])
            self._adopt(pod, place, held, run)
        if run.due > time.monotonic() or run.step == "done":
            return None
        return getattr(self, f"_after_{run.step}")(pod, place, held, run)

    def _adopt(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults, run: Run) -> None:
        """Take up a pod where it was left before this side started."""
        phase = (pod.get("status") or {}).get("phase", "Pending")
        if phase == "Pending":
            return
        self._start(pod, place, held, run)
        run.step = "running" if phase == "Running" else "done"

    def _after_new(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults, run: Run) -> pods.Status:
        run.step, run.due = "creating", time.monotonic() + CREATE_SECONDS
        return pods.creating(pod, _now())

    def _after_creating(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults, run: Run) -> pods.Status | None:
        if "image-pull" in held:
            run.due = time.monotonic() + 1.0
            return None if _waits_for(pod, "ImagePullBackOff") else self._pull_fails(pod)
        if "sandbox-fails" in held and pods.owner(pod) == "Job":
            run.due = time.monotonic() + 5.0
            self._tell(pod, pods.sandbox_event(pod, _now()))
            return None
        self._start(pod, place, held, run)
        slept = max((each.seconds for each in run.outputs.values()), default=0.0)
        run.late = slept > (allowed := float(pod["spec"].get("activeDeadlineSeconds") or "inf"))
        run.step, run.due = "running", time.monotonic() + max(RUN_SECONDS, min(slept, allowed))
        return pods.running(pod, run.started, self._address())

    def _pull_fails(self, pod: Mapping[str, Any]) -> pods.Status:
        self._tell(pod, pods.image_pull_event(pod, _now()))
        return pods.image_pull(pod, _now())

    def _tell(self, pod: Mapping[str, Any], event: dict[str, Any]) -> None:
        self._api.request("POST", f"/api/v1/namespaces/{pod['metadata']['namespace']}/events", event)

    def _after_running(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults, run: Run) -> pods.Status | None:
        run.step = "done"
        if run.late:
            return pods.over_deadline(pod, _now())
        if not pods.finishes(pod):
            return None
        end = next((end for name, end in ENDS.items() if name in held and pods.owner(pod) == "Job"), None)
        if end:
            return end(pod, _now())
        return pods.finished(pod, run.outputs, run.started, _now())

    def _start(self, pod: Mapping[str, Any], place: Mapping[str, Any], held: Faults, run: Run) -> None:
        run.started = _now()
        self._looks[run.node] += 1
        held = faults.at_look(held, self._looks[run.node])
        run.visible = pods.hand_out(pod, present(place, held), self._taken(run.node), "open-devices" in held)
        run.outputs = pods.play(pod, run.visible, Conditions(held), time.time())

    def _taken(self, name: str) -> set[int]:
        return {device.index for run in self._runs.values() if run.node == name and run.step == "running" for device in run.visible}

    def _address(self) -> str:
        high, low = divmod(next(self._addresses), 250)
        return f"10.128.{high % 256}.{low + 1}"

    def _patch(self, pod: Mapping[str, Any], status: pods.Status) -> list[dict[str, Any]]:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
        try:
            return [self._api.request("PATCH", path, {"metadata": {"uid": meta["uid"]}, "status": status}, STRATEGIC)]
        except ApiError as error:
            # Deleted, or replaced by another of the same name, since it was seen.
            if error.status in (404, 409):
                return []
            raise


def present(place: Mapping[str, Any], held: Faults) -> list[facts.Device]:
    """The devices that a node has, less those that a fault took from it."""
    meta = place["metadata"]
    instance_type = meta["labels"].get("node.kubernetes.io/instance-type", "")
    found = facts.devices(instance_type, (meta.get("annotations") or {}).get(node.INSTANCE, ""))
    return found[: max(len(found) - missing(held), 0)]


def missing(held: Faults) -> int:
    """How many devices the fault missing-device took."""
    return int(held.get("missing-device", {}).get("count", 0))


#: Faults that end the pods of Jobs otherwise than by their commands.
ENDS: Mapping[str, Callable[[pods.Pod, str], pods.Status]] = {"oom-killed": pods.oom_killed, "pod-evicted": pods.evicted}

#: Faults that keep a device plugin from registering anything -> the waiting reason of its pod, and the status that shows it.
PLUGIN_FAULTS: Mapping[str, tuple[str, Callable[[pods.Pod, str], pods.Status]] | None] = {
    "plugin-missing": ("CrashLoopBackOff", pods.crashed),
    "plugin-image-pull": ("ImagePullBackOff", pods.image_pull),
    "plugin-finds-nothing": None,
}


def _kwoks_status(pod: Mapping[str, Any], held: Faults) -> pods.Status | None:
    """What a fault makes of a pod that kwok keeps running, or kwok's own state once the fault is off; None to leave it."""
    if pod["metadata"].get("deletionTimestamp"):
        return None
    kind = pods.plugin_kind(pod)
    wanted = PLUGIN_FAULTS.get(plugin_fault(held, kind)) if kind else None
    if pods.is_karpenter(pod) and "controller-crashes" in held:
        wanted = ("CrashLoopBackOff", pods.crashed)
    if wanted:
        # Not before kwok started it: what kwok writes then would undo this.
        begun = bool((pod.get("status") or {}).get("podIP"))
        return wanted[1](pod, _now()) if begun and not _waits_for(pod, wanted[0]) else None
    held_up = (kind or pods.is_karpenter(pod)) and any(_waits_for(pod, each) for each in pods.BACK_OFFS)
    return pods.recovered(pod, _now()) if held_up else None


def plugin_fault(held: Faults, kind: str) -> str:
    """The fault that keeps the device plugin of a kind of accelerator from registering anything; empty for none."""
    return next((name for name in PLUGIN_FAULTS if name in held and held[name].get("kind") in (None, "", kind)), "")


def _waits_for(pod: Mapping[str, Any], reason: str) -> bool:
    states = [each.get("state") or {} for each in (pod.get("status") or {}).get("containerStatuses") or []]
    return any((state.get("waiting") or {}).get("reason") == reason for state in states)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
