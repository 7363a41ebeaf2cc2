# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter llmaz_manifests: short descriptions of models to llmaz's OpenModel and Playground."""

from __future__ import annotations

DOCUMENTATION = r"""
name: llmaz_manifests
short_description: Turn short descriptions of models into llmaz's OpenModel and Playground
version_added: 0.1.0
author: The accelerated.nodes authors
description:
  - Renders descriptions as C(llmaz.io/v1alpha1) OpenModel and C(inference.llmaz.io/v1alpha1) Playground.
  - Fails with a sentence for each thing that is wrong with the descriptions.
positional: playgrounds
options:
  _input:
    description: Descriptions of models, as the role P(accelerated.nodes.llmaz#role) takes them.
    type: list
    elements: dict
    required: true
  playgrounds:
    description: Descriptions of playgrounds, as the role takes them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Make a model and have it served
  kubernetes.core.k8s:
    apply: true
    definition: "{{ llmaz_models | accelerated.nodes.llmaz_manifests(llmaz_playgrounds) }}"
"""

RETURN = r"""
_value:
  description: The manifests, OpenModels before Playgrounds.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
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


class FilterModule:
    """Tell Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"llmaz_manifests": llmaz_manifests}
