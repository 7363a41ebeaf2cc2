# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.api._watch import Deadline
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import ApiError
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying import _job_deletion
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._job_deletion import delete_jobs, expired, sweep

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)


class Server:
    """Answers deletions by Job, one after another; None is success."""

    def __init__(self, jobs=(), **answers):
        self.jobs, self.answers = list(jobs), answers
        self.deleted: list[tuple[str, dict]] = []
        self.query: dict = {}

    def get(self, path, query=None, timeout=0):
        self.query = query
        return {"items": self.jobs, "metadata": {}}

    def delete(self, path, body=None):
        name = path.rpartition("/")[2]
        self.deleted.append((name, body))
        answers = self.answers.get(name, [None])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer:
            raise answer


def job(name, born="2026-11-29T10:00:00Z", seconds=60):
    return {"metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": born}, "spec": {"activeDeadlineSeconds": seconds}}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(_job_deletion, "PAUSE_SECONDS", 0.01)


def test_only_what_no_run_can_be_waiting_for_has_expired():
    jobs = [
        job("old"),
        job("alive", "2026-11-29T11:59:00Z", 360),
        job("just over", "2026-11-29T11:55:00Z", 60),
        job("no end", seconds=None),
    ]
    assert expired(jobs, NOW) == {"old": "uid-old"}


def test_a_sweep_takes_only_what_carries_the_collections_labels_and_is_still_the_same():
    server = Server([job("old"), job("new", "2999-01-01T00:00:00Z")])
    assert sweep(server, "verify") == []
    assert server.query["labelSelector"] == "app.kubernetes.io/managed-by=accelerated.nodes,accelerated.nodes/run"
    assert server.deleted == [("old", {"propagationPolicy": "Background", "preconditions": {"uid": "uid-old"}})]


def test_a_deletion_that_fails_for_a_moment_is_tried_again():
    server = Server(a=[ApiError("overload", 429), ApiError("no answer"), None])
    assert delete_jobs(server, "verify", ["a", "b"], Deadline(20)) == []
    assert sorted(name for name, _body in server.deleted) == ["a", "a", "a", "b"]


def test_what_cannot_be_deleted_is_told_once_by_name():
    server = Server(a=[ApiError("forbidden", 403)], c=[ApiError("down", 503)])
    left = delete_jobs(server, "verify", ["a", "b", "c"], Deadline(0.3))
    assert sorted(left) == ["Job verify/a could not be deleted: forbidden", "Job verify/c could not be deleted: down"]
    assert [name for name, _body in server.deleted].count("a") == 1
