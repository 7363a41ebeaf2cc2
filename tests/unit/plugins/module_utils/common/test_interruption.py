# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.common._interruption import SIGNALS, Interrupted, Interruption


@pytest.fixture
def interruption():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Interruption()
    for number, handler in before.items():
        signal.signal(number, handler)


def kill():
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_is_raised_once(interruption):
    interruption.listen()
    with pytest.raises(Interrupted) as raised:
        kill()
    assert raised.value.name == "SIGTERM"
    kill()


def test_a_signal_is_put_off_while_something_is_removed(interruption):
    interruption.listen()
    steps = []
    with pytest.raises(Interrupted), interruption.held():
        with interruption.held():
            kill()
            steps.append("removed")
        steps.append("all of it")
    assert steps == ["removed", "all of it"]


def test_what_is_to_be_removed_is_removed_however_it_ends(interruption):
    first, second = [1], [2]
    interruption.at_end(first.clear)
    interruption.at_end(second.clear)
    interruption.done(first.clear)
    interruption.clean()
    second.append(3)
    interruption.clean()
    assert (first, second) == ([1], [3])


def test_a_signal_that_is_ignored_stays_so(interruption):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interruption.listen()
    os.kill(os.getpid(), signal.SIGHUP)
