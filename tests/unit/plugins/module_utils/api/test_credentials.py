# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials, with programs of the test's own as exec plugins."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._credentials import Credentials, fixed, from_exec, from_file
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError

# Hands out token-1, token-2, ... and says what it was told; its first argument is how long a token lasts, in seconds.
PLUGIN = """
import datetime, json, os, pathlib, sys
count = pathlib.Path(os.environ["COUNT"])
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
count.with_suffix(".info").write_text(os.environ["KUBERNETES_EXEC_INFO"])
expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(sys.argv[1]))
status = {"token": f"token-{number}", "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
print(json.dumps({"kind": "ExecCredential", "status": status}))
"""


def plugin(place: Path, lasts: int = 900, **more) -> dict:
    (place / "plugin.py").write_text(PLUGIN)
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(place / "plugin.py"), str(lasts)],
        "env": [{"name": "COUNT", "value": str(place / "count")}],
        **more,
    }


def test_from_exec_asks_once_while_the_token_lasts(tmp_path):
    credentials = from_exec(plugin(tmp_path), {}, tmp_path)
    assert [credentials.header, credentials.header] == ["Bearer token-1"] * 2
    assert json.loads((tmp_path / "count.info").read_text())["spec"] == {"interactive": False}


def test_from_exec_asks_again_for_a_token_that_has_expired(tmp_path):
    credentials = from_exec(plugin(tmp_path, lasts=1), {}, tmp_path)
    assert [credentials.header, credentials.header] == ["Bearer token-1", "Bearer token-2"]


def test_from_exec_asks_again_when_the_server_refuses(tmp_path):
    credentials = from_exec(plugin(tmp_path), {}, tmp_path)
    assert credentials.renew(credentials.header)
    assert credentials.header == "Bearer token-2"


def test_renew_leaves_what_another_thread_has_renewed(tmp_path):
    credentials = from_exec(plugin(tmp_path), {}, tmp_path)
    refused = credentials.header
    assert credentials.renew(refused)
    assert credentials.renew(refused)
    assert credentials.header == "Bearer token-2"


def test_from_exec_tells_the_cluster_where_asked_to(tmp_path):
    credentials = from_exec(plugin(tmp_path, provideClusterInfo=True), {"server": "https://cluster"}, tmp_path)
    assert credentials.header
    assert json.loads((tmp_path / "count.info").read_text())["spec"]["cluster"] == {"server": "https://cluster"}


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('no login')", "ended with 1 and no login"),
        ("print('{}')", "is no token"),
        ("print('secret-words')", "is no token"),
    ],
)
def test_from_exec_says_why_there_are_no_credentials_and_no_secret(tmp_path, program, words):
    credentials = from_exec({"command": sys.executable, "args": ["-c", program]}, {}, tmp_path)
    with pytest.raises(CollectionError, match=words) as raised:
        print(credentials.header)
    assert "secret-words" not in raised.value.message


def test_from_exec_of_a_program_that_is_not_there_gives_its_hint(tmp_path):
    credentials = from_exec({"command": "no-such-program", "installHint": "Install it from here."}, {}, tmp_path)
    with pytest.raises(CollectionError, match=r"no-such-program gave no credentials.*Install it from here"):
        print(credentials.header)


def test_from_file_reads_again(tmp_path):
    path = tmp_path / "token"
    path.write_text("one\n")
    credentials = from_file(path)
    assert credentials.header == "Bearer one"
    path.write_text("two\n")
    assert credentials.renew("Bearer one")
    assert credentials.header == "Bearer two"


def test_fixed_credentials_cannot_be_renewed():
    credentials = fixed("Bearer x")
    assert credentials.header == "Bearer x"
    assert not credentials.renew("Bearer x")


def test_credentials_are_read_again_once_they_have_expired():
    times = iter((datetime.now(UTC) - timedelta(hours=1), None))
    credentials = Credentials(lambda _refused: ("Bearer x", next(times)))
    assert [credentials.header, credentials.header] == ["Bearer x"] * 2
    assert next(times, "used up") == "used up"
