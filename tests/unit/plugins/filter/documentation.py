"""What the collection's filters are documented to take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[4] / "plugins" / "filter"


def documentation(name: str) -> dict[str, Any]:
    """A filter's DOCUMENTATION."""
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text())["DOCUMENTATION"]
