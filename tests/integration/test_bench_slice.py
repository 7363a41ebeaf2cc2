"""A slice of the benchmarks: what they count must be right at a small size too. No timing decides here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench import api_requests, soak, verify
from tests.bench.audit import Request
from tests.bench.bench import Bench, bench
from tests.bench.fleet import name_of
from tests.bench.measure import Usage

pytestmark = [pytest.mark.lab]

LIST, WATCH = Request("list", "nodeclaims"), Request("watch", "nodeclaims")


@pytest.fixture(scope="module")
def small() -> Iterator[Bench]:
    with bench(quick=True) as at_hand:
        yield at_hand


@pytest.mark.parametrize(("size", "lists"), [(1, 1), (20, 1), (501, 2)])
def test_a_wait_makes_a_list_for_each_500_claims_and_one_watch(small: Bench, size: int, lists: int) -> None:
    made = api_requests.count(small, size, lambda: small.programs.ours("nodeclaim_wait", count=size, wait_timeout=120))
    assert (made[LIST], made[WATCH]) == (lists, 1)


@pytest.mark.parametrize("soaked", [soak.on_simulated_server, soak.on_api_server])
def test_a_wait_whose_connection_is_cut_misses_no_transition(small: Bench, soaked) -> None:
    found = soaked(small, soak.QUICK)
    assert found.storm.changes > 100
    assert found.cuts > 2
    assert (found.missed, found.wrong, found.lists) == (0, [], 1)


@pytest.mark.proof
def test_a_wait_misses_no_transition_of_a_thousand_a_second(small: Bench) -> None:
    found = soak.on_simulated_server(small, soak.WHOLE)
    assert found.storm.changes > 10_000
    assert found.cuts > 50
    assert (found.missed, found.wrong) == (0, [])


@pytest.mark.proof
def test_a_fleet_is_verified_beside_its_peers(small: Bench) -> None:
    assert [figure.peer for figure in verify.run(small) if not figure.peer] == []


def test_copied_is_the_same_job_for_another_node() -> None:
    job = {"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": {"nodeSelector": {verify.HOSTNAME: name_of(0)}, "x": 1}}}}
    made = verify.copied(job, 258)
    assert made["spec"]["template"]["spec"] == {"nodeSelector": {verify.HOSTNAME: "ip-10-1-1-2.us-west-2.compute.internal"}, "x": 1}
    assert job["spec"]["template"]["spec"]["nodeSelector"] == {verify.HOSTNAME: name_of(0)}


def test_a_fleet_that_has_not_passed_gives_no_figures() -> None:
    usage = Usage(1.0, 1.0, 1, 1.0, '{"summary": {"passed": 4, "text": "4 of 5 nodes passed"}}')
    with pytest.raises(RuntimeError, match="of 5 nodes 4 have passed"):
        verify.figures(5, 1, (usage, usage), 1.0, 1.0)


def test_compare_sees_what_a_ledger_lacks() -> None:
    entry = {"name": "a", "transitions": [{"type": "Ready", "reason": reason} for reason in ("Begun", "One", "Three")]}
    assert soak.compare({"a": ["One", "Two", "Three"]}, [entry]) == (1, [])


def test_compare_sees_a_wrong_order_a_wrong_end_and_a_claim_unseen() -> None:
    entries = [
        {"name": name, "transitions": [{"type": "Ready", "reason": reason} for reason in ("Begun", *seen)]}
        for name, seen in (("order", ("Two", "One")), ("end", ("One",)))
    ]
    written = {key: ["One", "Two"] for key in ("order", "end", "unseen")}
    assert soak.compare(written, entries) == (3, ["order", "end", "unseen"])
