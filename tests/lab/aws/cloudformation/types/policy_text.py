"""A policy document in a template may be an object or JSON as text; services want text."""

from __future__ import annotations

import json
from typing import Any


def policy_text(document: Any) -> str:
    """``document`` as JSON text."""
    return json.dumps(json.loads(document) if isinstance(document, str) else document)
