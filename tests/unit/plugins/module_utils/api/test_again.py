"""Of module_utils/api/_again.py."""

from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._again import ATTEMPTS, BUSY_SECONDS, get, until_first
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError

from tests.unit.plugins.clock import Clock


class Server:
    """Answers with what it is given, one after another, the last for ever."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def get(self, path, query=None):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ApiError):
            raise answer
        return answer


@pytest.fixture
def deadline(monkeypatch):
    clock = Clock()
    # Not time's own sleep, which threads of other tests may call as well.
    monkeypatch.setattr(Deadline, "pause", lambda _deadline, seconds: clock.pause(seconds))
    return Deadline(BUSY_SECONDS, clock)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_server_that_is_busy_is_asked_again(deadline, status):
    server = Server(ApiError("storage is (re)initializing", status), ApiError("storage is (re)initializing", status), {"items": []})
    assert get(server, "/x", deadline=deadline) == {"items": []}
    assert server.asked == 3


def test_a_server_that_stays_busy_is_an_error_in_the_end(deadline):
    with pytest.raises(ApiError, match="too much"):
        get(Server(ApiError("too much", 429)), "/x", deadline=deadline)
    assert deadline.elapsed >= BUSY_SECONDS


@pytest.mark.parametrize("status", [0, 400, 401, 403, 404])
def test_what_asking_again_does_not_mend_is_said_at_once(deadline, status):
    server = Server(ApiError("no", status))
    with pytest.raises(ApiError, match="no"):
        get(server, "/x", deadline=deadline)
    assert (server.asked, deadline.elapsed) == (1, 0)


def test_until_first_begins_anew_after_a_conflict():
    answers = [ApiError("conflict", 409)] * (ATTEMPTS - 1) + ["changed"]
    server = Server(*answers)
    assert until_first(lambda: server.get("/x")) == "changed"
    server = Server(ApiError("conflict", 409))
    with pytest.raises(ApiError, match="conflict"):
        until_first(lambda: server.get("/x"))
    assert server.asked == ATTEMPTS
