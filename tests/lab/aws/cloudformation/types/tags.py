"""A template's list of tags as the mapping that EKS takes."""

from __future__ import annotations

from typing import Any


def tag_map(properties: dict[str, Any]) -> dict[str, str]:
    """``Tags`` of ``properties`` by key."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
