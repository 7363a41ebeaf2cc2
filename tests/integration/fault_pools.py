"""The fault matrix for node_pool_wait: NodePools and their EC2NodeClass, and the rows that are about them.

What can happen to a list or a watch of NodeClaims can happen to one of NodePools: those rows are the shared table's, about
NodePools. The rows that are here alone are about EC2NodeClasses, and about what becomes of the objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tests.integration.fault_claims import READY, TERMINATING, UNREADY, condition
from tests.integration.fault_table import (
    BUSY,
    EVENTS,
    FAULTS,
    NO_LISTS,
    NODES,
    OK,
    UNREACHABLE,
    Expect,
    Fault,
    ever,
    fails,
    gone_event,
    once,
    replace_second,
    says,
)
from tests.lab.nodes.api import MERGE, Api
from tests.lab.proxy import answers
from tests.lab.proxy.server import Rule

NODEPOOLS, CLASSES = "/apis/karpenter.sh/v1/nodepools", "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"
POOL_WATCH, CLASS_LIST, CLASS_WATCH = "nodepools watch", "ec2nodeclasses list", "ec2nodeclasses watch"
LABEL, FINALIZER = "faults", "example.com/kept"
NO_CLASSES = fails(f"answered {CLASSES}")


class Pools:
    """The NodePools of one row, and the EC2NodeClass that all of them name; nobody's controller changes them."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.pool = name
        self._make(CLASSES, "karpenter.k8s.aws", "EC2NodeClass", name, CLASS_SPEC)
        self._ready(CLASSES, name)

    def create(self, name: str, kind: str) -> None:
        """A NodePool named after the row, in the state ``kind``."""
        reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": self.pool}
        template = {"spec": {"nodeClassRef": reference, "requirements": []}}
        self._make(NODEPOOLS, "karpenter.sh", "NodePool", self.full(name), {"template": template})
        self.become(name, kind)
        if kind == TERMINATING:
            self._terminate(NODEPOOLS, self.full(name))

    def become(self, name: str, kind: str) -> None:
        """Change a NodePool's status."""
        self._ready(NODEPOOLS, self.full(name), kind != UNREADY)

    def delete(self, name: str) -> None:
        """Delete a NodePool."""
        self._api.request("DELETE", f"{NODEPOOLS}/{self.full(name)}")

    def change(self, name: str) -> None:
        """Change a NodePool's spec, of which its conditions then say nothing yet."""
        path = f"{NODEPOOLS}/{self.full(name)}"
        seen = [{**condition("Ready"), "observedGeneration": self._api.request("GET", path)["metadata"]["generation"]}]
        self._api.request("PATCH", path + "/status", {"status": {"conditions": seen}}, MERGE)
        self._api.request("PATCH", path, {"spec": {"weight": 7}}, MERGE)

    def delete_class(self) -> None:
        """Delete the EC2NodeClass."""
        self._api.request("DELETE", f"{CLASSES}/{self.pool}")

    def terminate_class(self) -> None:
        """Delete the EC2NodeClass, which something keeps."""
        self._terminate(CLASSES, self.pool)

    def all(self) -> dict[str, dict[str, Any]]:
        """The NodePools as they are now, by name."""
        found = self._api.request("GET", f"{NODEPOOLS}?labelSelector={quote(selector(self.pool))}")["items"]
        return {item["metadata"]["name"]: item for item in found}

    def full(self, name: str) -> str:
        return f"{self.pool}-{name}"

    def _make(self, path: str, group: str, kind: str, name: str, spec: dict[str, Any]) -> None:
        meta = {"name": name, "labels": {LABEL: self.pool}}
        self._api.request("POST", path, {"apiVersion": f"{group}/v1", "kind": kind, "metadata": meta, "spec": spec})

    def _ready(self, path: str, name: str, done: bool = True) -> None:
        reason = "" if done else "ValidationFailed"
        self._api.request("PATCH", f"{path}/{name}/status", {"status": {"conditions": [condition("Ready", done, reason)]}}, MERGE)

    def _terminate(self, path: str, name: str) -> None:
        self._api.request("PATCH", f"{path}/{name}", {"metadata": {"finalizers": [FINALIZER]}}, MERGE)
        self._api.request("DELETE", f"{path}/{name}")


def selector(name: str) -> str:
    """The label selector of a row's objects."""
    return f"{LABEL}={name}"


_TAGGED = [{"tags": {"karpenter.sh/discovery": "lab"}}]
CLASS_SPEC = {
    "role": "node",
    "amiSelectorTerms": [{"alias": "al2023@latest"}],
    "subnetSelectorTerms": _TAGGED,
    "securityGroupSelectorTerms": _TAGGED,
}


