# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.verifying._agenda import CREATE, PODLESS, WORDS, Agenda


@pytest.fixture
def agenda():
    agenda = Agenda()
    for name, when in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        agenda.put(WORDS, name, when)
    return agenda


def test_what_is_due_is_taken_once_and_the_first_put_first(agenda):
    assert agenda.take(WORDS, 2.0) == ["b", "c"]
    assert agenda.take(WORDS, 2.0) == []
    assert agenda.take(WORDS, 3.0) == ["a"]


def test_no_more_is_taken_than_is_wanted(agenda):
    assert agenda.take(WORDS, 3.0, 1) == ["a"]
    assert agenda.take(WORDS, 3.0, -2) == []
    assert agenda.take(WORDS, 3.0) == ["b", "c"]


def test_of_a_job_that_is_forgotten_nothing_is_due(agenda):
    agenda.put(CREATE, "a", 0.0)
    agenda.put(PODLESS, "b", 0.0)
    agenda.forget("a")
    agenda.drop(WORDS, "b")
    assert (agenda.take(CREATE, 9.0), agenda.take(WORDS, 9.0), agenda.has(PODLESS, "b")) == ([], ["c"], True)
