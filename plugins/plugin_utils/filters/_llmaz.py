# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters on short descriptions of llmaz's models."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._flavors import flavor_problems
from ansible_collections.accelerated.nodes.plugins.module_utils.charts._llmaz import manifests, problems


def llmaz_manifests(models: Any, playgrounds: Any = None) -> list[dict[str, Any]]:
    """Return the manifests.

    Raises:
        AnsibleFilterError: With a sentence for each thing that is wrong.
    """
    claims = [] if playgrounds is None else playgrounds
    wrong = problems(models, claims)
    if wrong:
        raise AnsibleFilterError(" ".join(wrong))
    return manifests(models, claims)


def llmaz_problems(models: Any, playgrounds: Any = None, node_pools: Any = None) -> list[str]:
    """Return what is wrong; flavours are judged once nothing else is."""
    return problems(models, [] if playgrounds is None else playgrounds) or flavor_problems(models, node_pools or [])
