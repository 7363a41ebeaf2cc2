# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters on the one registry that mirrors all that is public."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts import _mirror


def mirrored(address: str, registry: str = "", repository: str = "") -> str:
    """Return the address in the mirror."""
    return _mirror.mirrored(address, registry or "", repository or "")


def registry_problem(registry: Any) -> str:
    """Return what is wrong, or nothing."""
    return _mirror.registry_problem("" if registry is None else registry)
