"""The fault proxy tells requests apart, and counts which of them a rule hits."""

from __future__ import annotations

import time

import pytest

from tests.lab.proxy import answers
from tests.lab.proxy.server import Proxy, Request, Rule

CLAIMS = "/apis/karpenter.sh/v1/nodeclaims"


def request(target: str = CLAIMS) -> Request:
    return Request("GET", target, {}, time.monotonic())


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (CLAIMS, "nodeclaims list"),
        (f"{CLAIMS}?limit=500", "nodeclaims list"),
        (f"{CLAIMS}?limit=500&continue=abc", "nodeclaims continue"),
        (f"{CLAIMS}?watch=true&resourceVersion=1", "nodeclaims watch"),
        ("/api/v1/nodes", "nodes list"),
        ("/api/v1/namespaces/default/events?watch=1", "events watch"),
    ],
)
def test_kind_tells_requests_apart(target: str, kind: str) -> None:
    assert request(target).kind == kind


def test_rule_hits_from_its_first_request_for_so_many() -> None:
    rule = Rule("nodeclaims list", answers.reset, first=2, times=2)
    assert hit(proxy_with(rule), 5) == [False, True, True, False, False]


def test_rules_count_the_same_requests() -> None:
    first, second = Rule("nodeclaims", answers.reset, times=1), Rule("nodeclaims", answers.silence, first=2, times=1)
    proxy = proxy_with(first, second)
    assert [chosen(proxy) for _number in range(3)] == [first, second, None]


def test_rule_for_other_requests_hits_nothing() -> None:
    assert hit(proxy_with(Rule("nodes list", answers.reset)), 2) == [False, False]


def test_clock_moves_each_time_and_nothing_else() -> None:
    found = answers.shifted({"name": "gpu", "created": "2026-01-01T00:00:00Z", "of": [{"since": "2026-01-01T00:59:59Z"}]}, 3600)
    assert found == {"name": "gpu", "created": "2026-01-01T01:00:00Z", "of": [{"since": "2026-01-01T01:59:59Z"}]}


def proxy_with(*rules: Rule) -> Proxy:
    return Proxy(None, rules, None)


def chosen(proxy: Proxy) -> Rule | None:
    proxy.log.append(request())
    return proxy.rule_for(proxy.log[-1])


def hit(proxy: Proxy, times: int) -> list[bool]:
    return [chosen(proxy) is not None for _number in range(times)]
