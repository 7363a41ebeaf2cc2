# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The client against a server of the test's own, as what matters is what it makes of answers on the wire."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import urllib3
from ansible_collections.accelerated.nodes.plugins.module_utils.api import _wire
from ansible_collections.accelerated.nodes.plugins.module_utils.api._client import Client, client_from
from ansible_collections.accelerated.nodes.plugins.module_utils.api._credentials import Credentials, fixed
from ansible_collections.accelerated.nodes.plugins.module_utils.api._kubeconfig import Connection
from ansible_collections.accelerated.nodes.plugins.module_utils.api._wire import without_managed_fields
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError, CollectionError


class Server(ThreadingHTTPServer):
    """Answers every request with ``answer(handler)`` and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, str]] = []
        self.answer = lambda handler: handler.reply(200, b"{}")

    def handle_error(self, *_request: object) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("authorization", "")))
        self.server.answer(self)

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def client_of(server: Server, credentials: Credentials, *headers: tuple[str, str]) -> Client:
    return Client(Connection(f"http://127.0.0.1:{server.server_port}", urllib3.PoolManager(), credentials, headers))


@pytest.fixture
def client(server: Server) -> Client:
    return client_of(server, fixed("Bearer the-token"))


def test_get_sends_the_token_and_the_query(server, client):
    assert client.get("/x", {"labelSelector": "a in (b,c)"}) == {}
    assert server.asked == [("GET", "/x?labelSelector=a+in+%28b%2Cc%29", "Bearer the-token")]


def test_refusal_carries_the_servers_reason_and_message(server, client):
    body = json.dumps({"kind": "Status", "reason": "Forbidden", "message": "nodeclaims is forbidden"}).encode()
    server.answer = lambda handler: handler.reply(403, body)
    with pytest.raises(ApiError, match=r"403 Forbidden.: nodeclaims is forbidden. Grant .* a rule with apiGroups") as raised:
        client.get("/x")
    assert (raised.value.status, raised.value.reason) == (403, "Forbidden")


def test_a_selector_that_is_refused_is_named(server, client):
    body = json.dumps(
        {"kind": "Status", "reason": "BadRequest", "message": "unable to parse requirement: found 'b' expected: '('"}
    ).encode()
    server.answer = lambda handler: handler.reply(400, body)
    with pytest.raises(ApiError, match=r"expected: '\('\. Correct the label selector 'a in b': one is written as for kubectl") as raised:
        client.get("/x", {"labelSelector": "a in b"})
    assert raised.value.next_step.startswith("Correct")
    with pytest.raises(ApiError) as raised:
        client.get("/x")
    assert raised.value.next_step == ""


def test_refusal_that_is_no_status_object_is_still_a_sentence(server, client):
    server.answer = lambda handler: handler.reply(503, b"<html>upstream</html>", Retry_After="7")
    with pytest.raises(ApiError, match=r"503 Service Unavailable.: <html>upstream</html>") as raised:
        client.get("/x")
    assert raised.value.retry_after == 7


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_get_of_invalid_json_is_an_api_error(server, client, body):
    server.answer = lambda handler: handler.reply(200, body)
    with pytest.raises(ApiError) as raised:
        client.get("/x")
    assert raised.value.reason == "InvalidAnswer"


def test_get_of_a_server_that_is_not_there_names_its_address(server, client):
    server.shutdown()
    server.server_close()
    with pytest.raises(ApiError, match=r"http://127.0.0.1:.* could not be reached for /x: .*refused") as raised:
        client.get("/x")
    assert raised.value.status == 0


def test_get_of_a_silent_server_ends_after_its_timeout(server, client):
    released = threading.Event()
    server.answer = lambda handler: released.wait(5)
    with pytest.raises(ApiError, match="timed out"):
        client.get("/x", timeout=0.2)
    released.set()


def test_stream_yields_events_as_they_come(server, client):
    def answer(handler: Handler) -> None:
        handler.reply(200, b'{"type":"ADDED"}\n{"type":"DELETED"}\n')

    server.answer = answer
    assert [event["type"] for event in client.stream("/x", {}, timeout=5)] == ["ADDED", "DELETED"]


def test_stream_cut_in_the_middle_of_an_event_is_an_error_after_what_was_whole(server, client):
    server.answer = lambda handler: handler.reply(200, b'{"type":"ADDED"}\n{"type":"DEL')
    events = client.stream("/x", {}, timeout=5)
    assert next(events)["type"] == "ADDED"
    with pytest.raises(ApiError, match="cut in the middle"):
        next(events)


MANAGED = {"managedFields": [{"manager": "a", "fieldsV1": {"f:x": {'k:{"type":"Ready"}': {}}}}, {"manager": "b"}]}


@pytest.mark.parametrize(
    "value",
    [
        {"metadata": {"labels": {"a": "b"}, "name": "x"}},
        {"metadata": {"note": 'in a string: "managedFields":[1],"x"', "uid": "u"}},
        {"items": [{"metadata": {"name": "a"}, "spec": {"list": [1, [2]]}}, {"metadata": {"name": "b"}}]},
        {"managedField": [], "managedFields": "no list"},
    ],
)
def test_without_managed_fields_leaves_everything_else(value):
    text = json.dumps(value, separators=(",", ":")).encode()
    assert json.loads(without_managed_fields(text)) == value


def test_without_managed_fields_takes_them_out_of_each_item():
    items = [{"metadata": {"labels": {}, **MANAGED, "name": str(number)}} for number in range(3)]
    text = json.dumps({"items": items}, separators=(",", ":")).encode()
    assert json.loads(without_managed_fields(text)) == {"items": [{"metadata": {"labels": {}, "name": str(number)}} for number in range(3)]}


@pytest.mark.parametrize("where", [{"metadata": {"name": "x", **MANAGED}}, {"metadata": {"managedFields": ["a]", "b"], "name": "x"}}])
def test_without_managed_fields_leaves_what_it_cannot_be_sure_of(where):
    text = json.dumps(where, separators=(",", ":")).encode()
    assert json.loads(without_managed_fields(text)) == where


def test_data_is_cut_at_its_limit(server, client):
    server.answer = lambda handler: handler.reply(200, b"\xff" * 100)
    assert client.data("/log", limit=10) == b"\xff" * 10


def test_get_asks_once_more_with_renewed_credentials(server):
    tokens = iter(("Bearer old", "Bearer new"))
    server.answer = lambda handler: handler.reply(401 if handler.headers["authorization"] == "Bearer old" else 200, b"{}")
    assert client_of(server, Credentials(lambda _refused: (next(tokens), None))).get("/x") == {}
    assert [asked[2] for asked in server.asked] == ["Bearer old", "Bearer new"]


def test_get_with_credentials_that_stay_the_same_is_refused_at_once(server, client):
    server.answer = lambda handler: handler.reply(401, b"{}")
    with pytest.raises(ApiError, match="The credentials are wrong or have expired") as raised:
        client.get("/x")
    assert (raised.value.status, len(server.asked)) == (401, 1)


def test_get_sends_each_impersonated_group(server):
    heard: list[list[str]] = []

    def answer(handler: Handler) -> None:
        heard.append(handler.headers.get_all("Impersonate-Group"))
        handler.reply(200, b"{}")

    server.answer = answer
    client_of(server, fixed(None), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")).get("/x")
    assert ", ".join(heard[0]) == "a, b"


def test_get_does_not_follow_a_redirect(server, client):
    server.answer = lambda handler: handler.reply(302, b"", Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(ApiError, match="302"):
        client.get("/x")
    assert len(server.asked) == 1


def test_get_of_an_unknown_host_says_so():
    client = Client(Connection("http://no-such-host.invalid", urllib3.PoolManager(), fixed(None)))
    with pytest.raises(ApiError, match="name resolution") as raised:
        client.get("/x")
    assert raised.value.reason == "UnknownHost"


DRIPS = 10_000
CHUNKED = (("Transfer-Encoding", "chunked"), b"1\r\n \r\n")
LENGTH_NAMED = (("Content-Length", str(DRIPS)), b" ")


def drip(handler: Handler, header: tuple[str, str], piece: bytes) -> None:
    """An answer of which a byte comes each 20 ms, until the client hangs up."""
    handler.send_response(200)
    handler.send_header(*header)
    handler.end_headers()
    for _number in range(DRIPS):
        try:
            handler.wfile.write(piece)
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("kind", [CHUNKED, LENGTH_NAMED], ids=["chunked", "length-named"])
def test_get_of_an_answer_that_drips_ends(server, client, kind):
    server.answer = lambda handler: drip(handler, *kind)
    with pytest.raises(ApiError, match="did not end"):
        client.get("/x", timeout=1)


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_get_unpacks_what_comes_packed(server, client, size):
    packed = gzip.compress(json.dumps({"x": "y" * size}).encode())
    server.answer = lambda handler: handler.reply(200, packed, Content_Encoding="gzip")
    assert client.get("/x") == {"x": "y" * size}


def test_stream_of_an_event_that_drips_ends(server, client):
    server.answer = lambda handler: drip(handler, *CHUNKED)
    with pytest.raises(ApiError, match="did not end"):
        list(client.stream("/x", {}, timeout=1))


def test_stream_that_falls_silent_says_so(server, client):
    released = threading.Event()

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        released.wait(5)

    server.answer = answer
    with pytest.raises(ApiError, match="silent") as raised:
        list(client.stream("/x", {}, timeout=1))
    released.set()
    assert raised.value.reason == "Silent"


def test_stream_of_an_event_without_end_ends(server, client, monkeypatch):
    monkeypatch.setattr(_wire, "LARGEST_EVENT", 1000)
    server.answer = lambda handler: handler.reply(200, b"x" * 100_000)
    with pytest.raises(ApiError, match="did not end"):
        list(client.stream("/x", {}, timeout=5))


def test_client_from_a_kubeconfig_that_is_not_there_names_it(monkeypatch):
    monkeypatch.delenv("K8S_AUTH_KUBECONFIG", raising=False)
    module = SimpleNamespace(params={"kubeconfig": "/nowhere/config"})
    with pytest.raises(CollectionError, match=r"kubeconfig /nowhere/config: .*Set the option kubeconfig"):
        client_from(module)


@pytest.mark.parametrize("members", [1, 2])
def test_get_unpacks_what_is_packed_in_one_piece_or_several(server, client, members):
    text = json.dumps({"x": "y" * 100_000}).encode()
    half = len(text) // members
    packed = b"".join(gzip.compress(text[start : start + half]) for start in range(0, len(text), half))
    server.answer = lambda handler: handler.reply(200, packed, Content_Encoding="gzip")
    assert client.get("/x") == json.loads(text)


@pytest.mark.parametrize(
    ("body", "words"),
    [(gzip.compress(b'{"x": 1}')[:-9], "ends in the middle"), (b'{"x": 1}', "is called gzip"), (b"", "ends in the middle")],
)
def test_get_refuses_what_is_not_whole_or_not_packed(server, client, body, words):
    server.answer = lambda handler: handler.reply(200, body, Content_Encoding="gzip")
    with pytest.raises(ApiError, match=words):
        client.get("/x")


def test_whole_never_unpacks_more_than_the_largest_answer(server, client, monkeypatch):
    monkeypatch.setattr(_wire, "LARGEST_ANSWER", 1_000_000)
    monkeypatch.setattr(_wire, "LARGEST_PIECE", 100_000)
    packed = gzip.compress(b" " * 50_000_000)
    server.answer = lambda handler: handler.reply(200, packed, Content_Encoding="gzip")
    with pytest.raises(ApiError, match="did not end after 1100000 bytes"):
        client.get("/x")


def test_patch_merges(server, client):
    kinds = []
    server.answer = lambda handler: (kinds.append(handler.headers["Content-Type"]), handler.reply(200, b"{}"))
    assert client.patch("/x", {"data": {"a": "b"}}) == {}
    assert (server.asked[0][0], kinds) == ("PATCH", ["application/merge-patch+json"])
