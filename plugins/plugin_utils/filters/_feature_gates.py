# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Feature gates of Karpenter that pools need and that are off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.pools._feature_gates import gate_problems

Objects = list[Mapping[str, Any]]


def feature_gate_problems(
    descriptions: Objects, deployments: Objects, planned: Optional[Mapping[str, Any]] = None, installed: bool = False
) -> list[str]:
    """Return a sentence for each gate that is off."""
    return gate_problems(descriptions, deployments, planned or {}, installed)
