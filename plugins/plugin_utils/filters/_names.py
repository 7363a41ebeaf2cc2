# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names to dictionaries that are asked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional


def named(names: Iterable[str], common: Optional[Mapping[str, Any]] = None) -> list[dict[str, Any]]:
    """Return a dictionary for each name."""
    return [{**(common or {}), "name": name} for name in names]
