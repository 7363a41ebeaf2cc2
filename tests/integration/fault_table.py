"""The fault matrix: a row is a fault, the requests that it hits, and how each module must end.

A fault that passes must be outlived; one that stays must end in a failure that says what it was. Each row is played against a
real API server through a proxy; what the proxy invents and no API server would send is plain from the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tests.integration.fault_claims import NODELESS, READY, TERMINATING, UNREADY, Claims
from tests.lab.proxy import answers, certificates
from tests.lab.proxy.server import Rule

LIST, CONTINUE, WATCH, NODES, EVENTS = "nodeclaims list", "nodeclaims continue", "nodeclaims watch", "nodes list", "events list"
EVER = math.inf


@dataclass(frozen=True)
class Expect:
    """How a module ends, and patterns (any case) that its result or its progress lines must hold."""

    ok: bool
    words: tuple[str, ...] = ()


OK = Expect(True)


def fails(*words: str) -> Expect:
    return Expect(False, words)


def says(*words: str) -> Expect:
    return Expect(True, words)


@dataclass(frozen=True)
class Fault:
    """A row.

    Attributes:
        wait, info: how a wait and nodeclaim_info end; None where the module cannot meet the fault.
        claims: the NodeClaims (of fault_pools: the NodePools) that are there at the start. Those that are unready become ready after the fault has struck.
        meanwhile: done once, just before the first request that the fault hits is answered.
        seconds: the deadline.
        certificate: what the proxy shows; None speaks no TLS.
        unreachable: seconds from the module's start for which nothing listens.
        pages: at most so many objects in a page.
        token: what the kubeconfig's exec plugin is, ``lasting`` or ``expiring``; empty for none.
        asked: how often at least the exec plugin must have been asked.
        flip: seconds between the strike and the change to ready.
        named: whether NodePools are asked for by name, or all that there are.
        pod: the phase at the start of a pod whose claims are asked for; empty for no pod.
        by: the option that asks for it, ``pods`` or ``jobs``.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    wait: Expect | None = OK
    info: Expect | None = OK
    claims: tuple[str, ...] = (READY, UNREADY)
    meanwhile: Callable[[Claims], None] | None = None
    seconds: int = 6
    certificate: str | None = certificates.GOOD
    unreachable: float = 0
    pages: int | None = None
    token: str = ""
    asked: int = 0
    flip: float = 0.3
    named: bool = False
    pod: str = ""
    by: str = "pods"


def once(on: str, act: answers.Act) -> tuple[Rule, ...]:
    return (Rule(on, act, times=1),)


def ever(on: str, act: answers.Act) -> tuple[Rule, ...]:
    return (Rule(on, act),)


UNREACHABLE = fails("could not be reached|gave no answer")
NOT_AN_ANSWER = fails("answered /apis/karpenter.sh/v1/nodeclaims")
TLS = fails("certificate")

CONNECTION = (
    Fault("refused-for-ever", unreachable=EVER, wait=UNREACHABLE, info=UNREACHABLE),
    Fault("refused-3s", unreachable=3, seconds=9),
    Fault("reset", once(LIST, answers.reset)),
    Fault("reset-for-ever", ever("", answers.reset), UNREACHABLE, UNREACHABLE),
    Fault("reset-three-times", (Rule(LIST, answers.reset, times=3),), seconds=9),
    Fault(
        "reset-mid-wait", (Rule(WATCH, answers.cut_after(1), times=1), Rule(WATCH, answers.reset, first=2, times=2)), info=None, flip=1.5
    ),
    Fault("silent", once(LIST, answers.silence), seconds=9),
    Fault("silent-for-ever", ever("", answers.silence), UNREACHABLE, UNREACHABLE),
    Fault("headers-then-nothing", once(LIST, answers.headers_only), seconds=9),
    Fault("headers-then-nothing-for-ever", ever("", answers.headers_only), UNREACHABLE, UNREACHABLE),
    Fault("half-then-nothing", once(LIST, answers.half(answers.silence)), seconds=9),
    Fault("half-then-nothing-for-ever", ever("", answers.half(answers.silence)), UNREACHABLE, UNREACHABLE),
    Fault("half-then-reset", once(LIST, answers.half(answers.reset))),
    Fault("a-byte-a-second", once(LIST, answers.drip), seconds=9),
    Fault("a-byte-a-second-for-ever", ever(LIST, answers.drip), UNREACHABLE, UNREACHABLE),
    Fault("server-restarts", once(WATCH, answers.away(3)), info=None, seconds=12, flip=2),
    Fault("server-restarts-while-listing", once(LIST, answers.away(3, before=0)), seconds=9),
    Fault("no-handshake", certificate=None, wait=UNREACHABLE, info=UNREACHABLE, rules=ever("", answers.silence)),
    Fault("wrong-authority", certificate=certificates.UNKNOWN_AUTHORITY, wait=TLS, info=TLS),
    Fault("expired-certificate", certificate=certificates.EXPIRED, wait=TLS, info=TLS),
    Fault("wrong-host-name", certificate=certificates.OTHER_HOST, wait=TLS, info=TLS),
)


