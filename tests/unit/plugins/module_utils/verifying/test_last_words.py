# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_states import (
    ENDED,
    MAX_LOG_BYTES,
    PENDING,
    RUNNING,
    STOPPED,
    JobState,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._last_words import LAST_LINES, LastWords


class Server:
    """A log, events and Nodes; an exception in their place is raised."""

    def __init__(self, log=b"", events=(), nodes=()):
        self.log, self.events, self.nodes = log, events, nodes
        self.asked: list[tuple[str, dict]] = []

    def data(self, path, query=None, limit=0):
        self.asked.append((path, query))
        return self._answer(self.log)[:limit]

    def get(self, path, query=None, timeout=0):
        self.asked.append((path, query))
        found = self._answer(self.nodes if path.endswith("/nodes") else self.events)
        return {"items": [{**each, "metadata": {"name": "x", **each.get("metadata", {})}} for each in found], "metadata": {}}

    @staticmethod
    def _answer(value):
        if isinstance(value, Exception):
            raise value
        return value


def complete(server, state):
    return LastWords(server, "verify").complete("job", "node-a", state)


READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(("size", "cut"), [(MAX_LOG_BYTES - 1, False), (MAX_LOG_BYTES, False), (MAX_LOG_BYTES + 1, True)])
def test_a_log_is_known_to_be_cut_to_the_byte(size, cut):
    found = complete(Server(b"x" * size), JobState(ENDED, exit_code=0, pod="p", began=True))
    assert (len(found.log), found.cut) == (min(size, MAX_LOG_BYTES), cut)


def test_a_log_that_is_not_utf8_is_made_text():
    found = complete(Server(b"\xff\xfe ok"), JobState(ENDED, exit_code=0, pod="p", began=True))
    assert found.log == "\ufffd\ufffd ok"


def test_of_a_check_that_ended_by_itself_nothing_but_the_log_is_read():
    server = Server(b"ok")
    complete(server, JobState(ENDED, exit_code=1, pod="p", began=True))
    assert [path for path, _query in server.asked] == ["/api/v1/namespaces/verify/pods/p/log"]


def test_the_log_of_an_ended_container_must_be_there():
    with pytest.raises(ApiError):
        complete(Server(ApiError("no", 502)), JobState(ENDED, exit_code=0, pod="p", began=True))


def test_what_runs_out_of_time_is_told_with_its_last_lines_and_events():
    events = [{"reason": "Pulled", "message": "of no interest"}, {"reason": "FailedMount", "message": "no such volume"}]
    server = Server(b"waiting", events, [READY])
    found = complete(server, JobState(RUNNING, pod="p", began=True))
    assert (found.log, found.events, found.fate) == ("waiting", ("FailedMount: no such volume",), "")
    assert server.asked[0][1]["tailLines"] == LAST_LINES


def test_what_explains_is_left_out_where_it_may_not_be_read():
    no = ApiError("forbidden", 403)
    assert complete(Server(no, no, no), JobState(RUNNING, "Running", pod="p", began=True)) == JobState(
        RUNNING, "Running", pod="p", began=True
    )


def test_of_a_job_without_a_pod_its_own_events_are_read():
    server = Server(nodes=[READY])
    complete(server, JobState(PENDING, "NoPod"))
    assert server.asked[0] == ("/api/v1/namespaces/verify/events", {"fieldSelector": "involvedObject.name=job", "limit": 500})


@pytest.mark.parametrize("state", [JobState(STOPPED, "Deleted", pod="p"), JobState(ENDED, exit_code=143, pod="p", began=True)])
def test_what_became_of_the_node_is_read_where_the_check_was_stopped(state):
    assert complete(Server(b""), state).fate == "the Node node-a was deleted while it was checked"
