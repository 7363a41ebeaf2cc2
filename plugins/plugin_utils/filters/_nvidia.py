# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would put two of NVIDIA's device plugins on one node."""

from __future__ import annotations

from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._nvidia_conflicts import conflicts


def nvidia_conflicts(method: str, objects: list[dict[str, Any]], definitions: Any = (), ami_family: str = "al2023") -> list[str]:
    """Return a sentence for each conflict."""
    return conflicts(method, list(definitions), ami_family, objects)
