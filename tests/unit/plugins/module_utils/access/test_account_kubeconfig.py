# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.access._account_kubeconfig import Holder, expiry, kubeconfig, serves

HOLDER = Holder("automation", "ci")
CLUSTER = {"server": "https://cluster.example", "certificate-authority-data": "Q0E="}


def token(**claims: Any) -> str:
    """As the API server writes one; nobody checks its signature here."""
    payload = base64.urlsafe_b64encode(json.dumps({"sub": HOLDER.subject, "exp": 2000, **claims}).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


def test_a_kubeconfig_says_until_when_it_serves() -> None:
    assert expiry(kubeconfig(CLUSTER, HOLDER, token()), CLUSTER, HOLDER) == 2000


@pytest.mark.parametrize(
    ("cluster", "holder", "text"),
    [
        ({**CLUSTER, "server": "https://another.example"}, HOLDER, token()),
        (CLUSTER, Holder("automation", "another"), token()),
        (CLUSTER, HOLDER, token(sub="system:serviceaccount:automation:another")),
        (CLUSTER, HOLDER, "opaque"),
        (CLUSTER, HOLDER, "a.b.c"),
        (CLUSTER, HOLDER, "header.e30.signature"),
    ],
)
def test_one_of_another_cluster_or_account_does_not(cluster: dict[str, str], holder: Holder, text: str) -> None:
    assert expiry(kubeconfig(CLUSTER, HOLDER, text), cluster, holder) == 0


@pytest.mark.parametrize("document", [None, [], "text", {}, {"clusters": [], "users": []}, {"clusters": [{}], "users": [{"user": None}]}])
def test_what_is_no_kubeconfig_does_not_serve(document: Any) -> None:
    assert expiry(document, CLUSTER, HOLDER) == 0


@pytest.mark.parametrize(("now", "kept"), [(200, True), (201, False), (3000, False)])
def test_half_of_the_time_has_to_be_left(now: float, kept: bool) -> None:
    assert serves(2000, now, 3600) is kept
