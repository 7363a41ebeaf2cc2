# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the module began. Imported before what takes long to load, as a deadline counts from the beginning."""

from __future__ import annotations

import time

BEGAN = time.monotonic()
