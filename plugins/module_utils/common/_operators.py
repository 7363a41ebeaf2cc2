# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the operators of node affinity and of Karpenter's requirements mean, as one table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Optional

# Operator -> does a label's value (None: no such label) meet it? Kubernetes has all but Gte and Lte, which are Karpenter's.
OPERATORS: Mapping[str, Callable[[Optional[str], tuple[str, ...]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
    "Gt": lambda value, values: value is not None and int(value) > int(values[0]),
    "Lt": lambda value, values: value is not None and int(value) < int(values[0]),
    "Gte": lambda value, values: value is not None and int(value) >= int(values[0]),
    "Lte": lambda value, values: value is not None and int(value) <= int(values[0]),
}
