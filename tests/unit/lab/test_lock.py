"""What one process at a time may do."""

from __future__ import annotations

import subprocess
import sys

from tests.lab.lock import alone

HOLDER = """
import sys
from pathlib import Path
from tests.lab.lock import alone

with alone(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_nobody_waits_for_a_lock_that_is_free(tmp_path):
    waits = []
    for _time in range(2):
        with alone(tmp_path / "locks" / "build", lambda: waits.append("waits")):
            pass
    assert waits == []


def test_another_process_is_waited_for_until_it_ends(tmp_path):
    lock, events = tmp_path / "lock", []
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"

    def wait():
        events.append("waits")
        holder.kill()

    with alone(lock, wait):
        events.append("holds")
    holder.wait()
    assert events == ["waits", "holds"]