def without_items(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "items"}


def without_metadata(answer: dict) -> dict:
    return {**answer, "items": [{name: value for name, value in item.items() if name != "metadata"} for item in answer["items"]]}


# Answers with status 200 that are none: never an empty list, never a success.
NO_LISTS: dict[str, answers.Act] = {
    "truncated-json": answers.body(lambda data: data[: len(data) // 2]),
    "invalid-json": answers.body(lambda data: data.replace(b":", b"=")),
    "json-array": answers.objects(lambda answer: answer["items"]),
    "json-null": answers.answer(200, b"null"),
    "empty-object": answers.answer(200, {}),
    "items-null": answers.objects(lambda answer: {**answer, "items": None}),
    "items-text": answers.objects(lambda answer: {**answer, "items": "none"}),
    "items-missing": answers.objects(without_items),
    "item-null": answers.objects(lambda answer: {**answer, "items": [None]}),
    "item-without-metadata": answers.objects(without_metadata),
    "empty-body": answers.answer(200, b""),
    "html-with-200": answers.answer(200, answers.HTML, kind="text/html"),
    "status-with-200": answers.answer(200, answers.failure(500)),
    "bytes-that-are-no-text": answers.answer(200, bytes(range(128, 256))),
}
ANSWERS = (
    *(Fault(name, once(LIST, act)) for name, act in NO_LISTS.items()),
    *(Fault(f"{name}-for-ever", ever(LIST, act), NOT_AN_ANSWER, NOT_AN_ANSWER, seconds=4) for name, act in NO_LISTS.items()),
    Fault(
        "redirect",
        ever("", answers.answer(302, b"", Location="/elsewhere")),
        fails("302"),
        fails("302"),
        seconds=4,
    ),
)

CREDENTIALS = (
    Fault("401-once", once(LIST, answers.answer(401))),
    Fault("401-token-expired", ever("", answers.unless_token("token-2")), token="lasting", asked=2),
    Fault("401-token-expired-without-date", ever("", answers.unless_token("token-2")), token="undated", asked=2),
    Fault(
        "401-token-expired-mid-wait",
        (Rule("", answers.unless_token("token-2"), first=3), *once(WATCH, answers.cut_after(1))),
        token="lasting",
        asked=2,
        info=None,
        flip=2,
        seconds=9,
    ),
    Fault("401-for-ever", ever("", answers.answer(401)), fails("401", "credentials"), fails("401", "credentials")),
    Fault(
        "403-on-list",
        ever(LIST, answers.answer(403)),
        fails("403", "nodeclaims", "karpenter.sh", "list"),
        fails("403", "nodeclaims", "karpenter.sh", "list"),
    ),
    Fault("403-on-watch", ever(WATCH, answers.answer(403)), says("watch"), None, seconds=9),
    Fault("403-on-events", ever(EVENTS, answers.answer(403)), fails(r"\[events\]"), None, claims=(), seconds=9),
    Fault("403-on-nodes", ever(NODES, answers.answer(403)), says(r"\[nodes\]"), says(r"\[nodes\]")),
    Fault("404-no-crd", ever("nodeclaims", answers.answer(404)), fails("CRD"), fails("CRD")),
)

BUSY = {
    "429": answers.answer(429),
    "429-retry-after": answers.answer(429, Retry_After="1"),
    "429-retry-after-date": answers.answer(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "429-retry-after-nonsense": answers.answer(429, Retry_After="soon"),
    "500": answers.answer(500),
    "502": answers.answer(502, answers.HTML, kind="text/html"),
    "503": answers.answer(503),
    "504": answers.answer(504),
}
BUSINESS = (
    *(Fault(f"{name}-on-list", once(LIST, act)) for name, act in BUSY.items()),
    *(Fault(f"{name}-on-list-three-times", (Rule(LIST, act, times=3),), seconds=9) for name, act in BUSY.items()),
    *(Fault(f"{name}-on-watch", once(WATCH, act), info=None) for name, act in BUSY.items()),
    *(Fault(f"{name}-on-watch-three-times", (Rule(WATCH, act, times=3),), info=None, seconds=9) for name, act in BUSY.items()),
    *(Fault(f"{name}-for-ever", ever("", BUSY[name]), fails(name), fails(name), seconds=4) for name in ("429", "500", "502", "503", "504")),
    Fault("429-retry-after-an-hour", ever("", answers.answer(429, Retry_After="3600")), fails("429"), fails("429"), seconds=4),
    Fault("503-on-nodes", once(NODES, answers.answer(503))),
    # That a node has all its accelerators is not taken for granted: the wait goes on until it was read.
    Fault("503-on-nodes-three-times", (Rule(NODES, answers.answer(503), times=3),), seconds=9),
    Fault("503-on-nodes-for-ever", ever(NODES, answers.answer(503)), fails("ConnectionLost", "503"), says("nodes"), (READY, READY)),
    Fault(
        "silent-nodes",
        ever(NODES, answers.silence),
        fails("ConnectionLost", "could not be reached|gave no answer"),
        says("nodes"),
        (READY, READY),
    ),
)


def gone_event() -> dict:
    return {"type": "ERROR", "object": answers.failure(410, "too old resource version: 1 (2)")}


def bookmark(version: str = "1", padding: int = 0) -> dict:
    annotations = {"padding": "x" * padding} if padding else {}
    meta = {"resourceVersion": version, "annotations": annotations}
    return {"type": "BOOKMARK", "object": {"kind": "NodeClaim", "apiVersion": "karpenter.sh/v1", "metadata": meta}}


def doubled(event: dict) -> list[dict]:
    return [event, event]


def older(event: dict) -> dict:
    """The same object in an earlier version, not ready, as a server that is behind would send it again."""
    item = event["object"]
    meta = {**item["metadata"], "resourceVersion": "2"}
    conditions = [
        {**each, "status": "Unknown" if each["type"] in ("Initialized", "Ready") else each["status"]}
        for each in item["status"]["conditions"]
    ]
    return {"type": "MODIFIED", "object": {**item, "metadata": meta, "status": {**item["status"], "conditions": conditions}}}


def then_older(event: dict) -> list[dict]:
    return [event, older(event)] if event["type"] in ("ADDED", "MODIFIED") and event["object"].get("status") else [event]


def newer_versions(answer: dict) -> dict:
    """As before a restore of etcd: the list's resourceVersion is one that the server has not reached yet."""
    meta = answer["metadata"]
    return {**answer, "metadata": {**meta, "resourceVersion": str(int(meta["resourceVersion"]) + 1_000_000_000)}}


def replace_second(claims: Claims) -> None:
    claims.delete("1")
    claims.create("1", UNREADY)


WATCHING = (
    Fault("watch-closed-at-once", once(WATCH, answers.first_events()), info=None),
    Fault("watch-closed-at-once-for-ever", ever(WATCH, answers.first_events()), info=None, flip=3),
    Fault("watch-cut-mid-line", once(WATCH, answers.cut_mid_line), info=None),
    Fault("watch-cut-mid-line-for-ever", ever(WATCH, answers.cut_mid_line), info=None, seconds=15),
    Fault("watch-reset", once(WATCH, answers.reset), info=None),
    Fault("watch-without-headers", once(WATCH, answers.silence), info=None, seconds=9),
    Fault("watch-silent", once(WATCH, answers.silent_watch), info=None, seconds=9),
    Fault("watch-silent-for-ever", ever(WATCH, answers.silent_watch), info=None, seconds=9),
    Fault("watch-invalid-json", once(WATCH, answers.first_events(b"not json\n")), info=None),
    Fault("watch-json-array", once(WATCH, answers.first_events(b"[1, 2]\n")), info=None),
    Fault("watch-event-without-object", once(WATCH, answers.first_events({"type": "ADDED"})), info=None),
    Fault("watch-object-null", once(WATCH, answers.first_events({"type": "MODIFIED", "object": None})), info=None),
    Fault("watch-object-without-metadata", once(WATCH, answers.first_events({"type": "MODIFIED", "object": {"status": {}}})), info=None),
    Fault("watch-unknown-event", once(WATCH, answers.first_events({"type": "REVISED", "object": {}})), info=None),
    Fault("watch-html", once(WATCH, answers.answer(200, answers.HTML, kind="text/html")), info=None),
    Fault(
        "watch-oversized-event",
        once(WATCH, answers.first_events(bookmark(padding=8_000_000), then=answers.silent_watch, delay=0.1)),
        info=None,
        seconds=9,
    ),
    Fault("watch-endless-line", ever(WATCH, answers.endless_line), info=None, seconds=9),
    Fault("410-on-watch", once(WATCH, answers.answer(410)), info=None),
    Fault("410-on-watch-for-ever", ever(WATCH, answers.answer(410)), info=None),
    Fault("410-event", once(WATCH, answers.first_events(gone_event())), info=None),
    Fault("410-event-for-ever", ever(WATCH, answers.first_events(gone_event())), info=None),
    Fault(
        "410-event-then-503-on-list",
        (*once(WATCH, answers.first_events(gone_event())), Rule(LIST, answers.answer(503), first=2, times=2)),
        info=None,
    ),
    Fault("410-of-the-real-server", once(WATCH, answers.old_version("1")), info=None),
    Fault("410-on-continue", once(CONTINUE, answers.answer(410)), pages=1),
    Fault("503-on-continue", once(CONTINUE, answers.answer(503)), pages=1),
    Fault("reset-on-continue", once(CONTINUE, answers.reset), pages=1),
    Fault("error-event-500", once(WATCH, answers.first_events({"type": "ERROR", "object": answers.failure(500)})), info=None),
    Fault("error-event-403", once(WATCH, answers.first_events({"type": "ERROR", "object": answers.failure(403)})), info=None, seconds=9),
    Fault("error-event-without-status", once(WATCH, answers.first_events({"type": "ERROR", "object": None})), info=None),
    Fault("404-on-watch", once(WATCH, answers.answer(404)), info=None),
    Fault("version-of-the-future", once(LIST, answers.objects(newer_versions)), info=OK, seconds=15),
    Fault("bookmarks-only", once(WATCH, answers.first_events(bookmark(""), then=answers.passed)), info=None),
    Fault("duplicate-events", ever(WATCH, answers.events(doubled)), info=None),
    Fault("reordered-events", ever(WATCH, answers.events(then_older)), info=None),
)

CLOCKS = (
    Fault("server-clock-ahead", ever("", answers.clock(3600))),
    Fault("server-clock-behind", ever("", answers.clock(-3600))),
)

OBJECTS = (
    Fault("replaced-before-the-watch", once(WATCH, answers.passed), info=None, meanwhile=replace_second),
    Fault(
        "replaced-while-cut-off",
        (*once(WATCH, answers.cut_after(0.3)), Rule(WATCH, answers.answer(410), first=2, times=1)),
        info=None,
        meanwhile=replace_second,
        flip=1.5,
    ),
    Fault(
        "gone-between-list-and-watch",
        once(WATCH, answers.passed),
        info=None,
        claims=(READY, UNREADY, UNREADY),
        meanwhile=lambda claims: claims.delete("2"),
    ),
    Fault(
        "empty-then-there",
        once(WATCH, answers.passed),
        info=None,
        claims=(),
        meanwhile=lambda claims: (claims.create("0", READY), claims.create("1", UNREADY)),
    ),
    Fault("terminating-is-not-ready", wait=fails("1 of 2"), info=None, claims=(READY, TERMINATING), seconds=4),
    # The second look (at two nodes each) is cut off by the wait's own end, which tells nothing of the server.
    Fault(
        "nodes-silent-from-the-second-look-on",
        (Rule(NODES, answers.silence, first=3),),
        fails("1 of 2", "NodeGone"),
        None,
        (READY, NODELESS),
        seconds=5,
    ),
    Fault("node-is-gone", wait=fails("1 of 2", "NodeGone"), claims=(READY, NODELESS), seconds=9),
    Fault(
        "pod-ends-while-cut-off",
        (*once("pods watch", answers.cut_after(0.3)), Rule("pods watch", answers.answer(410), first=2, times=1)),
        fails("PodsFinished", "ended early"),
        None,
        claims=(),
        pod="Pending",
        meanwhile=lambda claims: claims.end_pod(),
    ),
    Fault(
        "pod-ended-and-503-on-jobs",
        once("jobs list", answers.answer(503)),
        fails("PodsFinished"),
        None,
        (),
        pod="Failed",
        by="jobs",
        seconds=9,
    ),
    # That the Job makes no other pod is not taken for granted: the wait goes on to its end.
    Fault(
        "pod-ended-and-403-on-jobs",
        ever("jobs list", answers.answer(403)),
        fails("PodsFinished", r"\[jobs\]", "The wait ended"),
        None,
        claims=(),
        pod="Failed",
        by="jobs",
        seconds=9,
    ),
    Fault("nobody-there", wait=fails("0 of 2", "NodePoolNotFound"), claims=(), seconds=9),
)

FAULTS = (*CONNECTION, *ANSWERS, *CREDENTIALS, *BUSINESS, *WATCHING, *CLOCKS, *OBJECTS)

# With a NodeClaim there, nothing of this may pass for "none is left".
STILL_THERE = (
    *(Fault(name, ever(LIST, act), NOT_AN_ANSWER, seconds=4) for name, act in NO_LISTS.items()),
    Fault("reset", ever("", answers.reset), UNREACHABLE, seconds=4),
    Fault("403-on-list", ever(LIST, answers.answer(403)), fails("403")),
    Fault("404-no-crd", ever("nodeclaims", answers.answer(404)), fails("CRD")),
    Fault("410-on-continue-for-ever", ever(CONTINUE, answers.answer(410)), fails("410"), pages=1, seconds=4),
    Fault("terminating", wait=fails("Terminating"), claims=(TERMINATING,), seconds=9),
)