def _renamed(text: str) -> str:
    return text.replace("nodeclaims", "nodepools")


def _about_pools(fault: Fault) -> Fault:
    """A row of the shared table, about NodePools."""
    rules = tuple(replace(rule, on=_renamed(rule.on)) for rule in fault.rules)
    # Of pools that are not named, all that there are can be ready while one of them is being replaced.
    named = fault.named or fault.meanwhile is replace_second
    return replace(fault, rules=rules, wait=Expect(fault.wait.ok, tuple(map(_renamed, fault.wait.words))), named=named)


#: Rows of the shared table that are about what only NodeClaims have; those about their pods are left out besides.
CLAIMS_ONLY = frozenset({"node-is-gone", "nobody-there", "terminating-is-not-ready"})
# Of answers that are none, and of faults that come three times, a few of each kind tell: what judges them is the same for all lists.
FEW_NO_LISTS = {name: NO_LISTS[name] for name in ("invalid-json", "items-null", "empty-object", "html-with-200")}
REPEATS = {f"{name}{end}" for name in NO_LISTS.keys() - FEW_NO_LISTS for end in ("", "-for-ever")} | {
    f"{name}-on-{verb}-three-times" for name in BUSY.keys() - {"429", "503"} for verb in ("list", "watch")
}
SHARED = tuple(
    _about_pools(fault)
    for fault in FAULTS
    if fault.wait
    and not fault.pod
    and fault.name not in CLAIMS_ONLY | REPEATS
    and not any(rule.on in (NODES, EVENTS) for rule in fault.rules)
)

OF_CLASSES = (
    *(Fault(f"classes-{name}", once(CLASS_LIST, act)) for name, act in FEW_NO_LISTS.items()),
    *(Fault(f"classes-{name}-for-ever", ever(CLASS_LIST, act), NO_CLASSES, seconds=4) for name, act in FEW_NO_LISTS.items()),
    *(Fault(f"classes-{name}", once(CLASS_LIST, act)) for name, act in BUSY.items()),
    *(Fault(f"classes-{name}-on-watch", once(CLASS_WATCH, act)) for name, act in BUSY.items()),
    *(Fault(f"classes-{name}-for-ever", ever(CLASS_LIST, BUSY[name]), fails(name), seconds=4) for name in ("429", "500", "503", "504")),
    Fault("classes-reset", once(CLASS_LIST, answers.reset)),
    Fault("classes-silent", once(CLASS_LIST, answers.silence), seconds=9),
    Fault("classes-silent-for-ever", ever(CLASS_LIST, answers.silence), UNREACHABLE),
    Fault("classes-watch-silent-for-ever", ever(CLASS_WATCH, answers.silent_watch), seconds=9),
    Fault("classes-410-event", once(CLASS_WATCH, answers.first_events(gone_event()))),
    Fault("classes-403", ever(CLASS_LIST, answers.answer(403)), says("could not be read, and count as none", "ec2nodeclasses")),
    Fault("classes-403-on-watch", ever(CLASS_WATCH, answers.answer(403)), says("EC2NodeClasses.* watching them is not allowed")),
    Fault("classes-404-no-crd", ever("ec2nodeclasses", answers.answer(404)), says("EC2NodeClasses could not be read")),
)


def _struck(name: str, act: Callable[[Pools], None], words: str, named: bool = False) -> Fault:
    """A row in which something happens to the objects just before the watch of the NodePools begins, and then the last one becomes ready."""

    def meanwhile(pools: Pools) -> None:
        act(pools)
        pools.become("1", READY)

    return Fault(name, once(POOL_WATCH, answers.passed), fails(words), claims=(READY, UNREADY), meanwhile=meanwhile, seconds=9, named=named)


OF_OBJECTS = (
    Fault("terminating-pool", wait=fails("NodePoolTerminating", FINALIZER), claims=(READY, TERMINATING), seconds=4),
    Fault("no-pools", wait=fails("NodePoolNotFound"), claims=(), seconds=4),
    _struck("class-terminates", Pools.terminate_class, "NodeClassTerminating"),
    _struck("class-vanishes", Pools.delete_class, "NodeClassNotFound"),
    _struck("named-pool-vanishes", lambda pools: pools.delete("0"), "pool-[0-9]+-0: NodePoolNotFound", named=True),
    _struck("spec-changes", lambda pools: pools.change("0"), "pool-[0-9]+-0: AwaitingReconciliation"),
    Fault("named", (Rule(POOL_WATCH, answers.passed, times=1),), OK, named=True),
)

POOL_FAULTS = (*SHARED, *OF_CLASSES, *OF_OBJECTS)
