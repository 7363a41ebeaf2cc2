"""Waiting for what comes about by itself."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], what: str, patience: float, pause: float = 0.1) -> None:
    """Wait until something holds; looks each ``pause`` seconds.

    Raises:
        AssertionError: it did not within ``patience`` seconds; says what.
    """
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, f"within {patience:.0f} s it did not come about that {what}"
        time.sleep(pause)
