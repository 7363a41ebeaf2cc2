# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters on the releases of EKS images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import family_problem, images_of


def ami_family_problem(family: Any) -> str:
    """Return what is wrong with the family."""
    return family_problem(str(family))


def node_pool_images(descriptions: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the images that the pools boot."""
    return [image._asdict() for image in images_of(descriptions)]
