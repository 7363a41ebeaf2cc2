# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the module began, and what time it is. Imported before what takes long to load, as a deadline counts from the beginning."""

from __future__ import annotations

import time
from datetime import datetime, timezone

BEGAN = time.monotonic()


def now_text() -> str:
    """The time as Kubernetes writes it: RFC 3339, in UTC, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
