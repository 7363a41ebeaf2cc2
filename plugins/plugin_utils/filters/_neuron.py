# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts of AWS Neuron's chart do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.accelerated.nodes.plugins.module_utils.charts._neuron_rules import problems


def neuron_problems(values: Mapping[str, Any], feature_gates: Optional[Mapping[str, Any]] = None) -> list[str]:
    """Return what is wrong with the chart's values."""
    return problems(values, feature_gates or {})
